// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Testing
import Trail

@Suite("Records out of facts") struct MakerTests {
    private static let identity = """
        {"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/app",\
        "accountId":"111122223333","accessKeyId":"AKIA1","userName":"app"}
        """
    private static let app = "arn:aws:iam::111122223333:user/app"

    private static func call(
        _ name: String, source: String = "ses.amazonaws.com", parameters: String? = nil
    ) -> Fact.Call {
        Fact.Call(
            request: "r-1", source: source, name: name, identity: identity, userName: "app", accessKeyID: "AKIA1",
            agent: "aws-cli/2.23.4", tls: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", host: "email.example.com",
            vpcEndpoint: "vpce-1", parameters: parameters)
    }

    private static let session = Fact.Call(
        request: "s-1", source: "ses.amazonaws.com", name: "SmtpAuthenticate", identity: identity, userName: "app",
        accessKeyID: "AKIA1", agent: "client.example.com")

    static let message = MessageID(parsing: "0107019ab5c11cb8-00000000-0000-4000-8000-000000000001-000000")

    private static func made(_ event: Fact.Event, message: MessageID? = nil) -> TrailRecord? {
        let fact = Fact(
            at: Timestamp(milliseconds: 1_796_000_400_120), account: AccountID("444455556666")!, message: message,
            event: event)
        return TrailMaker(region: "eu-central-1", sight: .hidden)
            .record(of: RecordedFact(sequence: 7, fact: fact), in: "spool")
    }

    private static let head = "{\"eventVersion\":\"1.11\",\"userIdentity\":"
    private static let service = "{\"type\":\"AWSService\",\"invokedBy\":\"postern\"}"
    private static let time = ",\"eventTime\":\"2026-11-30T01:00:00Z\",\"eventSource\":"
    private static let request = """
        "awsRegion":"eu-central-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.23.4",
        """
    private static let tls = """
        "tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",\
        "clientProvidedHostHeader":"email.example.com"}}
        """
    // UUIDs of SHA-256 over the message's id, REQUEST/NAME, REQUEST/NAME/ERROR and STREAM/SEQUENCE, made by Python.
    private static let id = (
        message: "d28ab6fc-b8ca-8501-a791-d21f5d6be504", call: "29bf5f49-6154-89f0-8e53-f321c8ceb94f",
        denied: "d8a4e3b2-5262-8f0b-91ca-56800e272634", place: "0bbf3cae-4e2b-8258-bb3d-2865febbbfc4"
    )

