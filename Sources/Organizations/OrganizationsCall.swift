// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Journal
import Mail

/// Where every operation of AWS Organizations is found.
let organizations = Route.json(prefix: "AWSOrganizationsV20161128")

/// One call of the management account, already allowed.
struct OrganizationsCall {
    let access: AccessControl
    let caller: Caller
    /// The directory as it stood when the caller was allowed.
    let state: AccessState
    private let operation: String
    private let targets: [OrganizationsTarget]
    private let keys: [String: [String]]

    /// Asks whether the caller may.
    /// - Parameters:
    ///   - keys: condition keys that the request brings; those of the things asked for come with them.
    ///   - open: members may ask it too.
    init(
        _ operation: String, on subjects: [OrganizationsSubject] = [.organization], _ access: AccessControl,
        _ context: RequestContext, keys: [String: [String]] = [:], open: Bool = false
    ) throws {
        self.access = access
        self.operation = operation
        self.keys = keys
        caller = try Caller(context)
        state = access.directory.state
        for subject in subjects { try subject.validate() }
        let (state, management) = (state, access.managementAccount)
        targets = subjects.map { $0.target(in: state, management) }
        try authorize()
        guard open || caller.account == management else {
            throw ServiceError(
                "AccessDeniedException",
                "You don't have permissions to access this resource: ask as the management account.")
        }
    }

    private func authorize() throws {
        for target in targets {
            try access.require(
                "organizations:\(operation)", on: .init(target.arn), with: keys.merging(target.keys) { own, _ in own },
                as: caller, code: "AccessDeniedException")
        }
    }

    var management: AccountID { access.managementAccount }
    var random: RandomBits { access.directory.random }

    var organization: Organization {
        get throws {
            guard let organization = state.organization(management) else {
                throw ServiceError(
                    "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
            }
            return organization
        }
    }

    func arn(of account: AccountID) -> String {
        OrganizationsSubject.account(account.description).target(in: state, management).arn
    }

    /// - Parameter name: what is made, where nothing that stands is asked for.
    func fact(_ name: String? = nil) -> Fact {
        Fact(
            operation, on: name ?? targets.map(\.arn).joined(separator: " "), by: caller, at: access.directory.now())
    }

    /// Changes the directory and records who did it.
    func change<Result: Sendable>(
        _ name: String? = nil, _ body: @Sendable (inout AccessState) throws -> Result
    ) async throws -> Result {
        do {
            return try await access.directory.change(fact(name)) { draft in
                // Others changed the directory while this call waited for its turn.
                if draft.generation != state.generation { try authorize() }
                return try body(&draft)
            }
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }

    func policy(_ id: String) throws -> ServiceControlPolicy {
        do {
            return try state.requireControlPolicy(id, management)
        } catch {
            throw ServiceError(error)
        }
    }
}

extension AccessState {
    /// - Throws: when this is neither the root nor an account, to which policies may be attached.
    func requireTarget(_ id: String, _ management: AccountID) throws {
        guard organization(management)?.rootID == id || find(MemberAccount.self, id, in: management) != nil else {
            throw ServiceError("TargetNotFoundException", "You specified a target that doesn't exist.")
        }
    }
}

extension ServiceError {
    init(_ failure: AccessFailure) {
        switch failure {
        case .noSuchEntity(let why): self.init("PolicyNotFoundException", why)
        case .alreadyExists(let why): self.init("DuplicatePolicyException", why)
        case .deleteConflict(let why): self.init("PolicyInUseException", why)
        case .limitExceeded(let why): self.init("ConstraintViolationException", why)
        case .malformedPolicy(let why): self.init("MalformedPolicyDocumentException", why)
        case .invalidInput(let why), .unmodifiable(let why), .wrongCode(let why):
            self.init("InvalidInputException", why)
        case .accessDenied(let why): self.init("AccessDeniedException", why)
        }
    }

    /// - Parameter reason: AWS's word for what is wrong, which stands in the message here.
    static func invalid(_ reason: String, _ message: String) -> ServiceError {
        ServiceError("InvalidInputException", "\(reason): \(message)")
    }
}

/// A member that must be there.
func required<Value>(_ value: Value?, _ name: String) throws -> Value {
    guard let value else { throw ServiceError.invalid("INPUT_REQUIRED:\(name)", "you must provide a value.") }
    return value
}
