// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail

/// Who somebody is and whether they may: the only room that knows secrets of callers, and the only one that decides.
///
/// It knows the root user of the management account, who may do everything inside that account and nothing
/// outside it.
package struct AccessControl: Sendable {
    package let region: String
    package let managementAccount: AccountID
    private let root: AccessKey
    /// Derived once: five HMACs a login are little, but a login storm is somebody else's choice.
    private let rootSMTPPassword: [UInt8]

    package init(region: String, managementAccount: AccountID, root: AccessKey) {
        self.region = region
        self.managementAccount = managementAccount
        self.root = root
        rootSMTPPassword = Array(SMTPPassword.derive(secretAccessKey: root.secret, region: region).utf8)
    }

    /// The root user of the management account, as whom a trusted listener may be set up.
    package var rootPrincipal: Principal { Principal(account: managementAccount, kind: .root) }

    /// The secret of an access key with who holds it; nil for a key that does not exist.
    package func credential(for accessKeyID: String) -> (secret: SecretBytes, principal: Principal)? {
        accessKeyID == root.id ? (root.secret, rootPrincipal) : nil
    }

    /// Checks SMTP credentials: an access key id and the password derived from its secret for this region.
    package func authenticate(smtpUser: String, password: String) async -> SMTPAuthentication {
        let known = smtpUser == root.id
        let matches = constantTimeEquals(Array(password.utf8), rootSMTPPassword)
        return known && matches ? .principal(rootPrincipal) : .refused
    }

    /// Whether these are the root user's key and secret; takes the same time whatever was given.
    package func isRoot(accessKeyID: String, secret: String) -> Bool {
        let matches = constantTimeEquals(Array(secret.utf8), root.secret.exposed)
        return accessKeyID == root.id && matches
    }

    /// The one question everybody asks before anything is done.
    package func authorize(_ request: AccessRequest) -> AccessDecision {
        guard request.caller.principal.kind == .root, request.resources.allSatisfy({ owner(of: $0, in: request) })
        else {
            return .denied(
                AccessDenial(
                    principal: request.caller.principal.arn, action: request.action,
                    resource: request.resources.first ?? "*",
                    because: "no identity-based policy allows the \(request.action) action"))
        }
        return .allowed
    }

    private func owner(of resource: String, in request: AccessRequest) -> Bool {
        let fields = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return resource == "*" || (fields.count == 6 && fields[4] == request.caller.account.description)
    }
}

/// What became of an attempt to sign in at SMTP.
package enum SMTPAuthentication: Hashable, Sendable {
    case principal(Principal)
    case refused
    case temporarilyUnavailable
}

/// A long-term access key.
package struct AccessKey: Hashable, Sendable {
    package let id: String
    package let secret: SecretBytes

    package init(id: String, secret: SecretBytes) {
        self.id = id
        self.secret = secret
    }
}

func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    // Comparing keyed digests takes the same time whatever the lengths and contents.
    let key = SymmetricKey(size: .bits256)
    return HMAC<SHA256>.isValidAuthenticationCode(
        Array(HMAC<SHA256>.authenticationCode(for: left, using: key)), authenticating: right, using: key)
}
