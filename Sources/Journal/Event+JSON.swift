// SPDX-License-Identifier: Apache-2.0

/// Events as they are stored: `{"delivered":{"recipients":[…],"attempt":1,…}}`.
///
/// Written by hand, because every accepted message pays for it.
extension Fact.Event {
    package var json: String {
        switch self {
        case .accepted(let event): JSONText.object("accepted", event.members)
        case .delivered(let event): JSONText.object("delivered", event.members)
        case .deferred(let event): JSONText.object("deferred", event.members)
        case .bounced(let event): JSONText.object("bounced", event.members)
        case .complained(let event):
            JSONText.object(
                "complained",
                [
                    ("recipients", .list(event.recipients)), ("feedbackType", .text(event.feedbackType)),
                    ("userAgent", .text(event.userAgent)), ("arrivedAt", .number(event.arrivedAt)),
                    ("subType", .text(event.subType)),
                ])
        case .refused(let event):
            JSONText.object(
                "refused",
                [
                    ("door", .text(event.door)), ("principal", .text(event.principal)),
                    ("control", .text(event.control)),
                    ("reason", .text(event.reason)), ("sourceAddress", .text(event.sourceAddress)),
                    ("call", .members(event.call?.members)),
                ])
        case .warned(let event):
            JSONText.object(
                "warned",
                [
                    ("control", .text(event.control)), ("subject", .text(event.subject)),
                    ("reason", .text(event.reason)),
                ])
        case .renderingFailed(let event):
            JSONText.object(
                "renderingFailed",
                [
                    ("template", .text(event.template)), ("reason", .text(event.reason)),
                    ("recipients", .list(event.recipients)), ("sourceAddress", .text(event.sourceAddress)),
                    ("call", .members(event.call?.members)),
                ])
        case .administered(let event):
            JSONText.object(
                "administered",
                [
                    ("operation", .text(event.operation)), ("principal", .text(event.principal)),
                    ("resource", .text(event.resource)), ("sourceAddress", .text(event.sourceAddress)),
                    ("reason", .text(event.reason)), ("call", .members(event.call?.members)),
                ])
        case .unreadable(let event): JSONText.object("unreadable", [("reason", .text(event.reason))])
        case .called(let event):
            JSONText.object(
                "called",
                [
                    ("call", .members(event.call.members)), ("principal", .text(event.principal)),
                    ("sourceAddress", .text(event.sourceAddress)), ("errorCode", .text(event.errorCode)),
                    ("errorMessage", .text(event.errorMessage)), ("control", .text(event.control)),
                    ("because", .text(event.because)),
                ])
        case .signedIn(let event):
            JSONText.object(
                "signedIn",
                [
                    ("door", .text(event.door)), ("call", .members(event.call.members)),
                    ("sourceAddress", .text(event.sourceAddress)), ("failure", .text(event.failure)),
                    ("count", .number(Int64(event.count))),
                ])
        }
    }
}

extension Fact.Call {
    fileprivate var members: [(String, JSONText)] {
        [
            ("request", .text(request)), ("source", .text(source)), ("name", .text(name)),
            ("identity", .text(identity)), ("userName", .text(userName)), ("accessKeyID", .text(accessKeyID)),
            ("agent", .text(agent)), ("tls", .text(tls)), ("cipher", .text(cipher)), ("host", .text(host)),
            ("vpcEndpoint", .text(vpcEndpoint)), ("parameters", .text(parameters)),
        ]
    }
}

extension Fact.Accepted {
    fileprivate var members: [(String, JSONText)] {
        [
            ("door", .text(door)), ("principal", .text(principal)), ("reversePath", .text(reversePath)),
            ("from", .text(from)),
            ("recipients", .list(recipients)), ("identity", .text(identity)), ("size", .number(Int64(size))),
            ("sourceAddress", .text(sourceAddress)), ("configurationSet", .text(configurationSet)),
            ("tags", .map(tags)), ("call", .members(call?.members)), ("trace", .text(trace)),
        ]
    }
}

extension Fact.Outcome {
    fileprivate var members: [(String, JSONText)] {
        [
            ("recipients", .list(recipients)), ("attempt", .number(Int64(attempt))), ("peer", .text(peer)),
            ("reply", .text(reply)), ("tls", .text(tls)), ("milliseconds", .number(Int64(milliseconds))),
            ("next", .number(next)), ("expires", .number(expires)), ("address", .text(address)), ("site", .text(site)),
            ("cipher", .text(cipher)), ("certificate", .text(certificate)), ("tlsPolicy", .text(tlsPolicy)),
            ("verdict", verdict.map { .map($0.members) } ?? .text(nil)),
            ("replies", replies.map { .list($0) } ?? .text(nil)),
        ]
    }
}

extension Fact.Verdict {
    fileprivate var members: [String: String] {
        ["type": type, "subType": subType, "party": party, "delay": delay, "rule": rule]
    }
}

/// The few shapes that events are made of.
private enum JSONText {
    case text(String?)
    case number(Int64?)
    case list([String])
    case map([String: String])
    case members([(String, JSONText)]?)

    static func object(_ name: String, _ members: [(String, JSONText)]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(1024)
        output += "{\"\(name)\":".utf8
        write(members, to: &output)
        output.append(UInt8(ascii: "}"))
        return String(decoding: output, as: UTF8.self)
    }

    private static func write(_ members: [(String, JSONText)], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        for (key, value) in members where !value.isAbsent {
            output += (isFirst ? "\"" : ",\"").utf8
            output += key.utf8
            output += "\":".utf8
            value.write(to: &output)
            isFirst = false
        }
        output.append(UInt8(ascii: "}"))
    }

    private var isAbsent: Bool {
        switch self {
        case .text(nil), .number(nil), .members(nil): true
        default: false
        }
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .text(let text): Self.quote(text ?? "", to: &output)
        case .number(let number): output += String(number ?? 0).utf8
        case .members(let members): Self.write(members ?? [], to: &output)
        case .list(let items):
            output.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.quote(item, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let items):
            output.append(UInt8(ascii: "{"))
            for (index, (key, value)) in items.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.quote(key, to: &output)
                output.append(UInt8(ascii: ":"))
                Self.quote(value, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func quote(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { octets in
            // Whatever needs no escape goes in one piece.
            var done = 0
            for (index, octet) in octets.enumerated() where octet < 32 || octet == 34 || octet == 92 {
                output.append(contentsOf: octets[done..<index])
                escape(octet, to: &output)
                done = index + 1
            }
            output.append(contentsOf: octets[done...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func escape(_ octet: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        if octet >= 32 {
            output.append(octet)
        } else {
            output += "u00\(octet < 16 ? "0" : "")\(String(octet, radix: 16))".utf8
        }
    }
}
