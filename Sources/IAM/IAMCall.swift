// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Journal
import Mail

/// Where every operation of IAM is found.
let iam = Route.query(service: "iam")

/// One call: who asks, of which account, already allowed.
struct IAMCall {
    let access: AccessControl
    let caller: Caller
    /// The directory as it stood when the caller was allowed: what is answered is of the same moment.
    let state: AccessState
    private let operation: String
    private let subject: IAMSubject
    private let target: IAMTarget
    private let keys: [String: [String]]
    private let bringsBoundary: Bool

    /// Asks whether the caller may.
    /// - Parameters:
    ///   - keys: condition keys that the request brings; those of the subject itself come with it.
    ///   - boundary: whether the subject's own permissions boundary is `iam:PermissionsBoundary`.
    /// - Throws: `ValidationError` before anything is asked, then `AccessDenied`.
    init(
        _ operation: String, on subject: IAMSubject = .account, _ access: AccessControl, _ context: RequestContext,
        keys: [String: [String]] = [:], boundary: Bool = false
    ) throws {
        self.access = access
        self.operation = operation
        self.subject = subject
        self.keys = keys
        bringsBoundary = boundary
        caller = try Caller(context)
        state = access.directory.state
        try inIAMsWords { try subject.validate() }
        target = subject.target(in: state, caller.account)
        try authorize(target)
    }

    var account: AccountID { caller.account }
    var now: Timestamp { access.directory.now() }
    var random: RandomBits { access.directory.random }

    /// The subject's ARN, as it stands in the directory.
    var arn: String { target.arns.first ?? "*" }

    private func authorize(_ target: IAMTarget) throws {
        var keys = keys.merging(target.keys) { own, _ in own }
        if bringsBoundary, let boundary = target.boundary { keys["iam:PermissionsBoundary"] = [boundary] }
        for arn in target.arns {
            try access.require("iam:\(operation)", on: .init(arn), with: keys, as: caller, code: "AccessDenied")
        }
    }

    /// Changes the directory and records who did it.
    func change<Result: Sendable>(_ body: @Sendable (inout AccessState) throws -> Result) async throws -> Result {
        let fact = Fact(operation, on: target.arns.joined(separator: " "), by: caller, at: now, account: account)
        do {
            return try await access.directory.change(fact) { draft in
                if draft.generation != state.generation { try reauthorize(in: draft) }
                return try body(&draft)
            }
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }

    // Others changed the directory while this call waited for its turn: what was allowed may not be what is there now.
    private func reauthorize(in draft: AccessState) throws {
        let present = subject.target(in: draft, account)
        guard present.arns == target.arns || !present.isFound else {
            throw ServiceError(
                "ConcurrentModification", "The entity was changed by another request at the same time: try again.",
                status: 409)
        }
        try authorize(present)
    }

    /// Reads, with IAM's errors.
    func read<Result>(_ body: (AccessState) throws -> Result) throws -> Result {
        try inIAMsWords { try body(state) }
    }
}

extension AccessControl {
    /// The user that an operation without UserName means: the caller.
    func userName(_ given: String?, _ context: RequestContext) throws -> String {
        if let given { return given }
        guard case .user(let name, _, _) = try Caller(context).principal.kind else {
            throw ServiceError("ValidationError", "Must specify userName when calling with non-User credentials")
        }
        return name
    }
}

/// What the directory finds wrong, as IAM says it.
func inIAMsWords<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let failure as AccessFailure {
        throw ServiceError(failure)
    }
}

extension ServiceError {
    /// IAM's code for what the directory would not do.
    init(_ failure: AccessFailure) {
        switch failure {
        case .noSuchEntity(let why): self.init("NoSuchEntity", why, status: 404)
        case .alreadyExists(let why): self.init("EntityAlreadyExists", why, status: 409)
        case .deleteConflict(let why): self.init("DeleteConflict", why, status: 409)
        case .limitExceeded(let why): self.init("LimitExceeded", why, status: 409)
        case .malformedPolicy(let why): self.init("MalformedPolicyDocument", why)
        case .invalidInput(let why): self.init("ValidationError", why)
        case .unmodifiable(let why): self.init("EntityTemporarilyUnmodifiable", why, status: 409)
        case .wrongCode(let why): self.init("InvalidAuthenticationCode", why, status: 403)
        case .accessDenied(let why): self.init("AccessDenied", why, status: 403)
        }
    }
}
