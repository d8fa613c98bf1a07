// SPDX-License-Identifier: Apache-2.0

import JSON

/// A stored event that is not one, and why.
package struct EventFault: Error, Hashable, Sendable {
    package let reason: String
}

/// Events as they were stored, read by hand as they were written by hand: three readers pay for each of a message's.
extension Fact.Event {
    /// An event is never deeper: its name, its members, a call, a list.
    private static let maximumDepth = 8

    /// - Throws: `JSONSyntaxError`, or `EventFault` where a member is missing or no event has that name.
    package init(json: String) throws {
        let document = try JSONValue(parsing: json, maximumDepth: Self.maximumDepth, allowsRepeatedNames: true)
        guard case .object(let events) = document, let event = events.first, let members = Members(event.value) else {
            throw EventFault(reason: "it is no object")
        }
        switch event.name {
        case "accepted": self = .accepted(try Fact.Accepted(members))
        case "delivered": self = .delivered(try Fact.Outcome(members))
        case "deferred": self = .deferred(try Fact.Outcome(members))
        case "bounced": self = .bounced(try Fact.Outcome(members))
        case "complained": self = .complained(try Fact.Complained(members))
        case "refused": self = .refused(try Fact.Refused(members))
        case "renderingFailed": self = .renderingFailed(try Fact.RenderingFailed(members))
        case "warned": self = .warned(try Fact.Warned(members))
        case "administered": self = .administered(try Fact.Administered(members))
        case "called": self = .called(try Fact.Called(members))
        case "signedIn": self = .signedIn(try Fact.SignedIn(members))
        default: throw EventFault(reason: "no event has its name")
        }
    }

    /// What is stored, or why it cannot be read.
    package init(stored json: String) {
        do { try self.init(json: json) } catch let fault as EventFault {
            self = .unreadable(.init(reason: fault.reason))
        } catch {
            self = .unreadable(.init(reason: "it is no JSON"))
        }
    }
}

/// What an object says, by name.
private struct Members {
    private let all: [JSONValue.Member]

    init?(_ value: JSONValue) {
        guard case .object(let members) = value else { return nil }
        all = members
    }

    private func value(_ name: String) -> JSONValue? { all.first { $0.name == name }?.value }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw EventFault(reason: "\(name) is missing, or is of another kind") }
        return value
    }

    func maybeText(_ name: String) -> String? {
        guard case .string(let text) = value(name) else { return nil }
        return text
    }

    func maybeNumber(_ name: String) -> Int64? {
        guard case .number(let text) = value(name) else { return nil }
        return Int64(text)
    }

    func maybeTexts(_ name: String) -> [String]? {
        guard case .array(let elements) = value(name) else { return nil }
        return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    func maybeMembers(_ name: String) -> Members? { value(name).flatMap(Members.init) }

    func text(_ name: String) throws -> String { try required(name, maybeText(name)) }
    func number(_ name: String) throws -> Int { try required(name, maybeNumber(name).flatMap { Int(exactly: $0) }) }
    func texts(_ name: String) throws -> [String] { try required(name, maybeTexts(name)) }

    func map(_ name: String) -> [String: String] {
        guard let members = maybeMembers(name) else { return [:] }
        let pairs = members.all.compactMap { member -> (String, String)? in
            if case .string(let text) = member.value { (member.name, text) } else { nil }
        }
        return Dictionary(pairs) { first, _ in first }
    }

    func call() throws -> Fact.Call? { try maybeMembers("call").map { try Fact.Call($0) } }
}

// MARK: - Each kind

extension Fact.Call {
    fileprivate init(_ members: Members) throws {
        self.init(
            request: try members.text("request"), source: try members.text("source"), name: try members.text("name"),
            identity: try members.text("identity"), userName: members.maybeText("userName"),
            accessKeyID: members.maybeText("accessKeyID"), agent: try members.text("agent"),
            tls: members.maybeText("tls"), cipher: members.maybeText("cipher"), host: members.maybeText("host"),
            vpcEndpoint: members.maybeText("vpcEndpoint"), parameters: members.maybeText("parameters"))
    }
}

