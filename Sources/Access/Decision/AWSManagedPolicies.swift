// SPDX-License-Identifier: Apache-2.0

/// The policies of AWS's own making that mean something here, word for word.
package enum AWSManagedPolicies {
    private static func allowing(_ actions: String) -> String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[\#(actions)],"Resource":"*"}]}"#
    }

    private static let actions: [String: [String]] = [
        "AdministratorAccess": ["*"],
        "AmazonSESFullAccess": ["ses:*"],
        "AmazonSESReadOnlyAccess": ["ses:Get*", "ses:List*", "ses:BatchGetMetricData"],
        "IAMFullAccess": ["iam:*", "organizations:DescribeAccount", "organizations:DescribeOrganization"],
        "IAMReadOnlyAccess": [
            "iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "iam:SimulateCustomPolicy",
            "iam:SimulatePrincipalPolicy",
        ],
        "ReadOnlyAccess": [
            "ses:Get*", "ses:List*", "iam:Get*", "iam:List*", "iam:Simulate*", "iam:GenerateCredentialReport",
            "organizations:Describe*", "organizations:List*", "sts:GetCallerIdentity",
        ],
        "SecurityAudit": [
            "ses:Get*", "ses:List*", "ses:Describe*", "iam:Get*", "iam:List*", "iam:GenerateCredentialReport",
            "iam:Simulate*", "organizations:Describe*", "organizations:List*",
        ],
    ]
    private static let documents = actions.mapValues { list in
        allowing(list.map { "\"\($0)\"" }.joined(separator: ","))
    }

    private static let prefix = "arn:aws:iam::aws:policy/"

    /// Nil for an ARN that is not one of them.
    package static func document(_ arn: String) -> String? {
        arn.hasPrefix(prefix) ? documents[String(arn.dropFirst(prefix.count))] : nil
    }

    package static func name(of arn: String) -> String { String(arn.dropFirst(prefix.count)) }

    package static var arns: [String] { documents.keys.sorted().map { prefix + $0 } }
}
