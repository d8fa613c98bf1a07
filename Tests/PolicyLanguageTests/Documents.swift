// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage

func policy(_ text: String, as kind: Policy.Kind = .identity) throws -> Policy { try Policy(parsing: text, as: kind) }

func named(_ name: String, _ text: String, as kind: Policy.Kind = .identity) throws -> NamedPolicy {
    NamedPolicy(name: name, policy: try policy(text, as: kind))
}

/// A user of 111122223333 who sends with an identity of its own account.
func request(
    _ action: String = "ses:SendEmail", on resource: String = identityARN, by principal: PolicyPrincipal = app,
    owner: String = "111122223333", with context: [String: [String]] = [:]
) -> PolicyRequest {
    PolicyRequest(
        principal: principal, action: action, resource: resource, resourceAccount: owner,
        context: PolicyContext(context))
}

let identityARN = "arn:aws:ses:us-east-1:111122223333:identity/aws.example.com"
let app = PolicyPrincipal(account: "111122223333", kind: .user, arn: "arn:aws:iam::111122223333:user/app")

func allowing(_ action: String, condition: String = "{}") -> String {
    """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"\(action)","Resource":"*","Condition":\(condition)}}
    """
}

/// The policy of the playbook that survives the edge cases.
let soundPolicy = """
    {"Version":"2012-10-17","Statement":[
     {"Sid":"SendFromSubdomain","Effect":"Allow","Action":["ses:SendEmail","ses:SendRawEmail"],
      "Resource":["arn:aws:ses:us-east-1:111122223333:identity/aws.example.com",
                  "arn:aws:ses:us-east-1:111122223333:configuration-set/corp-tls"],
      "Condition":{"StringLike":{"ses:FromAddress":"*@aws.example.com"},
                   "StringEquals":{"aws:SourceVpce":"vpce-0abc"},"Bool":{"aws:SecureTransport":"true"}}},
     {"Sid":"NoOutsideRecipient","Effect":"Deny",
      "Action":["ses:SendEmail","ses:SendRawEmail","ses:SendTemplatedEmail","ses:SendBulkTemplatedEmail"],
      "Resource":"*","Condition":{"ForAnyValue:StringNotLike":{"ses:Recipients":["*@example.com"]}}},
     {"Sid":"NoMissingRecipient","Effect":"Deny",
      "Action":["ses:SendEmail","ses:SendRawEmail","ses:SendTemplatedEmail","ses:SendBulkTemplatedEmail"],
      "Resource":"*","Condition":{"Null":{"ses:Recipients":"true"}}},
     {"Sid":"UncheckableVerbs","Effect":"Deny",
      "Action":["ses:SendBulkEmail","ses:SendCustomVerificationEmail","ses:SendBounce"],"Resource":"*"},
     {"Sid":"PlainText","Effect":"Deny","Action":"ses:*","Resource":"*",
      "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}
    """

/// The published one, with its hole: ForAllValues is true of nothing.
let publishedPolicy = """
    {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:Send*","Resource":"*",
     "Condition":{"ForAllValues:StringLike":{"ses:Recipients":["*@aws.example.com"]}}}]}
    """
