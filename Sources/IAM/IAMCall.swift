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
    private let operation: String
    private let resource: String

    /// Asks whether the caller may.
    /// - Parameter resource: an ARN without account: `user/path/name`; `*` for none.
    init(
        _ operation: String, on resource: String = "*", _ access: AccessControl, _ context: RequestContext,
        keys: [String: [String]] = [:]
    ) throws {
        self.access = access
        caller = try Caller(context)
        self.operation = operation
        let arn =
            resource == "*" || resource.hasPrefix("arn:") ? resource : "arn:aws:iam::\(caller.account):\(resource)"
        self.resource = arn
        try access.require("iam:\(operation)", on: .init(arn), with: keys, as: caller, code: "AccessDenied")
    }

    var account: AccountID { caller.account }
    var state: AccessState { access.directory.state }
    var now: Timestamp { access.directory.now() }
    var random: RandomBits { access.directory.random }

    /// Changes the directory and records who did it.
    func change<Result: Sendable>(_ body: @Sendable (inout AccessState) throws -> Result) async throws -> Result {
        let event = Fact.Administered(
            operation: operation, principal: caller.principal.arn, resource: resource,
            sourceAddress: caller.sourceAddress)
        let fact = Fact(at: now, account: account, message: nil, event: .administered(event))
        do {
            return try await access.directory.change(fact, body)
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }

    /// Reads, with IAM's errors.
    func read<Result>(_ body: (AccessState) throws -> Result) throws -> Result {
        do {
            return try body(state)
        } catch let failure as AccessFailure {
            throw ServiceError(failure)
        }
    }
}

extension AccessControl {
    /// The ARN's last part of somebody who may not exist yet.
    func part(_ kind: String, _ name: String, path: String? = nil, _ context: RequestContext) throws -> String {
        let account = try Caller(context).account
        let state = directory.state
        let known: String? =
            switch kind {
            case "user": state.find(User.self, name.lowercased(), in: account)?.path
            case "group": state.find(Group.self, name.lowercased(), in: account)?.path
            case "role": state.find(Role.self, name.lowercased(), in: account)?.path
            default: nil
            }
        return "\(kind)\(path ?? known ?? "/")\(name)"
    }

    /// The user that an operation without UserName means: the caller.
    func userName(_ given: String?, _ context: RequestContext) throws -> String {
        if let given { return given }
        guard case .user(let name, _, _) = try Caller(context).principal.kind else {
            throw ServiceError("ValidationError", "Must specify userName when calling with non-User credentials")
        }
        return name
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

/// A page of a list: where it begins and how long it is (IAM: 100, 1,000 at most).
struct Page<Element: Sendable>: Sendable {
    let elements: [Element]
    let marker: String?
    var isTruncated: Bool { marker != nil }

    init(_ all: [Element], marker: String?, maxItems: Number?) throws {
        let size = maxItems?.value ?? 100
        guard (1...1000).contains(size) else {
            throw ServiceError(
                "ValidationError",
                "1 validation error detected: Value '\(size)' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000"
            )
        }
        let start =
            try marker.map { text in
                guard let start = Int(text), start >= 0 else {
                    throw ServiceError("ValidationError", "Invalid Marker.")
                }
                return start
            } ?? 0
        elements = Array(all.dropFirst(start).prefix(size))
        self.marker = all.count > start + size ? String(start + size) : nil
    }
}

/// Documents travel percent-encoded (RFC 3986), as in IAM.
func encoded(_ document: String) -> String {
    var text = ""
    for byte in document.utf8 {
        let isPlain =
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || "-_.~".utf8.contains(byte)
        if isPlain {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
    return text
}

/// A tag on the wire.
struct WireTag: Codable {
    let key: String
    let value: String

    init(_ tag: Tag) { (key, value) = (tag.key, tag.value) }
    var tag: Tag { Tag(key: key, value: value) }
}

extension [WireTag]? {
    var tags: [Tag] { (self ?? []).map(\.tag) }

    /// `aws:RequestTag/…` and `aws:TagKeys`.
    var keys: [String: [String]] {
        var keys: [String: [String]] = ["aws:TagKeys": (self ?? []).map(\.key)]
        for tag in self ?? [] { keys["aws:RequestTag/\(tag.key)"] = [tag.value] }
        return keys
    }
}

func moment(_ timestamp: Timestamp) -> Moment { Moment(milliseconds: timestamp.milliseconds / 1000 * 1000) }
