// SPDX-License-Identifier: Apache-2.0

import JSON
import Mail

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, at most `TrailARN.longest` octets.
struct TrailARN {
    static let longest = 2_048

    let text: String
    let service: String
    /// Nil for one of no account's: `arn:aws:s3:::bucket`.
    let account: AccountID?
    let resource: String

    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longest else { return nil }
        let fields = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 6, fields[0] == "arn", !fields[2].isEmpty, !fields[5].isEmpty else { return nil }
        self.text = String(text)
        service = fields[2]
        account = AccountID(fields[4])
        resource = fields[5]
    }

    /// CloudTrail's type of it, in CloudFormation's words; nil for what has none.
    var type: String? {
        if service == "s3" { return resource.contains("/") ? "AWS::S3::Object" : "AWS::S3::Bucket" }
        if service == "sns" { return "AWS::SNS::Topic" }
        return Self.types["\(service):\(resource.prefix { $0 != "/" && $0 != ":" })"]
    }

    private static let types = [
        "ses:identity": "AWS::SES::EmailIdentity",
        "ses:configuration-set": "AWS::SES::ConfigurationSet",
        "ses:template": "AWS::SES::Template",
        "ses:custom-verification-email-template": "AWS::SES::CustomVerificationEmailTemplate",
        "ses:dedicated-ip-pool": "AWS::SES::DedicatedIpPool",
        "iam:user": "AWS::IAM::User",
        "iam:role": "AWS::IAM::Role",
        "iam:group": "AWS::IAM::Group",
        "iam:policy": "AWS::IAM::Policy",
        "iam:mfa": "AWS::IAM::VirtualMFADevice",
        "iam:oidc-provider": "AWS::IAM::OIDCProvider",
        "iam:saml-provider": "AWS::IAM::SAMLProvider",
        "organizations:organization": "AWS::Organizations::Organization",
        "organizations:ou": "AWS::Organizations::OrganizationalUnit",
        "organizations:account": "AWS::Organizations::Account",
        "organizations:policy": "AWS::Organizations::Policy",
        "cloudtrail:trail": "AWS::CloudTrail::Trail",
        "cloudwatch:alarm": "AWS::CloudWatch::Alarm",
        "logs:log-group": "AWS::Logs::LogGroup",
    ]

    /// The ARNs of a fact's resource, each once, at most `limit`.
    static func all(in text: String, limit: Int = 100) -> [TrailARN] {
        var seen: Set<String> = []
        let words = text.split(separator: " ", maxSplits: limit).prefix(limit)
        return words.compactMap { TrailARN($0) }.filter { seen.insert($0.text).inserted }
    }
}

/// `resources` of a data event.
enum TrailObject {
    /// Nil for none.
    static func list(_ arns: [String]) -> JSONValue? {
        let objects = arns.compactMap { TrailARN($0) }.compactMap { arn in
            TrailEntry.object([
                ("accountId", arn.account.map { .string("\($0)") }), ("type", arn.type.map { .string($0) }),
                ("ARN", .string(arn.text)),
            ])
        }
        return objects.isEmpty ? nil : .array(objects)
    }
}
