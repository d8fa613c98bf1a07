// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

@Suite("SigV4")
struct SigV4Tests {
    private static let secret = Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)
    private static let now: Int64 = 1_440_938_160

    private func request(
        body: String = "Action=ListUsers", path: String = "/", query: String = "",
        change: (inout [(String, String)]) -> Void = { _ in }
    ) -> WireRequest {
        let signer = SigV4Signer(accessKeyID: "AKIDEXAMPLE", secret: Self.secret, region: "us-east-1", service: "ses")
        var headers = signer.sign(
            method: "POST", path: path, query: query, headers: [("host", "example.com"), ("x-amz-target", "a  b")],
            body: Array(body.utf8), at: Self.now)
        change(&headers)
        return WireRequest(
            method: "POST", path: path, query: query, headers: headers.map { (name: $0.0, value: $0.1) },
            body: Array(body.utf8))
    }

    private func check(_ request: WireRequest, at now: Int64 = now, regions: Set<String> = ["us-east-1"])
        throws(SignatureFault)
    {
        let check = try SigV4Check(request, regions: { _ in regions }, now: now)
        try check.verify(request, key: SigV4.signingKey(secret: Self.secret, scope: check.scope))
    }

    // "Create a signed AWS API request", IAM user guide: the documented key for 20150830/us-east-1/iam.
    @Test("derives the documented signing key")
    func signingKey() {
        let key = SigV4.signingKey(
            secret: Self.secret, scope: .init(date: "20150830", region: "us-east-1", service: "iam"))
        let hex = key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(hex == "2c94c0cf5378ada6887f09bb697df8fc0affdb34ba1cdd5bda32b664bd55b73c")
    }

    @Test("takes what was signed", arguments: ["/", "/v2/email/identities/a%40example.com", "/a%20b/c"])
    func accepts(_ path: String) throws {
        try check(request(path: path, query: "b=2&a=1&a=%2F"))
    }

    @Test("takes the documented moment either way")
    func window() throws {
        try check(request(), at: Self.now + 300)
        try check(request(), at: Self.now - 300)
        for skew in [301, -301] as [Int64] {
            #expect { try check(request(), at: Self.now + skew) } throws: {
                if case SignatureFault.skew = $0 { true } else { false }
            }
        }
    }

    @Test("refuses what was changed after signing")
    func changed() {
        let signed = request()
        var body = signed
        body.body = Array("Action=DeleteUser".utf8)
        #expect(throws: SignatureFault.mismatch) { try check(body) }
        #expect(throws: SignatureFault.mismatch) { try check(request { $0[0].1 = "evil.example" }) }
        #expect(throws: SignatureFault.mismatch) { try check(request { $0.append(("x-amz-unsigned", "1")) }) }
        #expect(throws: SignatureFault.mismatch) {
            try check(request { $0.append(("x-amz-content-sha256", "UNSIGNED-PAYLOAD")) })
        }
        let other = WireRequest(method: "GET", path: "/", query: "", headers: signed.headers, body: signed.body)
        #expect(throws: SignatureFault.mismatch) { try check(other) }
    }

    @Test("refuses other scopes and shapes")
    func scopes() {
        #expect { try check(request(), regions: ["eu-west-1"]) } throws: {
            if case SignatureFault.scope = $0 { true } else { false }
        }
        #expect { try check(request(), regions: []) } throws: {
            if case SignatureFault.scope = $0 { true } else { false }
        }
        #expect(throws: SignatureFault.missing) { try check(request { $0.removeLast() }) }
        for text in [
            "", "AWS4-HMAC-SHA256", "Basic abc", "AWS4-HMAC-SHA256 Credential=a/b/c, Signature=x, SignedHeaders=host",
        ] {
            #expect(throws: SignatureFault.self) { try check(request { $0[$0.count - 1].1 = text }) }
        }
    }

    @Test("a signature is 64 hexadecimal digits", arguments: ["", "+f", "0x", "f", "é"])
    func signatures(_ end: String) {
        let zeros = String(repeating: "0", count: 62)
        #expect(SigV4.octets(zeros + "aF") == Array(repeating: 0, count: 31) + [0xAF])
        #expect(SigV4.octets(zeros + end) == nil)
        #expect(SigV4.octets(zeros + "aF0") == nil)
    }

    @Test(
        "reads and writes dates",
        arguments: [(Int64(1_440_938_160), "20150830T123600Z"), (951_825_599, "20000229T115959Z")])
    func dates(_ seconds: Int64, _ text: String) {
        #expect(BasicDate.text(seconds) == text)
        #expect(BasicDate.seconds(text) == seconds)
        #expect(BasicDate.seconds(String(text.dropLast())) == nil)
    }
}
