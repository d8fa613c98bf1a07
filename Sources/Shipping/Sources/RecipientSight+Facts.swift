// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Trail

/// Facts as copies tell of them: with every recipient as the operator has them shown in records, so that a search joins
/// both and no address leaves this machine in clear that nobody asked for.
extension RecipientSight {
    private static let deepestParameters = 40

    func show(in event: Fact.Event) -> Fact.Event {
        if case .clear = self { return event }
        switch event {
        case .accepted(var event):
            event.recipients = event.recipients.map { show($0) }
            event.call = event.call.map { show(in: $0) }
            return .accepted(event)
        case .delivered(let event): return .delivered(show(in: event))
        case .deferred(let event): return .deferred(show(in: event))
        case .bounced(let event): return .bounced(show(in: event))
        case .complained(var event):
            event.recipients = event.recipients.map { show($0) }
            return .complained(event)
        case .renderingFailed(var event):
            event.recipients = event.recipients.map { show($0) }
            event.reason = show(inText: event.reason)
            event.call = event.call.map { show(in: $0) }
            return .renderingFailed(event)
        default: return showInActs(event)
        }
    }

    private func showInActs(_ event: Fact.Event) -> Fact.Event {
        switch event {
        case .refused(var event):
            event.reason = show(inText: event.reason)
            event.call = event.call.map { show(in: $0) }
            return .refused(event)
        case .warned(var event):
            event.subject = show(inText: event.subject)
            event.reason = show(inText: event.reason)
            return .warned(event)
        case .administered(var event):
            event.resource = show(inText: event.resource)
            event.reason = event.reason.map { show(inText: $0) }
            event.call = event.call.map { show(in: $0) }
            return .administered(event)
        case .called(var event):
            event.errorMessage = event.errorMessage.map { show(inText: $0) }
            event.because = event.because.map { show(inText: $0) }
            event.call = show(in: event.call)
            return .called(event)
        case .signedIn(var event):
            event.call = show(in: event.call)
            return .signedIn(event)
        default: return event
        }
    }

    // What a far side says often repeats the address that it refuses.
    private func show(in outcome: Fact.Outcome) -> Fact.Outcome {
        var outcome = outcome
        outcome.recipients = outcome.recipients.map { show($0) }
        outcome.reply = show(inText: outcome.reply)
        outcome.replies = outcome.replies?.map { show(inText: $0) }
        return outcome
    }

    private func show(in call: Fact.Call) -> Fact.Call {
        guard let text = call.parameters else { return call }
        var call = call
        let value = try? JSONValue(parsing: text, maximumDepth: Self.deepestParameters, allowsRepeatedNames: true)
        call.parameters = value.map { show(in: $0, of: call.name).text } ?? show(inText: text)
        return call
    }
}