extension Fact.Accepted {
    fileprivate init(_ members: Members) throws {
        self.init(
            door: try members.text("door"), principal: try members.text("principal"),
            reversePath: try members.text("reversePath"), from: try members.text("from"),
            recipients: try members.texts("recipients"), identity: try members.text("identity"),
            size: try members.number("size"), sourceAddress: try members.text("sourceAddress"),
            configurationSet: members.maybeText("configurationSet"), tags: members.map("tags"),
            call: try members.call(), trace: members.maybeText("trace"))
    }
}

extension Fact.Outcome {
    fileprivate init(_ members: Members) throws {
        self.init(
            recipients: try members.texts("recipients"), attempt: try members.number("attempt"),
            peer: try members.text("peer"), reply: try members.text("reply"), tls: members.maybeText("tls"),
            milliseconds: try members.number("milliseconds"), next: members.maybeNumber("next"),
            expires: members.maybeNumber("expires"),
            address: members.maybeText("address"), site: members.maybeText("site"),
            cipher: members.maybeText("cipher"), certificate: members.maybeText("certificate"),
            tlsPolicy: members.maybeText("tlsPolicy"),
            verdict: try members.maybeMembers("verdict").map { try Fact.Verdict($0) },
            replies: members.maybeTexts("replies"))
    }
}

extension Fact.Verdict {
    fileprivate init(_ members: Members) throws {
        self.init(
            type: try members.text("type"), subType: try members.text("subType"), party: try members.text("party"),
            delay: try members.text("delay"), rule: try members.text("rule"))
    }
}

extension Fact.Complained {
    fileprivate init(_ members: Members) throws {
        self.init(
            recipients: try members.texts("recipients"), feedbackType: try members.text("feedbackType"),
            userAgent: try members.text("userAgent"), arrivedAt: members.maybeNumber("arrivedAt"),
            subType: members.maybeText("subType"))
    }
}

extension Fact.Refused {
    fileprivate init(_ members: Members) throws {
        self.init(
            door: try members.text("door"), principal: try members.text("principal"),
            control: try members.text("control"), reason: try members.text("reason"),
            sourceAddress: try members.text("sourceAddress"), call: try members.call())
    }
}

extension Fact.RenderingFailed {
    fileprivate init(_ members: Members) throws {
        self.init(
            template: try members.text("template"), reason: try members.text("reason"),
            recipients: try members.texts("recipients"), sourceAddress: members.maybeText("sourceAddress"),
            call: try members.call())
    }
}

extension Fact.Warned {
    fileprivate init(_ members: Members) throws {
        self.init(
            control: try members.text("control"), subject: try members.text("subject"),
            reason: try members.text("reason"))
    }
}

extension Fact.Administered {
    fileprivate init(_ members: Members) throws {
        self.init(
            operation: try members.text("operation"), principal: try members.text("principal"),
            resource: try members.text("resource"), sourceAddress: try members.text("sourceAddress"),
            reason: members.maybeText("reason"), call: try members.call())
    }
}

extension Fact.Called {
    fileprivate init(_ members: Members) throws {
        guard let call = try members.call() else { throw EventFault(reason: "call is missing") }
        self.init(
            call: call, principal: try members.text("principal"), sourceAddress: try members.text("sourceAddress"),
            errorCode: members.maybeText("errorCode"), errorMessage: members.maybeText("errorMessage"),
            control: members.maybeText("control"), because: members.maybeText("because"))
    }
}

extension Fact.SignedIn {
    fileprivate init(_ members: Members) throws {
        guard let call = try members.call() else { throw EventFault(reason: "call is missing") }
        self.init(
            door: try members.text("door"), call: call, sourceAddress: try members.text("sourceAddress"),
            failure: members.maybeText("failure"), count: try members.number("count"))
    }
}
