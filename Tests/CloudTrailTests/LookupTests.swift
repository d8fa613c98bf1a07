// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Synchronization
import Testing
import Trail

@testable import AWSWire
@testable import CloudTrail

@Suite("Lookups")
struct LookupTests {
    private func filled(_ count: Int = 5) async throws -> Office {
        let office = try await Office()
        for number in 0..<count {
            office.trail.add(
                TrailRecord(
                    id: "event-\(number)", at: office.now + Double(number - count), account: Office.account,
                    category: .management, source: "iam.amazonaws.com", name: "CreateUser", isReadOnly: false,
                    userName: "ann", accessKeyID: "AKIA", resources: [.init(type: "AWS::IAM::User", name: "one")],
                    json: "{\"eventID\":\"event-\(number)\"}"))
        }
        return office
    }

    private func look(
        _ office: Office, _ change: (inout LookupEvents.Input) -> Void = { _ in }
    ) async throws -> Result<LookupEvents.Output, Code> {
        var input = LookupEvents.Input()
        change(&input)
        return try await office.run(LookupEvents(services: office.services), input)
    }

    @Test("answer with AWS's members")
    func members() async throws {
        let office = try await filled(1)
        let output = try await look(office).get()
        let text = String(decoding: try JSONCodec.encode(output), as: UTF8.self)
        let value = try JSONCodec.decode([String: [Event]].self, from: Array(text.utf8))
        let event = Event(
            eventId: "event-0", eventName: "CreateUser", readOnly: "false", accessKeyId: "AKIA",
            eventTime: 1_796_000_399, eventSource: "iam.amazonaws.com", username: "ann",
            resources: [.init(resourceType: "AWS::IAM::User", resourceName: "one")],
            cloudTrailEvent: "{\"eventID\":\"event-0\"}")
        #expect(value == ["Events": [event]])
    }

    private struct Event: Decodable, Equatable {
        struct Resource: Decodable, Equatable { let resourceType, resourceName: String }
        let eventId, eventName, readOnly, accessKeyId: String
        let eventTime: Double
        let eventSource, username: String
        let resources: [Resource]
        let cloudTrailEvent: String
    }

    @Test(
        "ask the trail for what they were asked for",
        arguments: [
            ("EventId", "x", TrailQuery.Attribute.eventID("x")), ("EventName", "x", .eventName("x")),
            ("ReadOnly", "true", .readOnly(true)), ("ReadOnly", "false", .readOnly(false)),
            ("Username", "x", .userName("x")), ("ResourceType", "x", .resourceType("x")),
            ("ResourceName", "x", .resourceName("x")), ("EventSource", "x", .eventSource("x")),
            ("AccessKeyId", "x", .accessKeyID("x")),
        ])
    func attributes(_ key: String, _ value: String, _ wanted: TrailQuery.Attribute) async throws {
        let office = try await filled()
        _ = try await look(office) { $0.lookupAttributes = [.init(attributeKey: key, attributeValue: value)] }.get()
        let query = TrailQuery(
            account: Office.account, attribute: wanted, from: office.now + -90 * 86_400, to: office.now, limit: 51)
        #expect(office.trail.asked.withLock { $0 } == [query])
    }

    @Test(
        "are refused in AWS's words",
        arguments: [
            ("two attributes", "InvalidLookupAttributesException"),
            ("an unknown attribute", "InvalidLookupAttributesException"),
            ("an empty value", "InvalidLookupAttributesException"),
            ("no truth value", "InvalidLookupAttributesException"),
            ("times turned round", "InvalidTimeRangeException"), ("no time", "InvalidTimeRangeException"),
            ("no results", "InvalidMaxResultsException"), ("51 results", "InvalidMaxResultsException"),
            ("another category", "InvalidEventCategoryException"), ("a token of nobody's", "InvalidNextTokenException"),
        ])
    func refusals(_ what: String, _ code: String) async throws {
        let office = try await filled()
        let result = try await look(office) { input in
            switch what {
            case "two attributes":
                input.lookupAttributes = Array(
                    repeating: .init(attributeKey: "Username", attributeValue: "x"), count: 2)
            case "an unknown attribute": input.lookupAttributes = [.init(attributeKey: "X", attributeValue: "x")]
            case "an empty value": input.lookupAttributes = [.init(attributeKey: "Username", attributeValue: "")]
            case "no truth value": input.lookupAttributes = [.init(attributeKey: "ReadOnly", attributeValue: "yes")]
            case "times turned round": (input.startTime, input.endTime) = (2, 1)
            case "no time": input.startTime = 1e300
            case "no results": input.maxResults = 0
            case "51 results": input.maxResults = 51
            case "another category": input.eventCategory = "management"
            default: input.nextToken = "MTIz"
            }
        }
        #expect(result.code == code)
        #expect(office.trail.asked.withLock { $0 } == [])
    }

