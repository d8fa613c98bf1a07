// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@testable import AWSWire
@testable import CloudTrail
@testable import Trail

@Suite("Event selectors")
struct SelectorTests {
    private static let records: [(letter: Character, record: TrailRecord)] = [
        ("r", record(.management, "iam.amazonaws.com", "ListUsers", isReadOnly: true)),
        ("w", record(.management, "iam.amazonaws.com", "CreateUser", isReadOnly: false)),
        ("k", record(.management, "kms.amazonaws.com", "Encrypt", isReadOnly: false)),
        (
            "s",
            record(
                .data, "ses.amazonaws.com", "SendEmail", isReadOnly: false,
                "AWS::SES::EmailIdentity", "arn:aws:ses:eu-central-1:111122223333:identity/example.com")
        ),
        (
            "o",
            record(
                .data, "s3.amazonaws.com", "GetObject", isReadOnly: true,
                "AWS::S3::Object", "arn:aws:s3:::files/AWSLogs/1")
        ),
    ]

    private static func record(
        _ category: TrailRecord.Category, _ source: String, _ name: String, isReadOnly: Bool, _ type: String? = nil,
        _ arn: String = ""
    ) -> TrailRecord {
        let resources = type.map { "[{\"type\":\"\($0)\",\"ARN\":\"\(arn)\"}]" } ?? "null"
        return TrailRecord(
            id: name, at: Timestamp(seconds: 1), account: Office.account, category: category, source: source,
            name: name,
            isReadOnly: isReadOnly, userName: nil, accessKeyID: nil, resources: [],
            json:
                #"{"userIdentity":{"arn":"arn:aws:iam::111122223333:user/ann"},"eventType":"AwsApiCall","resources":\#(resources)}"#
        )
    }

    /// Which of the records, by their letters, a trail of these selectors takes; or the error.
    private func taken(_ json: String) throws -> String {
        let input = try JSONCodec.decode(PutEventSelectors.Input.self, from: Array(json.utf8))
        do {
            let selectors = try SelectorInput.selectors(input.eventSelectors, input.advancedEventSelectors)
            return String(Self.records.filter { (selectors ?? .standard).take($0.record) }.map(\.letter))
        } catch let error as ServiceError { return error.code }
    }

    @Test(
        "take what they say",
        arguments: [
            (#"{"EventSelectors":[]}"#, "rwk"),
            (#"{"AdvancedEventSelectors":[]}"#, "rwk"),
            (#"{"EventSelectors":[{}]}"#, "rwk"),
            (#"{"EventSelectors":[{"ReadWriteType":"ReadOnly"}]}"#, "r"),
            (#"{"EventSelectors":[{"ReadWriteType":"WriteOnly"}]}"#, "wk"),
            (#"{"EventSelectors":[{"ExcludeManagementEventSources":["kms.amazonaws.com"]}]}"#, "rw"),
            (#"{"EventSelectors":[{"IncludeManagementEvents":false}]}"#, ""),
            (
                #"{"EventSelectors":[{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::files/"]}]}]}"#,
                "rwko"
            ),
            (
                #"{"EventSelectors":[{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::other/"]}]}]}"#,
                "rwk"
            ),
            (
                #"{"EventSelectors":[{"ReadWriteType":"WriteOnly","DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]}"#,
                "wk"
            ),
        ])
    func classic(_ json: String, _ letters: String) throws { #expect(try taken(json) == letters) }

    @Test(
        "take what every field of theirs says",
        arguments: [
            ("Management", "", "rwk"),
            ("Management", #"{"Field":"readOnly","Equals":["true"]}"#, "r"),
            ("Management", #"{"Field":"eventSource","NotEquals":["kms.amazonaws.com"]}"#, "rw"),
            ("Management", #"{"Field":"eventName","StartsWith":["List","En"]}"#, "rk"),
            ("Management", #"{"Field":"eventName","EndsWith":["User"],"NotStartsWith":["List"]}"#, "w"),
            ("Management", #"{"Field":"userIdentity.arn","NotEndsWith":["/ann"]}"#, ""),
            ("Management", #"{"Field":"eventType","Equals":["AwsApiCall"]}"#, "rwk"),
            ("Data", #"{"Field":"resources.type","Equals":["AWS::SES::EmailIdentity"]}"#, "s"),
            (
                "Data",
                #"{"Field":"resources.type","Equals":["AWS::S3::Object"]},"#
                    + #"{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::files/"]}"#, ""
            ),
        ])
    func advanced(_ category: String, _ fields: String, _ letters: String) throws {
        #expect(try taken(Self.advanced(category, fields)) == letters)
    }

    private static func advanced(_ category: String, _ fields: String) -> String {
        let category = #"{"Field":"eventCategory","Equals":["\#(category)"]}"#
        let all = [category, fields].filter { !$0.isEmpty }.joined(separator: ",")
        return #"{"AdvancedEventSelectors":[{"FieldSelectors":[\#(all)]}]}"#
    }

    @Test(
        "are refused",
        arguments: [
            "{}",
            #"{"EventSelectors":[],"AdvancedEventSelectors":[]}"#,
            #"{"EventSelectors":[{},{},{},{},{},{}]}"#,
            #"{"EventSelectors":[{"ReadWriteType":"Some"}]}"#,
            #"{"EventSelectors":[{"DataResources":[{"Type":"AWS::SES::EmailIdentity","Values":["arn:aws:ses"]}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"readOnly","Equals":["true"]}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","StartsWith":["Man"]}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management","Data"]}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":[]}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory"}]}]}"#,
            #"{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"shoe","Equals":["1"]}]}]}"#,
        ])
    func refused(_ json: String) throws { #expect(try taken(json) == "InvalidEventSelectorsException") }

    @Test("have 500 values at most, of 64 KB")
    func limits() throws {
        func values(_ count: Int, _ length: Int) -> String {
            let value = "\"\(String(repeating: "x", count: length))\""
            let list = Array(repeating: value, count: count).joined(separator: ",")
            return Self.advanced("Management", #"{"Field":"eventName","NotEquals":[\#(list)]}"#)
        }
        #expect(try taken(values(499, 9)) == "rwk")
        #expect(try taken(values(500, 9)) == "InvalidEventSelectorsException")
        #expect(try taken(values(1, 2_049)) == "InvalidEventSelectorsException")
        #expect(try taken(values(40, 2_000)) == "InvalidEventSelectorsException")
    }

    @Test("everything is everything")
    func everything() {
        #expect(Self.records.allSatisfy { EventSelectors.everything.take($0.record) })
    }
}
