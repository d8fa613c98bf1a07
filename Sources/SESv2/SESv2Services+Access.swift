// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

extension SESv2Services {
    /// Asks for one of SES v2's actions.
    /// - Parameters:
    ///   - tags: those of the thing that is asked for.
    ///   - asked: condition keys of what the request brings.
    func require(
        _ operation: String, on arn: String = "*", tags: [String: String]? = nil, asked: [String: [String]] = [:],
        as caller: Caller
    ) throws {
        var context = asked
        context["ses:ApiVersion"] = ["2"]
        try access.require(
            "ses:\(operation)", on: .init(arn, tags: tags ?? [:]), with: context, as: caller,
            code: "AccessDeniedException")
    }

    /// Asks for making something with tags; giving it tags is an action of its own, as on SES.
    /// - Returns: the tags it is to have.
    func requireMaking(
        _ operation: String, _ arn: String, tagged tags: [WireTag]?, _ caller: Caller
    ) throws -> [String: String] {
        let tags = try Self.checked(tags ?? [])
        let asked = ResourceTags.context(asked: tags)
        try require(operation, on: arn, asked: asked, as: caller)
        if !tags.isEmpty { try require("TagResource", on: arn, asked: asked, as: caller) }
        return tags
    }

    static func checked(_ tags: [WireTag]) throws -> [String: String] {
        do {
            return try ResourceTags.checked(tags.map { ($0.key, $0.value) })
        } catch {
            throw ServiceError(record: error)
        }
    }

    // MARK: Things by name, for whoever may

    func identity(_ text: String, _ operation: String, _ caller: Caller) async throws -> Identity {
        let name = try IdentityName(wire: text)
        let identity = try await identities.identity(name, in: caller.account)
        try require(operation, on: identities.arn(of: name, in: caller.account), tags: identity?.tags, as: caller)
        guard let identity else { throw ServiceError.noIdentity(name) }
        return identity
    }

    func configurationSet(_ name: String, _ operation: String, _ caller: Caller) async throws -> ConfigurationSet {
        let set = try await configurationSets.find(name, in: caller.account)
        try require(operation, on: configurationSets.arn(name, in: caller.account), tags: set?.tags, as: caller)
        guard let set else { throw ServiceError.noConfigurationSet(name) }
        return set
    }

    func template(_ name: String, _ operation: String, _ caller: Caller) async throws -> EmailTemplate {
        let template = try await templates.find(name, in: caller.account)
        try require(operation, on: templates.arn(name, in: caller.account), tags: template?.tags, as: caller)
        guard let template else { throw ServiceError.noTemplate(name) }
        return template
    }

    func verificationTemplate(
        _ name: String, _ operation: String, _ caller: Caller
    ) async throws -> VerificationTemplate {
        let template = try await verification.templates.find(name, in: caller.account)
        let arn = verification.templates.arn(name, in: caller.account)
        try require(operation, on: arn, tags: template?.tags, as: caller)
        guard let template else { throw ServiceError.noVerificationTemplate(name) }
        return template
    }

    // MARK: Changes

    /// Runs a change of records, with SES v2's errors.
    func recording(_ body: () async throws -> Void) async throws -> Empty {
        do {
            try await body()
            return Empty()
        } catch {
            throw ServiceError(record: error)
        }
    }
}

extension ServiceError {
    /// What became of a change of records.
    init(record error: any Error) {
        switch error {
        case RecordFailure.alreadyExists(let name): self.init("AlreadyExistsException", "\(name) already exists.")
        case RecordFailure.notFound(let name):
            self.init("NotFoundException", "\(name) does not exist.", status: 404)
        case RecordFailure.invalid(let why), RecordFailure.invalidContent(let why):
            self.init("BadRequestException", why)
        case RecordFailure.limitExceeded(let why): self.init("LimitExceededException", why)
        default: self.init(failure: error)
        }
    }

    static func noIdentity(_ name: IdentityName) -> ServiceError {
        ServiceError("NotFoundException", "Email identity \(name) does not exist.", status: 404)
    }

    static func noConfigurationSet(_ name: String) -> ServiceError {
        ServiceError("NotFoundException", "Configuration set <\(name.prefix(100))> does not exist.", status: 404)
    }

    static func noTemplate(_ name: String) -> ServiceError {
        ServiceError("NotFoundException", "Template \(name.prefix(100)) does not exist.", status: 404)
    }

    static func noVerificationTemplate(_ name: String) -> ServiceError {
        ServiceError(
            "NotFoundException", "Custom verification email template <\(name.prefix(100))> does not exist", status: 404)
    }
}
