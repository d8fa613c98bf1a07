// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Synchronization
import Testing

@testable import CloudTrail
@testable import Trail

/// What comes into a trail's files, and that they are whole, whatever becomes of the trail.
@Suite("Copies")
struct CopyTests {
    private struct Bureau {
        let office: Office

        init() async throws {
            office = try await Office()
            _ = try await office.create("audit", bucket: "files").get()
        }

        func act(_ name: String, isReadOnly: Bool = false) {
            office.trail.add(
                TrailRecord(
                    id: name, at: office.now, account: Office.account, category: .management,
                    source: "iam.amazonaws.com",
                    name: name, isReadOnly: isReadOnly, userName: nil, accessKeyID: nil, resources: [],
                    json: "{\"eventName\":\"\(name)\"}"))
        }

        func start() async throws {
            _ = try await office.run(StartLogging(services: office.services), .init(name: "audit")).get()
        }

        func stop() async throws {
            _ = try await office.run(StopLogging(services: office.services), .init(name: "audit")).get()
        }

        func select(_ type: String) async throws {
            var selector = WireEventSelector(EventSelector())
            selector.readWriteType = type
            let input = PutEventSelectors.Input(trailName: "audit", eventSelectors: [selector])
            _ = try await office.run(PutEventSelectors(services: office.services), input).get()
        }

        /// Lets seconds pass, and has what is due written.
        func pass(_ seconds: Double) async throws {
            office.pass(seconds)
            try await office.services.archive.work(try await copies)
        }

        var copies: [TrailCopy] {
            get async throws { try await office.services.book.copies().filter { !$0.holdsAllAccounts } }
        }

        /// The names of the operations in the files, in the order of these.
        func copied(in bucket: String = "files", under prefix: String = "") -> [String] {
            let objects = TrailObjects(root: office.root, account: Office.account, bucket: bucket)
            let texts = objects.keys(under: "\(prefix)AWSLogs/111122223333/CloudTrail/").compactMap {
                objects.contents($0)
            }
            .map { String(decoding: $0, as: UTF8.self) }
            return texts.flatMap { text in
                text.split(separator: "\"eventName\":\"").dropFirst().compactMap { $0.split(separator: "\"").first }
            }.map(String.init)
        }

        func broken() async throws -> [String] {
            let archive = office.services.archive
            var broken: [String] = []
            for copy in try await copies {
                let anchor = try #require(try await archive.anchor(of: copy.layout))
                broken += try await archive.verify(copy, anchor: anchor, now: office.now).broken.map(\.what)
            }
            return broken
        }
    }

    @Test("keep to the selectors that were given when the record came, and stay whole")
    func selectors() async throws {
        let bureau = try await Bureau()
        try await bureau.select("WriteOnly")
        try await bureau.start()
        try await bureau.pass(1)
        bureau.act("List", isReadOnly: true)
        bureau.act("Create")
        try await bureau.pass(300)
        bureau.act("Delete")
        try await bureau.select("ReadOnly")
        #expect(try await bureau.broken() == [])
        try await bureau.pass(1)
        #expect(try await bureau.broken() == [])
        bureau.act("Update")
        bureau.act("Get", isReadOnly: true)
        try await bureau.pass(300)
        #expect(try await bureau.broken() == [])
        #expect(bureau.copied() == ["Create", "Delete", "Get"])
    }

    @Test("two changes in one second wait for the next one")
    func twice() async throws {
        let bureau = try await Bureau()
        try await bureau.start()
        try await bureau.pass(1)
        for type in ["WriteOnly", "ReadOnly", "All"] {
            bureau.act("Create\(type)")
            bureau.act("List\(type)", isReadOnly: true)
            try await bureau.select(type)
            try await bureau.pass(0.1)
            #expect(try await bureau.broken() == [])
        }
        try await bureau.pass(300)
        #expect(try await bureau.broken() == [])
        #expect(bureau.copied().contains("CreateWriteOnly") && bureau.copied().contains("ListWriteOnly"))
    }

    @Test("end with the record of the end, though it comes late")
    func end() async throws {
        let bureau = try await Bureau()
        try await bureau.start()
        try await bureau.pass(1)
        bureau.act("Create")
        try await bureau.stop()
        bureau.act("StopLogging")
        let record = try #require(bureau.office.trail.kept.withLock { $0.last })
        _ = bureau.office.trail.kept.withLock { $0.removeLast() }
        try await bureau.pass(5)
        bureau.office.trail.add(record)
        bureau.act("Later")
        try await bureau.pass(60)
        #expect(try await bureau.broken() == [])
        #expect(bureau.copied() == ["Create", "StopLogging"])
    }

    @Test("go on where they are begun again, at once or later", arguments: [1.0, 30, 7_300])
    func again(_ pause: Double) async throws {
        let bureau = try await Bureau()
        try await bureau.start()
        try await bureau.pass(1)
        bureau.act("Create")
        try await bureau.stop()
        try await bureau.pass(pause)
        try await bureau.start()
        bureau.act("Delete")
        try await bureau.pass(300)
        try await bureau.pass(7_200)
        #expect(try await bureau.broken() == [])
        #expect(bureau.copied() == ["Create", "Delete"])
    }

    @Test("stay whole where the trail moves to", arguments: ["files", "elsewhere"], [1.0, 100, 7_300])
    func moved(_ bucket: String, _ pause: Double) async throws {
        let bureau = try await Bureau()
        try await bureau.start()
        try await bureau.pass(1)
        bureau.act("Create")
        try await bureau.pass(pause)
        var input = UpdateTrail.Input()
        (input.name, input.s3BucketName, input.s3KeyPrefix) = ("audit", bucket, "there")
        _ = try await bureau.office.run(UpdateTrail(services: bureau.office.services), input).get()
        try await bureau.pass(1)
        bureau.act("Delete")
        try await bureau.pass(300)
        #expect(try await bureau.broken() == [])
        try await bureau.pass(7_200)
        #expect(try await bureau.broken() == [])
        #expect(bureau.copied(in: bucket, under: "there/").contains("Delete"))
    }
}
