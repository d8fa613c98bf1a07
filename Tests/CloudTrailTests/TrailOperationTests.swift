// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Synchronization
import Testing

@testable import AWSWire
@testable import CloudTrail
@testable import Trail

@Suite("Operations on trails")
struct TrailOperationTests {
    private func put(_ office: Office, _ name: String, _ json: String) async throws -> Result<WireSelectors, Code> {
        var input = try JSONCodec.decode(PutEventSelectors.Input.self, from: Array(json.utf8))
        input.trailName = name
        return try await office.run(PutEventSelectors(services: office.services), input)
    }

    @Test("selectors are kept, shown, applied and on record")
    func selectors() async throws {
        let office = try await Office()
        _ = try await office.create("audit", bucket: "files").get()
        let written = try await put(office, "audit", #"{"EventSelectors":[{"ReadWriteType":"WriteOnly"}]}"#).get()
        let read = try await office.run(GetEventSelectors(services: office.services), .init(trailName: "audit")).get()
        let texts = try [written, read].map { String(decoding: try JSONCodec.encode($0), as: UTF8.self) }
        #expect(texts.allSatisfy { $0.contains(#""ReadWriteType":"WriteOnly""#) && !$0.contains("Advanced") })
        let trail = try #require(try await office.services.book.trail("audit", in: Office.account))
        #expect(WireTrail(trail).hasCustomEventSelectors == true)
        var selector = EventSelector()
        selector.readWriteType = .writeOnly
        #expect(trail.selectors == .classic([selector]))
        let operations = office.shelf.facts.withLock { facts in
            facts.compactMap { fact in
                if case .administered(let event) = fact.event { event.operation } else { nil }
            }
        }
        #expect(operations == ["CreateTrail", "CreateTrail", "PutEventSelectors"].map { "cloudtrail:\($0)" })
    }

    @Test("without selectors management events are copied, and by the server's own trail everything")
    func defaults() async throws {
        let office = try await Office()
        _ = try await office.create("audit", bucket: "files").get()
        let get = GetEventSelectors(services: office.services)
        let audit = try await office.run(get, .init(trailName: "audit")).get()
        let text = String(decoding: try JSONCodec.encode(audit.eventSelectors), as: UTF8.self)
        #expect(text.contains(#""IncludeManagementEvents":true"#) && text.contains(#""DataResources":[]"#))
        let own = try await office.run(get, .init(trailName: "postern")).get()
        #expect(own.advancedEventSelectors?.map(\.fieldSelectors.first?.equals) == [["Management"], ["Data"]])
    }

    @Test("the server's own trail does as it always did")
    func local() async throws {
        let office = try await Office()
        let services = office.services
        let no = "OperationNotPermittedException"
        #expect(try await put(office, "postern", #"{"EventSelectors":[]}"#).code == no)
        #expect(try await office.run(StopLogging(services: services), .init(name: "postern")).code == no)
        #expect(try await office.run(DeleteTrail(services: services), .init(name: "postern")).code == no)
        var input = UpdateTrail.Input()
        input.name = "postern"
        #expect(try await office.run(UpdateTrail(services: services), input).code == no)
    }

    @Test(
        "no two trails write to one place",
        arguments: [
            ("files", nil, "InvalidParameterCombinationException"), ("files", "two", nil), ("other", nil, nil),
            ("postern-trail-111122223333", "two", "InvalidParameterCombinationException"),
            ("files", "AWSLogs/111122223333/CloudTrail/eu-central-1", "InvalidParameterCombinationException"),
        ] as [(String, String?, String?)])
    func places(_ bucket: String, _ prefix: String?, _ code: String?) async throws {
        let office = try await Office()
        _ = try await office.create("audit", bucket: "files").get()
        #expect(try await office.create("second", bucket: bucket, prefix: prefix).code == code)
        _ = try await office.create("third", bucket: "another").get()
        var input = UpdateTrail.Input()
        (input.name, input.s3BucketName, input.s3KeyPrefix) = ("third", bucket, prefix)
        let wanted = code ?? "InvalidParameterCombinationException"
        #expect(try await office.run(UpdateTrail(services: office.services), input).code == wanted)
    }

    @Test("files of a deleted trail are its own when it comes back, and nobody else's")
    func leftFiles() async throws {
        let office = try await Office()
        let services = office.services
        _ = try await office.create("audit", bucket: "files").get()
        _ = try await office.run(StartLogging(services: services), .init(name: "audit")).get()
        office.pass(3_600)
        try await services.archive.work(try await services.book.copies())
        _ = try await office.run(DeleteTrail(services: services), .init(name: "audit")).get()
        #expect(try await office.create("second", bucket: "files").code == "InvalidParameterCombinationException")
        #expect(try await office.create("audit", bucket: "files").code == nil)
    }

    @Test("tags belong to ARNs")
    func tags() async throws {
        let office = try await Office()
        let list = ListTags(services: office.services)
        let base = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/"
        #expect(try await office.run(list, .init(resourceIdList: ["postern"])).code == "CloudTrailARNInvalidException")
        #expect(try await office.run(list, .init(resourceIdList: [base + "no"])).code == "ResourceNotFoundException")
        let output = try await office.run(list, .init(resourceIdList: [base + "postern"])).get()
        #expect(output.resourceTagList.map(\.resourceId) == [base + "postern"])
    }

    @Test("what trails do not do here is said", arguments: ["topic", "group", "key", "organization"])
    func notOffered(_ what: String) async throws {
        let office = try await Office()
        var input = CreateTrail.Input()
        (input.name, input.s3BucketName) = ("audit", "files")
        switch what {
        case "topic": input.snsTopicName = "t"
        case "group": input.cloudWatchLogsLogGroupArn = "arn:g"
        case "key": input.kmsKeyId = "alias/k"
        default: input.isOrganizationTrail = true
        }
        let result = try await office.run(CreateTrail(services: office.services), input)
        #expect(result.code == "UnsupportedOperationException")
    }

    @Test("insights are not enabled")
    func insights() async throws {
        let office = try await Office()
        let result = try await office.run(GetInsightSelectors(services: office.services), .init(trailName: "postern"))
        #expect(result.code == "InsightNotEnabledException")
    }
}