    @Test("stay within ninety days")
    func reach() async throws {
        let office = try await filled()
        _ = try await look(office) { ($0.startTime, $0.endTime) = (0, 9e10) }.get()
        let query = TrailQuery(account: Office.account, from: office.now + -90 * 86_400, to: office.now, limit: 51)
        #expect(office.trail.asked.withLock { $0 } == [query])
        #expect(try await look(office) { ($0.startTime, $0.endTime) = (0, 1) }.get().events.isEmpty)
    }

    @Test("go on page by page, newest first")
    func pages() async throws {
        let office = try await filled()
        var seen: [[String]] = []
        var token: String?
        repeat {
            let page = try await look(office) { ($0.maxResults, $0.nextToken) = (2, token) }.get()
            seen.append(page.events.map(\.eventId))
            token = page.nextToken
            office.pass(1)
        } while token != nil
        #expect(seen == [["event-4", "event-3"], ["event-2", "event-1"], ["event-0"]])
    }

    @Test("take a token for the same question only", arguments: ["altered", "attribute", "start", "account"])
    func tokens(_ what: String) async throws {
        let office = try await filled()
        let given = try await look(office) { ($0.maxResults, $0.startTime) = (2, 0) }.get().nextToken
        var token = try #require(given)
        office.pass(10)
        #expect(try await look(office) { ($0.startTime, $0.nextToken) = (0, token) }.get().events.count == 3)
        if what == "account" {
            var input = LookupEvents.Input()
            input.startTime = 0
            let other = try #require(AccountID("444455556666"))
            let theirs = LookupToken(input, of: other, sealer: office.access.sealer)
            token = try theirs.seal(4)
        }
        let result = try await look(office) { input in
            (input.startTime, input.nextToken) = (0, token)
            switch what {
            case "altered": input.nextToken = (token.hasPrefix("A") ? "B" : "A") + token.dropFirst()
            case "attribute": input.lookupAttributes = [.init(attributeKey: "Username", attributeValue: "ann")]
            case "start": input.startTime = 1
            default: break
            }
        }
        #expect(result.code == "InvalidNextTokenException")
    }

    @Test("come twice a second")
    func rate() async throws {
        let office = try await filled()
        var codes: [String?] = []
        for pause in [0, 0, 0, 0.4, 0.1, 0, 60, 0, 0] {
            office.pass(pause)
            codes.append(try await look(office).code)
        }
        let no = "ThrottlingException"
        #expect(codes == [nil, nil, no, no, nil, no, nil, nil, no])
    }

    @Test("are each account's own, and no account's rest grows without bound")
    func rates() throws {
        let rate = LookupRate()
        let moment = Timestamp(seconds: 1)
        for number in 0..<3_000 {
            let account = try #require(AccountID("\(100_000_000_000 + number)"))
            try rate.take(account, at: moment + Double(number))
            try rate.take(account, at: moment + Double(number))
        }
        let last = try #require(AccountID("100000002999"))
        #expect(throws: ServiceError("ThrottlingException", "Rate exceeded")) {
            try rate.take(last, at: moment + 2_999)
        }
    }

    @Test("are refused to who may not")
    func denied() async throws {
        let office = try await filled()
        let user = try await office.user(
            "ann", policy: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:*","Resource":"*"}}"#)
        let result = try await office.run(LookupEvents(services: office.services), .init(), as: user)
        #expect(result.code == "AccessDeniedException")
        #expect(office.trail.asked.withLock { $0 } == [])
    }
}
