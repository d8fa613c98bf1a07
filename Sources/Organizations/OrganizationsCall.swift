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
    let operation: String

    /// - Parameter open: members may ask it too.
    init(_ operation: String, _ access: AccessControl, _ context: RequestContext, open: Bool = false) throws {
        self.access = access
        caller = try Caller(context)
        self.operation = operation
        try access.require("organizations:\(operation)", as: caller, code: "AccessDeniedException")
        guard open || caller.account == access.managementAccount else {
            throw ServiceError(
                "AccessDeniedException",
                "You don't have permissions to access this resource: ask as the management account.")
        }
    }

    var management: AccountID { access.managementAccount }
    var state: AccessState { access.directory.state }
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

    func fact(_ resource: String) -> Fact {
        let event = Fact.Administered(
            operation: operation, principal: caller.principal.arn, resource: resource,
            sourceAddress: caller.sourceAddress)
        return Fact(at: access.directory.now(), account: caller.account, message: nil, event: .administered(event))
    }

    func change<Result: Sendable>(
        _ resource: String, _ body: @Sendable (inout AccessState) throws -> Result
    ) async throws -> Result {
        do {
            return try await access.directory.change(fact(resource), body)
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

    func arn(of account: AccountID) throws -> String {
        "arn:aws:organizations::\(management):account/\(try organization.id)/\(account)"
    }

    /// A root or an account that policies may be attached to.
    func requireTarget(_ id: String) throws {
        let isAccount =
            AccountID(id).map { state.find(MemberAccount.self, $0.description, in: management) != nil } ?? false
        guard try id == organization.rootID || isAccount else {
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
}

/// A page of a list, by the place it begins at.
struct Page<Element: Sendable>: Sendable {
    let elements: [Element]
    let nextToken: String?

    init(_ all: [Element], token: String?, size: Int?) throws {
        let size = min(max(size ?? 20, 1), 20)
        let start = Int(token ?? "0") ?? -1
        guard start >= 0 else { throw ServiceError("InvalidInputException", "INVALID_NEXT_TOKEN") }
        elements = Array(all.dropFirst(start).prefix(size))
        nextToken = all.count > start + size ? String(start + size) : nil
    }
}

struct WireTag: Codable {
    let key: String
    let value: String
}
