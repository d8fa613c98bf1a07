// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

/// What Query requests may say that is easily got wrong.
@Suite("Query, in: corners")
struct QueryCornerTests {
    struct Input: Decodable {
        var toAddresses: [String]?
        var ccAddresses: [String]?
        var name: String?
    }

    private func decode(_ form: String) throws -> Input {
        try JSONCodec.decode(Input.self, fromForm: FormCodec.json(Percent.pairs(form, plusIsSpace: true)))
    }

    private func find(_ form: String) throws {
        var catalogue = ServiceCatalogue(.query(namespace: "n"), version: "1")
        catalogue.add(A())
        _ = try catalogue.find(
            WireRequest(method: "POST", path: "/", query: "", headers: [], body: Array(form.utf8)))
    }

    struct A: Operation {
        static let route = Route.query(service: "ses")
        func run(_ input: Empty, as context: RequestContext) async throws -> Empty { Empty() }
    }

    @Test("an empty list comes as an empty value from botocore")
    func emptyList() throws {
        let input = try decode("ToAddresses.member.1=a&CcAddresses=")
        #expect(input.toAddresses == ["a"] && input.ccAddresses?.isEmpty != false)
    }

    @Test("members that have no number are refused, not left out", arguments: ["x", "", "1x", "99999999999999999999"])
    func members(_ index: String) {
        #expect(throws: InputFault.self) { try decode("ToAddresses.member.1=a&ToAddresses.member.\(index)=b") }
    }

    @Test("two spellings of one number are refused")
    func numbers() {
        #expect(throws: InputFault.self) { try decode("ToAddresses.member.1=a&ToAddresses.member.01=b") }
    }

    @Test("too many parameters are refused, not cut off")
    func tooMany() {
        let form = (1...10_000).map { "A\($0)=b" }.joined(separator: "&") + "&Name=last"
        #expect(throws: (any Error).self) { try find("Action=A&\(form)") }
    }

    @Test("octets that are not UTF-8 are refused", arguments: ["Name=%FF", "Name=%C3%28", "%FF=a"])
    func encoding(_ form: String) {
        #expect(throws: (any Error).self) { try find("Action=A&\(form)") }
    }

    @Test("an action that is named twice is refused", arguments: ["Action=A&Action=B", "Action=A&Version=1&Version=2"])
    func actions(_ form: String) {
        #expect(throws: (any Error).self) { try find(form) }
    }

    @Test(
        "what is missing or unreadable is told",
        arguments: ["", "Name=a", "Version=1", "action=A", "Action=A&Version=2"])
    func refused(_ form: String) {
        #expect(throws: ServiceError.self) { try find(form) }
    }
}
