// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Signing in where requests are not signed: SMTP's AUTH and the console.
extension AccessControl {
    private struct Decision {
        let answer: SignInAnswer
        var failure: SignInFailure?
        /// Who proved who they are, let in or not.
        var principal: Principal?
        var refusal: Guardrails.Refusal?
    }

    /// A name for a session or a request that nobody else has.
    package func makeSessionName() -> String { UniqueID.request(directory.random) }

    /// Decides over an attempt; nobody hears the answer before the attempt is on record.
    ///
    /// At the SMTP door a key's id and the password derived from its secret for this region count, at the console the root
    /// user's key id and secret. Whoever guesses is slowed down by address and by name.
    /// - Parameter keep: returns once facts are on stable storage; where it throws, the answer is
    ///   `temporarilyUnavailable`: no unseen attempts.
    package func signIn(
        _ attempt: SignInAttempt, keeping keep: @Sendable ([Fact]) async throws -> Void
    ) async -> SignInAnswer {
        let moment = directory.now()
        let decision = decide(attempt, at: moment)
        let facts = facts(of: decision, attempt, at: moment)
        guard !facts.isEmpty else { return decision.answer }
        do {
            try await keep(facts)
        } catch {
            damper.giveBack(facts)
            return .temporarilyUnavailable
        }
        if attempt.door == .console, decision.failure == nil { damper.remember(attempt, at: moment) }
        return decision.answer
    }

    /// A key's id as records may show it: whoever types a password into the wrong field does not find it there.
    package func shownKeyID(_ id: String) -> String? {
        guard id.utf8.count <= Self.longestKeyID else { return nil }
        if account(ofKey: id) != nil { return id }
        let isOne = (id.hasPrefix("AKIA") || id.hasPrefix("ASIA")) && id.utf8.count >= 16
        return isOne && id.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) } ? id : nil
    }

    /// In whose records a failure with this key belongs: its account's, the management account's for what is nobody's key.
    package func accountNamed(by id: String) -> AccountID {
        (id.utf8.count <= Self.longestKeyID ? account(ofKey: id) : nil) ?? managementAccount
    }

    /// Keeps facts in the outbox of records.
    package func record(_ facts: [Fact]) async throws {
        for fact in facts { try await directory.record(fact) }
    }

    /// Writes what was only counted of failures, as far as its minutes have ended by then.
    package func recordCountedFailures(until moment: Timestamp) async throws {
        let facts = damper.due(at: moment)
        do {
            try await record(facts)
        } catch {
            damper.giveBack(facts)
            throw error
        }
    }

    private func decide(_ attempt: SignInAttempt, at moment: Timestamp) -> Decision {
        guard attempt.name.utf8.count <= Self.longestKeyID else {
            return Decision(answer: .refused, failure: .unknownName)
        }
        let subjects = failures.subjects(attempt.name, from: attempt.sourceAddress)
        if let until = failures.lock(subjects, at: moment) {
            return Decision(
                answer: .refusedBecause("Too many failed attempts, try again after \(until)"), failure: .locked)
        }
        let decision = attempt.door == .console ? decideAtConsole(attempt) : decideAtSMTP(attempt)
        switch decision.failure {
        case nil, .guardrail: failures.succeeded(subjects, at: moment)
        case .unknownName, .inactiveKey, .wrongPassword: failures.failed(subjects, at: moment)
        case .locked, .temporaryCredentials, .unavailable: break
        }
        return decision
    }

    private func decideAtConsole(_ attempt: SignInAttempt) -> Decision {
        let matches = constantTimeEquals(Array(attempt.password.utf8), root.secret.exposed)
        guard attempt.name == root.id else { return Decision(answer: .refused, failure: .unknownName) }
        guard matches else { return Decision(answer: .refused, failure: .wrongPassword) }
        return Decision(answer: .principal(rootPrincipal), principal: rootPrincipal)
    }

    private func decideAtSMTP(_ attempt: SignInAttempt) -> Decision {
        if attempt.name.hasPrefix("ASIA") {
            return Decision(
                answer: .refusedBecause(
                    "Temporary credentials cannot be used for SMTP: use the SMTP password of a user's access key"),
                failure: .temporaryCredentials)
        }
        guard let (secret, principal, refusal) = try? smtpSecret(attempt.name) else {
            return Decision(answer: .temporarilyUnavailable, failure: .unavailable)
        }
        let expected = secrets.derived("smtp \(region)", from: secret) {
            SecretBytes(Array(SMTPPassword.derive(secretAccessKey: secret, region: region).utf8))
        }
        let matches = constantTimeEquals(Array(attempt.password.utf8), expected.exposed)
        guard let principal else {
            let isKnown = account(ofKey: attempt.name) != nil
            return Decision(answer: .refused, failure: isKnown ? .inactiveKey : .unknownName)
        }
        guard matches else { return Decision(answer: .refused, failure: .wrongPassword) }
        if let refusal {
            return Decision(
                answer: .refusedBecause(refusal.reason), failure: .guardrail, principal: principal, refusal: refusal)
        }
        return Decision(answer: .principal(principal), principal: principal)
    }

    // A name nobody has is compared with a secret nobody has: the answer takes as long.
    private func smtpSecret(_ id: String) throws -> (SecretBytes, Principal?, Guardrails.Refusal?) {
        if id == root.id { return (root.secret, rootPrincipal, nil) }
        guard let (key, user) = key(id), key.isActive else { return (root.secret, nil, nil) }
        let refusal = guardrails.maximumKeyAge.flatMap { ageRefusal(of: key, $0) }
        return (try secret(of: key), principal(user), refusal)
    }

    // MARK: On record

    private func facts(of decision: Decision, _ attempt: SignInAttempt, at moment: Timestamp) -> [Fact] {
        let call = call(of: attempt, by: decision.principal)
        let account = decision.principal?.account ?? accountNamed(by: attempt.name)
        let event = Fact.SignedIn(
            door: attempt.door.rawValue, call: call, sourceAddress: attempt.sourceAddress,
            failure: decision.failure?.rawValue)
        guard decision.failure != nil else {
            if attempt.door == .console, damper.isKnownVisit(attempt, at: moment) { return [] }
            return [Fact(at: moment, account: account, message: nil, event: .signedIn(event))]
        }
        var facts = damper.failed(event, in: account, at: moment)
        if let refusal = decision.refusal, let principal = decision.principal {
            let refused = Fact.Refused(
                door: attempt.door.rawValue, principal: principal.arn, control: refusal.guardrail,
                reason: "AUTH: \(refusal.reason)", sourceAddress: attempt.sourceAddress, call: call)
            facts.append(Fact(at: moment, account: account, message: nil, event: .refused(refused)))
        }
        return facts
    }

    private func call(of attempt: SignInAttempt, by principal: Principal?) -> Fact.Call {
        let key = shownKeyID(attempt.name)
        return Fact.Call(
            request: attempt.session,
            source: attempt.door == .console ? "signin.amazonaws.com" : "ses.amazonaws.com",
            name: attempt.door == .console ? "ConsoleLogin" : "SmtpAuthenticate",
            identity: principal?.recordIdentity(accessKeyID: key) ?? Principal.unknownIdentity(accessKeyID: key),
            userName: principal?.recordUserName, accessKeyID: key, agent: attempt.agent, tls: attempt.tls?.version,
            cipher: attempt.tls?.recordCipher, vpcEndpoint: attempt.vpcEndpoint)
    }
}
