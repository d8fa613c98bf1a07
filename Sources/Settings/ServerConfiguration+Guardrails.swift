// SPDX-License-Identifier: Apache-2.0

import Configuration
import Mail

extension ServerConfiguration.GuardrailSettings {
    init(_ values: Values) throws {
        senderDomains = try values.domains("guardrails.sender-domains")
        recipientDomains = try values.domains("guardrails.recipient-domains")
        recipientDomainsByAccount = [:]
        for id in values.file.names(of: "guardrails.accounts") {
            guard let account = AccountID(id) else {
                throw ConfigurationError("'guardrails.accounts.\(id)' is not an account: twelve digits, in quotes")
            }
            recipientDomainsByAccount[account] = try values.domains("guardrails.accounts.\(id).recipient-domains")
        }
        nextHops = values.list("guardrails.next-hops")
        requiredTLS = values.string("guardrails.require-tls")
        if let requiredTLS, requiredTLS != "1.2", requiredTLS != "1.3" {
            throw ConfigurationError("'guardrails.require-tls' must be \"1.2\" or \"1.3\", in quotes")
        }
        requiresDeliveryTLS = values.bool("guardrails.require-delivery-tls") ?? false
        requiresMFA = values.bool("guardrails.require-mfa-for-administration") ?? false
        maximumCredentialAge = try values.string("guardrails.maximum-credential-age").map { text in
            guard text.hasSuffix("d"), let days = Int(text.dropLast()), days > 0 else {
                throw ConfigurationError("'guardrails.maximum-credential-age' is a number of days: 90d")
            }
            return Double(days) * 86_400
        }
        if let passwords = values.string("guardrails.console-passwords"), passwords != "forbidden" {
            throw ConfigurationError("'guardrails.console-passwords' can only be forbidden: this version knows none")
        }
        sourceNetworks = values.list("guardrails.source-networks")
        forbidsPublicIdentityPolicies = values.bool("guardrails.forbid-public-identity-policies") ?? true
    }
}

extension Values {
    func domains(_ key: String) throws -> [Domain] {
        try list(key).map { text in
            do { return try Domain(parsing: text) } catch {
                throw ConfigurationError("'\(key)': '\(text)' is not a domain: \(error)")
            }
        }
    }

    func secretSource(_ path: String) throws -> ServerConfiguration.SecretSource? {
        let found: [ServerConfiguration.SecretSource] = [
            string("\(path).file").map { .file($0) }, string("\(path).environment").map { .environment($0) },
            string("\(path).command").map { .command($0) },
        ].compactMap(\.self)
        guard found.count <= 1 else {
            throw ConfigurationError("'\(path)' takes one of file, environment and command")
        }
        return found.first
    }
}