    @Test("a send by API is a data event with what it was about") func accepted() {
        let event = Fact.Accepted(
            door: "api", principal: Self.app, reversePath: "b@bounce.example.com", from: "sender@example.com",
            recipients: ["bob@example.org", "eve@example.org"],
            identity: "arn:aws:ses:eu-central-1:999900001111:identity/example.com", size: 9, sourceAddress: "192.0.2.7",
            configurationSet: "set", tags: ["b": "2", "a": "1"], call: Self.call("SendEmail"))
        let record = Self.made(.accepted(event), message: Self.message)
        #expect(
            record?.json == Self.head + Self.identity + Self.time + """
                "ses.amazonaws.com","eventName":"SendEmail",\(Self.request)"requestParameters":\
                {"fromEmailAddress":"sender@example.com","destination":{"toAddresses":\
                ["HIDDEN_DUE_TO_SECURITY_REASONS","HIDDEN_DUE_TO_SECURITY_REASONS"]},"configurationSetName":"set",\
                "emailTags":[{"name":"a","value":"1"},{"name":"b","value":"2"}]},"responseElements":null,\
                "additionalEventData":{"sesMessageId":"0107019ab5c11cb8-00000000-0000-4000-8000-000000000001-000000",\
                "door":"api"},"requestID":"r-1","eventID":"\(Self.id.message)","readOnly":false,"resources":[\
                {"accountId":"999900001111","type":"AWS::SES::EmailIdentity",\
                "ARN":"arn:aws:ses:eu-central-1:999900001111:identity/example.com"},\
                {"accountId":"111122223333","type":"AWS::SES::ConfigurationSet",\
                "ARN":"arn:aws:ses:eu-central-1:111122223333:configuration-set/set"}],"eventType":"AwsApiCall",\
                "managementEvent":false,"recipientAccountId":"111122223333","vpcEndpointId":"vpce-1",\
                "eventCategory":"Data",\(Self.tls)
                """)
        #expect(
            record?.parts == [
                Self.id.message, "111122223333", "Data", "ses.amazonaws.com", "SendEmail", "false", "app", "AKIA1", "",
            ])
    }

    @Test("a send over SMTP is one too; without a call it has what the fact has", arguments: [true, false])
    func smtp(hasCall: Bool) {
        let event = Fact.Accepted(
            door: "smtp", principal: Self.app, reversePath: "", from: "sender@example.com",
            recipients: ["bob@example.org"], identity: "", size: 9, sourceAddress: "192.0.2.7",
            call: hasCall ? Self.session : nil)
        let identity =
            hasCall
            ? Self.identity
            : "{\"type\":\"IAMUser\",\"arn\":\"\(Self.app)\",\"accountId\":\"111122223333\",\"userName\":\"app\"}"
        let record = Self.made(.accepted(event), message: Self.message)
        #expect(
            record?.json == Self.head + identity + Self.time + """
                "ses.amazonaws.com","eventName":"SendRawEmail","awsRegion":"eu-central-1",\
                "sourceIPAddress":"192.0.2.7","userAgent":\(hasCall ? "\"client.example.com\"" : "null"),\
                "requestParameters":{"source":"sender@example.com","destinations":["HIDDEN_DUE_TO_SECURITY_REASONS"]},\
                "responseElements":null,"additionalEventData":\
                {"sesMessageId":"0107019ab5c11cb8-00000000-0000-4000-8000-000000000001-000000","door":"smtp"},\
                \(hasCall ? "\"requestID\":\"s-1\"," : "")"eventID":"\(Self.id.message)","readOnly":false,\
                "eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333",\
                "eventCategory":"Data"}
                """)
        #expect(record?.userName == "app")
    }

    @Test("mail of the server's own is its own act", arguments: ["system", "server"]) func systemMail(_ door: String) {
        let event = Fact.Accepted(
            door: door, principal: door == "server" ? Self.app : "", reversePath: "", from: "no-reply@example.com",
            recipients: ["bob@example.org"], identity: "", size: 9, sourceAddress: "")
        let account = door == "server" ? "111122223333" : "444455556666"
        #expect(
            Self.made(.accepted(event), message: Self.message)?.json == Self.head + Self.service + Self.time + """
                "ses.amazonaws.com","eventName":"SendRawEmail","awsRegion":"eu-central-1","sourceIPAddress":"postern",\
                "userAgent":"postern","requestParameters":{"source":"no-reply@example.com","destinations":\
                ["HIDDEN_DUE_TO_SECURITY_REASONS"]},"responseElements":null,"additionalEventData":\
                {"sesMessageId":"0107019ab5c11cb8-00000000-0000-4000-8000-000000000001-000000","door":"\(door)"},\
                "eventID":"\(Self.id.message)","readOnly":false,"eventType":"AwsServiceEvent","managementEvent":false,\
                "recipientAccountId":"\(account)","eventCategory":"Data"}
                """)
    }

    @Test("a template that could not be filled names it") func renderingFailed() {
        let event = Fact.RenderingFailed(
            template: "T", reason: "no value for name of bob@example.org", recipients: ["bob@example.org"],
            sourceAddress: "192.0.2.7", call: Self.call("SendTemplatedEmail"))
        #expect(
            Self.made(.renderingFailed(event), message: Self.message)?.json == Self.head + Self.identity + Self.time
                + """
                "ses.amazonaws.com","eventName":"SendTemplatedEmail",\(Self.request)"requestParameters":\
                {"destination":{"toAddresses":["HIDDEN_DUE_TO_SECURITY_REASONS"]},\
                "content":{"template":{"templateName":"T"}}},"responseElements":null,"additionalEventData":\
                {"sesMessageId":"0107019ab5c11cb8-00000000-0000-4000-8000-000000000001-000000",\
                "reason":"no value for name of HIDDEN_DUE_TO_SECURITY_REASONS"},"requestID":"r-1",\
                "eventID":"\(Self.id.place)","readOnly":false,"resources":[{"accountId":"444455556666",\
                "type":"AWS::SES::Template","ARN":"arn:aws:ses:eu-central-1:444455556666:template/T"}],\
                "eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"444455556666",\
                "vpcEndpointId":"vpce-1","eventCategory":"Data",\(Self.tls)
                """)
    }

    @Test("a refused send says which control, and what the caller heard") func refused() {
        let event = Fact.Refused(
            door: "api", principal: Self.app, control: "recipient-domains",
            reason: "guardrail recipient-domains: <bob@example.org>", sourceAddress: "192.0.2.7",
            call: Self.call("SendEmail"))
        #expect(
            Self.made(.refused(event))?.json == Self.head + Self.identity + Self.time + """
                "ses.amazonaws.com","eventName":"SendEmail",\(Self.request)"errorCode":"AccessDenied","errorMessage":\
                "guardrail recipient-domains: <HIDDEN_DUE_TO_SECURITY_REASONS>","requestParameters":null,\
                "responseElements":null,"additionalEventData":{"door":"api","control":"recipient-domains"},\
                "requestID":"r-1","eventID":"\(Self.id.place)","readOnly":false,"eventType":"AwsApiCall",\
                "managementEvent":false,"recipientAccountId":"111122223333","vpcEndpointId":"vpce-1",\
                "eventCategory":"Data",\(Self.tls)
                """)
    }

    @Test(
        "what a refusal was of",
        arguments: [
            ("smtp", "quota", "too fast", "SendRawEmail", "Data", "Throttling", "AwsApiCall"),
            (
                "smtp", "maximum-key-age", "AUTH: too old", "SmtpAuthenticate", "Management", "AccessDenied",
                "AwsServiceEvent"
            ),
            (
                "api", "g", "CreateEmailIdentity: outside", "CreateEmailIdentity", "Management", "AccessDenied",
                "AwsApiCall"
            ),
            ("api", "mail-loop", "Loop 3: no", "SendEmail", "Data", "MessageRejected", "AwsApiCall"),
            ("smtp", "g", "Recipient: no", "SendRawEmail", "Data", "AccessDenied", "AwsApiCall"),
            (
                "server", "g", "VerifyEmailIdentity: no", "VerifyEmailIdentity", "Management", "AccessDenied",
                "AwsServiceEvent"
            ),
        ])
    func refusals(
        _ door: String, _ control: String, _ reason: String, _ name: String, _ category: String, _ code: String,
        _ kind: String
    ) {
        let record = Self.made(
            .refused(
                .init(door: door, principal: Self.app, control: control, reason: reason, sourceAddress: "192.0.2.7")))
        #expect(record?.name == name && record?.category.rawValue == category)
        #expect(record?.json.contains("\"errorCode\":\"\(code)\"") == true)
        #expect(record?.json.contains("\"eventType\":\"\(kind)\"") == true)
    }

    @Test(
        "an act of the house has the service's name as its source",
        arguments: [
            ("cloudwatch:PutMetricAlarm", "monitoring.amazonaws.com", "PutMetricAlarm"),
            ("sns:Subscribe", "sns.amazonaws.com", "Subscribe"),
            ("CreateEmailIdentity", "ses.amazonaws.com", "CreateEmailIdentity"),
            ("postern:RotateTrailKey", "postern.amazonaws.com", "RotateTrailKey"),
        ])
    func sources(_ operation: String, _ source: String, _ name: String) {
        let event = Fact.Administered(operation: operation, principal: "postern", resource: "thing", sourceAddress: "")
        let record = Self.made(.administered(event))
        #expect(record?.source == source && record?.name == name)
        #expect(record?.json.contains("\"eventSource\":\"\(source)\"") == true)
    }

    @Test("a change has its parameters, and is found by what it changed") func administered() {
        let event = Fact.Administered(
            operation: "CreateUser", principal: Self.app,
            resource: "arn:aws:iam::111122223333:user/bob arn:aws:iam::111122223333:policy/p *",
            sourceAddress: "192.0.2.7", reason: "asked by bob@example.org",
            call: Self.call("CreateUser", source: "iam.amazonaws.com", parameters: "{\"userName\":\"bob\"}"))
        let record = Self.made(.administered(event))
        #expect(
            record?.json == Self.head + Self.identity + Self.time + """
                "iam.amazonaws.com","eventName":"CreateUser",\(Self.request)"requestParameters":{"userName":"bob"},\
                "responseElements":null,"additionalEventData":{"reason":"asked by HIDDEN_DUE_TO_SECURITY_REASONS"},\
                "requestID":"r-1","eventID":"\(Self.id.call)","readOnly":false,"eventType":"AwsApiCall",\
                "managementEvent":true,"recipientAccountId":"111122223333","vpcEndpointId":"vpce-1",\
                "eventCategory":"Management",\(Self.tls)
                """)
        #expect(
            record?.parts == [
                Self.id.call, "111122223333", "Management", "iam.amazonaws.com", "CreateUser", "false", "app", "AKIA1",
                "AWS::IAM::User arn:aws:iam::111122223333:user/bob AWS::IAM::Policy arn:aws:iam::111122223333:policy/p",
            ])
    }

    @Test("what the house does by itself has nobody behind it") func house() {
        let event = Fact.Administered(
            operation: "postern:SuppressDestination", principal: "server", resource: "bob@example.org",
            sourceAddress: "", reason: "BOUNCE")
        let record = Self.made(.administered(event))
        #expect(
            record?.json == Self.head + Self.service + Self.time + """
                "postern.amazonaws.com","eventName":"SuppressDestination","awsRegion":"eu-central-1",\
                "sourceIPAddress":"postern","userAgent":"postern","requestParameters":null,"responseElements":null,\
                "additionalEventData":{"reason":"BOUNCE"},"eventID":"\(Self.id.place)","readOnly":false,\
                "eventType":"AwsServiceEvent","managementEvent":true,"recipientAccountId":"444455556666",\
                "serviceEventDetails":{"resource":"HIDDEN_DUE_TO_SECURITY_REASONS"},"eventCategory":"Management"}
                """)
        #expect(
            record?.parts == [
                Self.id.place, "444455556666", "Management", "postern.amazonaws.com", "SuppressDestination", "false",
                "", "", "",
            ])
    }

    @Test("a call that no other fact tells of has what the caller heard and why") func called() {
        let event = Fact.Called(
            call: Self.call("GetSuppressedDestination", parameters: "{\"emailAddress\":\"bob@example.org\"}"),
            principal: Self.app, sourceAddress: "192.0.2.7", errorCode: "AccessDeniedException",
            errorMessage: "User: \(Self.app) is not authorized", control: "iam", because: "no statement allows it")
        #expect(
            Self.made(.called(event))?.json == Self.head + Self.identity + Self.time + """
                "ses.amazonaws.com","eventName":"GetSuppressedDestination",\(Self.request)\
                "errorCode":"AccessDeniedException",\
                "errorMessage":"User: arn:aws:iam::111122223333:user/app is not authorized","requestParameters":\
                {"emailAddress":"HIDDEN_DUE_TO_SECURITY_REASONS"},"responseElements":null,"additionalEventData":\
                {"control":"iam","because":"no statement allows it"},"requestID":"r-1","eventID":"\(Self.id.denied)",\
                "readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333",\
                "vpcEndpointId":"vpce-1","eventCategory":"Management",\(Self.tls)
                """)
    }

    @Test("a send that failed before the gate is a data event too") func calledSend() {
        let event = Fact.Called(
            call: Self.call("SendBulkEmail"), principal: Self.app, sourceAddress: "192.0.2.7", errorCode: "BadRequest")
        let record = Self.made(.called(event))
        #expect(record?.category == .data && record?.isReadOnly == false)
    }

    @Test(
        "sign-ins",
        arguments: [
            (
                "smtp", nil, 1, "ses.amazonaws.com", "SmtpAuthenticate", "AwsServiceEvent", "null", "\"door\":\"smtp\"",
                ""
            ),
            (
                "smtp", "WrongPassword", 12, "ses.amazonaws.com", "SmtpAuthenticate", "AwsServiceEvent", "null",
                "\"door\":\"smtp\",\"count\":12", "\"errorCode\":\"WrongPassword\","
            ),
            (
                "console", nil, 1, "signin.amazonaws.com", "ConsoleLogin", "AwsConsoleSignIn",
                "{\"ConsoleLogin\":\"Success\"}", "\"door\":\"console\"", ""
            ),
            (
                "console", "Locked", 1, "signin.amazonaws.com", "ConsoleLogin", "AwsConsoleSignIn",
                "{\"ConsoleLogin\":\"Failure\"}", "\"door\":\"console\",\"reason\":\"Locked\"",
                "\"errorMessage\":\"Failed authentication\","
            ),
            (
                "api", "SignatureDoesNotMatch", 1, "ses.amazonaws.com", "SmtpAuthenticate", "AwsApiCall", "null",
                "\"door\":\"api\"", "\"errorCode\":\"SignatureDoesNotMatch\","
            ),
        ] as [(String, String?, Int, String, String, String, String, String, String)])
    func signedIn(
        _ door: String, _ failure: String?, _ count: Int, _ source: String, _ name: String, _ kind: String,
        _ elements: String, _ additional: String, _ error: String
    ) {
        let event = Fact.SignedIn(
            door: door, call: Self.session, sourceAddress: "192.0.2.7", failure: failure, count: count)
        #expect(
            Self.made(.signedIn(event))?.json == Self.head + Self.identity + Self.time + """
                "\(source)","eventName":"\(name)","awsRegion":"eu-central-1","sourceIPAddress":"192.0.2.7",\
                "userAgent":"client.example.com",\(error)"requestParameters":null,"responseElements":\(elements),\
                "additionalEventData":{\(additional)},"requestID":"s-1","eventID":"\(Self.id.place)",\
                "readOnly":false,"eventType":"\(kind)","managementEvent":true,"recipientAccountId":"444455556666",\
                "eventCategory":"Management"}
                """)
    }

    @Test("what became of a message is no record") func others() {
        let outcome = Fact.Outcome(
            recipients: ["b@c.example"], attempt: 1, peer: "", reply: "", tls: nil, milliseconds: 1)
        let events: [Fact.Event] = [
            .delivered(outcome), .deferred(outcome), .bounced(outcome),
            .complained(.init(recipients: [], feedbackType: "abuse", userAgent: "")),
            .warned(.init(control: "", subject: "", reason: "")),
        ]
        #expect(events.compactMap { Self.made($0) }.isEmpty)
    }

    @Test(
        "reading is what the name's first word says",
        arguments: [
            ("GetAccount", true), ("ListUsers", true), ("DescribePools", true), ("LookupEvents", true),
            ("SimulatePrincipalPolicy", true), ("TestRenderTemplate", true), ("ExplainDelivery", true),
            ("HeadObject", true), ("BatchGetMetricData", true), ("Getaway", false), ("CreateUser", false),
            ("AssumeRole", false), ("Get", true), ("", false),
        ])
    func readOnly(_ name: String, _ isReadOnly: Bool) {
        let event = Fact.Called(call: Self.call(name), principal: Self.app, sourceAddress: "")
        #expect(Self.made(.called(event))?.isReadOnly == isReadOnly)
    }
}

extension TrailRecord {
    /// What it is looked up by, as texts.
    fileprivate var parts: [String] {
        [
            id, "\(account)", category.rawValue, source, name, "\(isReadOnly)", userName ?? "", accessKeyID ?? "",
            resources.map { "\($0.type) \($0.name)" }.joined(separator: " "),
        ]
    }
}
