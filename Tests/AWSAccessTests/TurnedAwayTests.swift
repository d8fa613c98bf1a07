// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Journal
import Mail
import Synchronization
import Testing

@testable import AWSAccess

/// Keeps facts, or fails to.
private final class FactBox: AccessStore {
    private let kept = Mutex<[Fact]>([])
    let isFull = Mutex(false)
    var events: [(AccountID, Fact.SignedIn)] {
        kept.withLock { $0 }.compactMap { if case .signedIn(let event) = $0.event { ($0.account, event) } else { nil } }
    }

    func load() async throws -> [AccessRow] { [] }

    func save(_ changes: [AccessRowChange], recording facts: [Fact]) async throws {
        if isFull.withLock({ $0 }) { throw Full() }
        kept.withLock { $0 += facts }
    }
}

private struct Full: Error {}

@Suite("Requests that are turned away")
struct TurnedAwayTests {
    private static let root = "AKIAROOTEXAMPLE0001"
    private let box = FactBox()
    private let access: AccessControl

    init() async throws {
        let account = try #require(AccountID("111122223333"))
        let directory = try await AccessDirectory(
            store: box, managementAccount: account, now: { Timestamp(seconds: 1_700_000_000) }, random: { 7 })
        let sealer = try await directory.sealer(
            master: SecretBytes(Array("a master key for tests".utf8)), previous: nil)
        access = AccessControl(
            region: "us-east-1", root: AccessKey(id: Self.root, secret: SecretBytes(Array("secret".utf8))),
            directory: directory, sealer: sealer)
    }

    private func request(
        _ key: String?, _ service: String = "iam", query: String = "", target: String? = nil, body: String = ""
    ) -> WireRequest {
        var headers = [(name: "host", value: "ses.example.com"), (name: "user-agent", value: "aws-cli")]
        if let key {
            headers.append(
                (
                    name: "authorization",
                    value: "AWS4-HMAC-SHA256 Credential=\(key)/20231114/us-east-1/\(service)/aws4_request, "
                        + "SignedHeaders=host, Signature=00"
                ))
        }
        if let target { headers.append((name: "x-amz-target", value: target)) }
        return WireRequest(method: "POST", path: "/", query: query, headers: headers, body: Array(body.utf8))
    }

    private func turnAway(_ request: WireRequest, _ fault: SignatureFault, key: String?) async {
        await TrailRecorder(access: access).turnedAway(
            request, by: fault, key: key, over: WireConnection(sourceAddress: "192.0.2.1", tlsVersion: "TLSv1.3"),
            requestID: "")
    }

    private func event(_ failure: String, _ name: String, _ source: String, key: String?, count: Int = 1)
        -> Fact.SignedIn
    {
        Fact.SignedIn(
            door: "api",
            call: Fact.Call(
                request: "", source: "\(source).amazonaws.com", name: name,
                identity: Principal.unknownIdentity(accessKeyID: key), userName: nil, accessKeyID: key,
                agent: "aws-cli", tls: "TLSv1.3", host: "ses.example.com"),
            sourceAddress: "192.0.2.1", failure: failure, count: count)
    }

    @Test(
        "are on record by what is wrong with them",
        arguments: [
            (SignatureFault.presigned, "Presigned"), (.incomplete("why"), "Incomplete"), (.unknownKey, "UnknownKey"),
            (.expiredToken, "ExpiredToken"), (.unavailable, "Unavailable"), (.locked(until: "then"), "Locked"),
            (.mismatch, "SignatureDoesNotMatch"), (.scope("why"), "Scope"), (.skew("why"), "Skew"),
        ])
    func faults(_ fault: SignatureFault, _ failure: String) async throws {
        await turnAway(request(Self.root, body: "Action=CreateUser&UserName=x"), fault, key: Self.root)
        #expect(box.events.map(\.1) == [event(failure, "CreateUser", "iam", key: Self.root)])
        #expect(box.events.map(\.0) == [access.managementAccount])
    }

    @Test("say what they asked for as far as it is known")
    func claims() {
        typealias Row = (WireRequest, String?, String, String)
        let rows: [Row] = [
            (request("AKIAX", "ses", query: "Action=SendEmail&x=1"), "AKIAX", "ses", "SendEmail"),
            (request("AKIAX", "sts", body: "Version=1&Action=GetCallerIdentity"), "AKIAX", "sts", "GetCallerIdentity"),
            (request("AKIAX", "cloudtrail", target: "a.b.LookupEvents"), "AKIAX", "cloudtrail", "LookupEvents"),
            (request("AKIAX", "ec2", body: "Action=RunInstances"), "AKIAX", "postern", "RunInstances"),
            (request("AKIAX", "iam", target: "x.Bad\"Name"), "AKIAX", "iam", "UnknownOperation"),
            (request("", "iam"), nil, "iam", "UnknownOperation"), (request(nil), nil, "postern", "UnknownOperation"),
            (
                request("AKIAX", "iam", target: String(repeating: "x", count: 9000)), "AKIAX", "iam",
                String(repeating: "x", count: 64)
            ),
        ]
        for (request, key, source, operation) in rows {
            let claim = SignatureClaim(request, key: nil)
            #expect(claim.accessKeyID == key)
            #expect(claim.source == "\(source).amazonaws.com")
            #expect(claim.operation == operation)
        }
    }

    @Test("of one network are ten a minute, and probes are only counted")
    func damped() async {
        for _ in 0..<25 {
            await turnAway(request("AKIANOBODYATALL00001", "ses"), .unknownKey, key: "AKIANOBODYATALL00001")
        }
        #expect(box.events.count == 10)
        for _ in 0..<5 { await turnAway(request(nil), .missing, key: nil) }
        #expect(box.events.count == 10)
    }

    @Test("that could not be kept are kept with the next")
    func full() async {
        box.isFull.withLock { $0 = true }
        await turnAway(request(Self.root), .mismatch, key: Self.root)
        box.isFull.withLock { $0 = false }
        await turnAway(request(Self.root), .skew("why"), key: Self.root)
        #expect(box.events.map(\.1.failure) == ["SignatureDoesNotMatch", "Skew"])
    }
}
