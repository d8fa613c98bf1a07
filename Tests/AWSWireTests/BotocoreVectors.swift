// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

/// Requests as botocore 1.43.11 signed and sent them, at 2026-11-24T07:42:53Z in us-east-1.
enum Botocore {
    static let now: Int64 = 1_795_506_173
    static let accessKeyID = "AKIAROOTEXAMPLE0001"
    static let secret = Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)

    static let scopeDate = "20261124"
    static let form = "application/x-www-form-urlencoded; charset=utf-8"

    static let vectors: [Vector] = [
        Vector(
            "v2 SendEmail", "POST", "/v2/email/outbound-emails",
            query: "", contentType: "application/json",
            body: "{\"FromEmailAddress\": \"ada@example.com\", \"Destination\": {\"ToAddresses\": [\"bob@example"
                + ".net\"]}, \"Content\": {\"Simple\": {\"Subject\": {\"Data\": \"Gr\\u00fc\\u00dfe & <b>\"}, \"Body\""
                + ": {\"Text\": {\"Data\": \"1 + 1 = 2\\r\\n100 %\"}}}}}",
            service: "ses", signed: "content-type;host;x-amz-date",
            signature: "4d95a41498fb39adf14f65642a42a9ae0937ad5724e6c38ee14eae5da3a9480b"),
        Vector(
            "v2 label with @ and +", "GET", "/v2/email/identities/ada%2Blist%40example.com",
            query: "", contentType: nil,
            body: "",
            service: "ses", signed: "host;x-amz-date",
            signature: "fe307c3e91984922ffb9cd47e5ad659d36b4185a7d64a133bb42a4dc57addd2e"),
        Vector(
            "v2 label that needs everything encoded", "DELETE",
            "/v2/email/identities/a%20b%2Fc%3Fd%3De%26f%23g%2541%C3%A9~_-.%40x.example",
            query: "", contentType: nil,
            body: "",
            service: "ses", signed: "host;x-amz-date",
            signature: "38dfa3e235325b5038c525693f2939c3adef2c1e0354607ead6099a479e54320"),
        Vector(
            "v2 query parameters", "GET", "/v2/email/identities",
            query: "NextToken=a%2Bb%2Fc%3D%20%26d&PageSize=5", contentType: nil,
            body: "",
            service: "ses", signed: "host;x-amz-date",
            signature: "bc895a4f0d8bb836d69f412b486c731f96f9ec6c7bb6831c199e576d424152c3"),
        Vector(
            "v2 with a session token", "GET", "/v2/email/account",
            query: "", contentType: nil, token: "IQoJb3JpZ2luX2VjE+/=",
            body: "",
            service: "ses", signed: "host;x-amz-date;x-amz-security-token",
            signature: "26ea66464e54fb34fe5e2aa2ba12d715fbdade7c94b1d4ca014d484f711a8d71"),
        Vector(
            "v1 SendEmail", "POST", "/",
            query: "", contentType: form,
            body: "Action=SendEmail&Version=2010-12-01&Source=ada%2Blist%40example.com&Destination.ToAd"
                + "dresses.member.1=bob%40example.net&Destination.ToAddresses.member.2=eve%40example.ne"
                + "t&Destination.CcAddresses=&Message.Subject.Data=Gr%C3%BC%C3%9Fe+%26+%3Cb%3E&Message."
                + "Body.Text.Data=1+%2B+1+%3D+2%0D%0A100+%25&Tags.member.1.Name=a&Tags.member.1.Value=b",
            service: "ses", signed: "content-type;host;x-amz-date",
            signature: "a512782ffdaeb56c9ffd4c515b92592dcd339c82f1aaf619843295224db376f3"),
        Vector(
            "v1 SendRawEmail", "POST", "/",
            query: "", contentType: form,
            body: "Action=SendRawEmail&Version=2010-12-01&RawMessage.Data=RnJvbTogYWRhQGV4YW1wbGUuY29tD"
                + "QoNCv%2F%2BPz4%3D",
            service: "ses", signed: "content-type;host;x-amz-date",
            signature: "cadd4ea850f11fb74c71b6386e7d3101cde8c725b7399cb7c08b93ef31e6e7f8"),
        Vector(
            "v1 without input", "POST", "/",
            query: "", contentType: form,
            body: "Action=GetSendQuota&Version=2010-12-01",
            service: "ses", signed: "content-type;host;x-amz-date",
            signature: "d053463ab694373ba3d3278f8cb6e30dfb2822c1c1f157be536af54d107bf14c"),
        Vector(
            "sts", "POST", "/",
            query: "", contentType: form,
            body: "Action=GetCallerIdentity&Version=2011-06-15",
            service: "sts", signed: "content-type;host;x-amz-date",
            signature: "3f7c4851b9dc154830e44ef66cffc042c04edae8862e87efc57fffe99a442484"),
    ]
}

/// One request of botocore's.
struct Vector: Sendable, CustomTestStringConvertible {
    let title: String
    var method: String
    var path: String
    var query: String
    var contentType: String?
    var token: String?
    var body: String
    var service: String
    var signed: String
    var signature: String
    var region = "us-east-1"
    var date = "20261124T074253Z"
    var extra: [(name: String, value: String)] = []

    init(
        _ title: String, _ method: String, _ path: String, query: String, contentType: String?, token: String? = nil,
        body: String, service: String, signed: String, signature: String
    ) {
        self.title = title
        self.method = method
        self.path = path
        self.query = query
        self.contentType = contentType
        self.token = token
        self.body = body
        self.service = service
        self.signed = signed
        self.signature = signature
    }

    var testDescription: String { title }

    var authorization: String {
        let scope = "\(Botocore.scopeDate)/\(region)/\(service)/aws4_request"
        return
            "AWS4-HMAC-SHA256 Credential=\(Botocore.accessKeyID)/\(scope), SignedHeaders=\(signed), Signature=\(signature)"
    }

    var request: WireRequest {
        var headers = [(name: "host", value: "mail.example.com:8025"), (name: "x-amz-date", value: date)]
        if let contentType { headers.append((name: "content-type", value: contentType)) }
        if let token { headers.append((name: "x-amz-security-token", value: token)) }
        headers.append((name: "authorization", value: authorization))
        return WireRequest(
            method: method, path: path, query: query, headers: headers + extra, body: Array(body.utf8))
    }
}
