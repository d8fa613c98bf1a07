// SPDX-License-Identifier: Apache-2.0

/// A key's id and what proves that it is theirs, shown at a door where requests are not signed: SMTP's AUTH, the console.
package struct SignInAttempt: Sendable {
    package let door: Door
    /// What records call the session or request.
    package let session: String
    /// An access key's id, as far as a stranger can be believed.
    package let name: String
    /// SMTP: derived from the key's secret for the region; the console: the secret itself.
    package let password: String
    /// The peer's address without port.
    package let sourceAddress: String
    /// Nil for a connection in clear.
    package let tls: TLSFacts?
    /// HELO name, User-Agent.
    package let agent: String
    package let vpcEndpoint: String?

    package init(
        door: Door, session: String, name: String, password: String, sourceAddress: String, tls: TLSFacts? = nil,
        agent: String, vpcEndpoint: String? = nil
    ) {
        self.door = door
        self.session = session
        self.name = name
        self.password = password
        self.sourceAddress = sourceAddress
        self.tls = tls
        self.agent = agent
        self.vpcEndpoint = vpcEndpoint
    }
}

/// What became of an attempt to sign in.
package enum SignInAnswer: Hashable, Sendable {
    case principal(Principal)
    case refused
    /// Refused with a reason the caller may know.
    case refusedBecause(String)
    case temporarilyUnavailable
}

/// Why somebody was not let in, in the words of records. Strangers hear less.
package enum SignInFailure: String, Sendable {
    case unknownName = "UnknownName"
    case inactiveKey = "InactiveKey"
    case wrongPassword = "WrongPassword"
    /// Too many attempts before this one; what was shown was not looked at.
    case locked = "Locked"
    /// A session's key, which has no SMTP password.
    case temporaryCredentials = "TemporaryCredentials"
    /// The right password, and a limit of the operator's.
    case guardrail = "RefusedByGuardrail"
    /// The secret could not be opened.
    case unavailable = "Unavailable"
}
