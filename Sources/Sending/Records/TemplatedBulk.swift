// SPDX-License-Identifier: Apache-2.0

package import Mail
import Templating

/// One template sent to many destinations, each with data of its own.
///
/// Every entry is decided by its own addresses, which SES leaves unchecked here, and all before the first one is sent.
/// What the operator or a policy refuses refuses the whole call; a fault of one entry is that entry's alone.
package struct TemplatedBulk: Sendable {
    package static let maximumEntries = 50

    package struct Entry: Sendable {
        let message: TemplatedMessage
        let data: String?

        package init(_ message: TemplatedMessage, data: String?) {
            self.message = message
            self.data = data
        }
    }

    private let template: ChosenTemplate
    private let defaultData: String?
    private let entries: [Result<Entry, any Error>]

    /// - Parameters:
    ///   - defaultData: what stands under every entry's own data.
    ///   - entries: each a message, or why there is none.
    package init(_ template: ChosenTemplate, defaultData: String?, entries: [Result<Entry, any Error>]) {
        self.template = template
        self.defaultData = defaultData
        self.entries = entries
    }

    /// - Returns: for each entry its id, or what became of it.
    /// - Throws: what refuses the whole call: `SendRefusal`, `RecordFailure`, `TemplateDataFault` of the default data.
    package func submit(to gate: Gate, random: RandomBits) async throws -> [Result<MessageID, any Error>] {
        let examined = try await examine(by: gate, random)
        let faults = examined.compactMap { if case .failure(let fault) = $0 { fault } else { nil } }
        // Nobody was let in, so nobody hears of the template.
        if faults.count == examined.count { return faults.map { .failure($0) } }
        let prepared = try template.prepared()
        let defaults = try TemplateValue(data: defaultData ?? "")
        var results: [Result<MessageID, any Error>] = []
        for entry in examined {
            do {
                let entry = try entry.get()
                let data = defaults.merged(with: try TemplateValue(data: entry.data ?? ""))
                results.append(
                    .success(try await entry.message.send(prepared, filledWith: data, to: gate, random: random)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    private func examine(by gate: Gate, _ random: RandomBits) async throws -> [Result<Entry, any Error>] {
        var examined: [Result<Entry, any Error>] = []
        for entry in entries {
            guard case .success(let asked) = entry else {
                examined.append(entry)
                continue
            }
            try asked.message.checkSenders()
            do {
                try await asked.message.examine(by: gate, random: random)
                examined.append(entry)
            } catch let refusal as SendRefusal where refusal.concernsOneMessage {
                examined.append(.failure(refusal))
            }
        }
        return examined
    }
}

extension SendRefusal {
    /// Whether it is about a message's own recipients or content, not about who sends, or what an operator allows.
    fileprivate var concernsOneMessage: Bool {
        switch self {
        case .invalidAddress, .noRecipients, .tooManyRecipients, .duplicateHeader, .malformedMessage,
            .messageTooLarge:
            true
        default: false
        }
    }
}
