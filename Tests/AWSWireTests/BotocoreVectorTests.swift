// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Testing

@Suite("SigV4 as botocore signs")
struct BotocoreVectorTests {
    private func verify(_ vector: Vector, _ request: WireRequest? = nil, at now: Int64 = Botocore.now) throws {
        let request = request ?? vector.request
        let check = try SigV4Check(request, regions: { _ in ["us-east-1"] }, now: now)
        try check.verify(request, key: SigV4.signingKey(secret: Botocore.secret, scope: check.scope))
    }

    private func headers(_ vector: Vector, _ change: (inout [(name: String, value: String)]) -> Void) -> WireRequest {
        let sent = vector.request
        var headers = sent.headers
        change(&headers)
        return WireRequest(
            method: sent.method, path: sent.path, query: sent.query, headers: headers, body: sent.body)
    }

    @Test("is taken", arguments: Botocore.vectors)
    func taken(_ vector: Vector) throws {
        try verify(vector)
        let check = try SigV4Check(vector.request, regions: { _ in ["us-east-1"] }, now: Botocore.now)
        #expect(check.accessKeyID == Botocore.accessKeyID)
        #expect(check.scope == .init(date: "20261124", region: "us-east-1", service: vector.service))
        #expect(check.sessionToken == vector.token)
    }

    @Test("is written alike by our signer", arguments: Botocore.vectors)
    func signer(_ vector: Vector) throws {
        let signer = SigV4Signer(
            accessKeyID: Botocore.accessKeyID, secret: Botocore.secret, region: "us-east-1", service: vector.service)
        let sent = vector.request.headers.filter { $0.name != "authorization" && $0.name != "x-amz-date" }
        let signed = signer.sign(
            method: vector.method, path: vector.path, query: vector.query, headers: sent.map { ($0.name, $0.value) },
            body: Array(vector.body.utf8), at: Botocore.now)
        #expect(signed.last?.1 == vector.authorization)
    }

    @Test("is refused once bent, wherever", arguments: Botocore.vectors)
    func bent(_ vector: Vector) {
        let bends: [(String, (inout Vector) -> Void)] = [
            ("method", { $0.method = "PUT" }),
            ("path", { $0.path += "x" }),
            ("encoding of the path", { $0.path = $0.path + "%2F" }),
            ("doubled slash", { $0.path = "/" + $0.path }),
            ("dot segments", { $0.path = "/x/.." + $0.path }),
            ("added parameter", { $0.query += "&Action=DeleteIdentity" }),
            ("body", { $0.body += " " }),
            ("later", { $0.date = "20261124T074254Z" }),
            ("other region", { $0.region = "eu-west-1" }),
            ("other service", { $0.service = $0.service == "sts" ? "ses" : "sts" }),
            ("shorter signature", { $0.signature.removeLast(2) }),
            ("longer signature", { $0.signature += "00" }),
            ("no signature", { $0.signature = "" }),
            ("signature of zeros", { $0.signature = String(repeating: "0", count: 64) }),
            ("signature that is not hexadecimal", { $0.signature = String(repeating: "g", count: 64) }),
            ("signed headers without host", { $0.signed = $0.signed.replacing("host;", with: "") }),
            ("signed headers without the date", { $0.signed = $0.signed.replacing(";x-amz-date", with: "") }),
            ("signed headers out of order", { $0.signed = "x-amz-date;host" }),
            ("signed headers twice", { $0.signed = "host;host;x-amz-date" }),
            ("one more signed header", { $0.signed += ";x-amz-target" }),
            ("unsigned x-amz header", { $0.extra = [("x-amz-target", "a.B")] }),
            ("second date", { $0.extra = [("x-amz-date", "20261124T074253Z")] }),
            ("second host", { $0.extra = [("host", "evil.example")] }),
            ("unsigned payload", { $0.extra = [("x-amz-content-sha256", "UNSIGNED-PAYLOAD")] }),
        ]
        for (what, bend) in bends {
            var changed = vector
            bend(&changed)
            #expect(throws: SignatureFault.self, "\(what)") { try verify(changed) }
        }
    }

    @Test("does not depend on where a header stands or how it is spaced", arguments: Botocore.vectors)
    func spacing(_ vector: Vector) throws {
        try verify(vector, headers(vector) { $0.reverse() })
        try verify(vector, headers(vector) { $0[0].value = "  \t\($0[0].value) " })
        try verify(vector, headers(vector) { $0.append(("user-agent", "anything that was not signed")) })
    }

    @Test("does not lose its session token")
    func sessionToken() throws {
        let vector = try #require(Botocore.vectors.first { $0.token != nil })
        var changed = vector
        changed.token = nil
        #expect(throws: SignatureFault.mismatch) { try verify(changed) }
        changed.token = "another"
        #expect(throws: SignatureFault.mismatch) { try verify(changed) }
    }

    @Test("counts for five minutes either way, to the second")
    func window() throws {
        let vector = Botocore.vectors[0]
        try verify(vector, at: Botocore.now + 300)
        try verify(vector, at: Botocore.now - 300)
        let expired =
            "Signature expired: 20261124T074253Z is now earlier than 20261124T074254Z (20261124T074754Z - 5 min.)"
        let early =
            "Signature not yet current: 20261124T074253Z is still later than 20261124T074252Z (20261124T073752Z + 5 min.)"
        #expect(throws: SignatureFault.skew(expired)) { try verify(vector, at: Botocore.now + 301) }
        #expect(throws: SignatureFault.skew(early)) { try verify(vector, at: Botocore.now - 301) }
    }

    @Test("is refused for the payload's hash even where that was signed", arguments: ["UNSIGNED-PAYLOAD", "e3b0", ""])
    func payloadHash(_ hash: String) {
        let signer = SigV4Signer(
            accessKeyID: Botocore.accessKeyID, secret: Botocore.secret, region: "us-east-1", service: "ses")
        let signed = signer.sign(
            method: "POST", path: "/", headers: [("host", "h"), ("x-amz-content-sha256", hash)],
            body: Array("a=b".utf8), at: Botocore.now)
        let request = WireRequest(
            method: "POST", path: "/", query: "", headers: signed.map { (name: $0.0, value: $0.1) },
            body: Array("a=b".utf8))
        #expect(throws: SignatureFault.mismatch) { try verify(Botocore.vectors[0], request) }
    }

    @Test(
        "is not found in other authorizations",
        arguments: [
            ("", false), ("Basic QTpC", false), ("AWS4-HMAC-SHA256", false),
            ("AWS4-ECDSA-P256-SHA256 Credential=a", false),
            ("AWS AKIA:c2ln", false), ("AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/ses/aws4_request", false),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/ses, SignedHeaders=host;x-amz-date, Signature=00",
                false
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/ses/x/aws4_request, SignedHeaders=host, Signature=0",
                false
            ),
            (
                "AWS4-HMAC-SHA256 Credential=/20261124/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=00",
                false
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/ses/aws5_request, SignedHeaders=host, Signature=00",
                false
            ),
            ("AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/ses/aws4_request, SignedHeaders=, Signature=00", false),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, "
                    + "Signature=00, Signature=01", false
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/20261123/us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
                true
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A//us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
                true
            ),
            (
                "AWS4-HMAC-SHA256 Credential=A/2026/us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
                true
            ),
        ])
    func otherAuthorizations(_ text: String, _ isScope: Bool) {
        let vector = Botocore.vectors[0]
        let request = headers(vector) { $0[$0.count - 1].value = text }
        #expect {
            try verify(vector, request)
        } throws: { error in
            switch error {
            case SignatureFault.incomplete: !isScope
            case SignatureFault.scope: isScope
            default: false
            }
        }
    }

    @Test("knows a presigned request from one that is not signed at all")
    func unsigned() {
        func request(_ query: String) -> WireRequest {
            WireRequest(method: "GET", path: "/", query: query, headers: [("host", "h")], body: [])
        }
        #expect(throws: SignatureFault.missing) { try verify(Botocore.vectors[0], request("Action=GetSendQuota")) }
        #expect(throws: SignatureFault.presigned) {
            try verify(
                Botocore.vectors[0],
                request("Action=GetSendQuota&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"))
        }
    }

    @Test(
        "is refused with a date that is none",
        arguments: [
            "", "20261124", "20261124T074253", "2026-11-24T07:42:53Z", "20261324T074253Z", "20261132T074253Z",
            "20261124T244253Z", "20261124T076053Z", "2026112４T074253Z", "Tue, 24 Nov 2026 07:42:53 GMT",
            "19691124T074253Z",
        ])
    func dates(_ text: String) {
        var vector = Botocore.vectors[0]
        vector.date = text
        #expect(throws: SignatureFault.self) { try verify(vector) }
        #expect(BasicDate.seconds(text) == nil)
    }
}
