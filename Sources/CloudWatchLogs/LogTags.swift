// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import FoundationEssentials
import Journal
import Mail

/// The tags that an account gave a group.
struct LogTags: Codable {
    static let kind = "log-group-tags"
    static let most = 50

    var tags: [String: String] = [:]

    /// - Throws: `ServiceError` for tags that AWS would not take.
    mutating func add(_ more: [String: String]) throws {
        for (key, value) in more {
            guard TagText.isAllowed(key, value) else {
                throw LogsServices.invalid("A tag's key or value is not valid.")
            }
            tags[key] = value
        }
        guard tags.count <= Self.most else {
            throw ServiceError("TooManyTagsException", "A resource can have no more than \(Self.most) tags.")
        }
    }
}

extension LogsServices {
    func tags(of group: LogGroup, in account: AccountID) async throws -> LogTags {
        guard let stored = try await records.record(LogTags.kind, group.name, in: account) else { return LogTags() }
        return try JSONDecoder().decode(LogTags.self, from: Data(stored))
    }

    func changeTags(
        of group: LogGroup, _ operation: String, _ caller: Caller,
        _ change: @escaping @Sendable (inout LogTags) throws -> Void
    ) async throws {
        let fact = Fact("logs:\(operation)", on: arn(group.name, in: caller.account), by: caller, at: now())
        @Sendable func changed(_ stored: [UInt8]) throws -> [UInt8] {
            var tags = stored.isEmpty ? LogTags() : try JSONDecoder().decode(LogTags.self, from: Data(stored))
            try change(&tags)
            return Array(try JSONEncoder().encode(tags))
        }
        let place = (LogTags.kind, group.name, caller.account)
        if try await records.change(place.0, place.1, in: place.2, recording: fact, { try changed($0) }) != nil {
            return
        }
        let first = try changed([])
        guard
            try await records.put(place.0, place.1, in: place.2, content: first, replacing: false, recording: fact)
        else { throw ServiceError("OperationAbortedException", "The tags were changed at the same moment.") }
    }

    /// The group that an ARN names, with `:*` at its end or without.
    func group(tagged arn: String?, for operation: String, _ context: RequestContext) throws -> (LogGroup, Caller) {
        guard let arn, arn.hasPrefix("arn:") else { throw Self.invalid("resourceArn is not a log group's ARN.") }
        return try group(name: nil, identifier: arn, stream: nil, for: operation, context)
    }
}

struct TagResource: Operation {
    static let route = logs

    struct Input: Decodable {
        var resourceArn: String?
        var tags: [String: String]?
    }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (group, caller) = try services.group(tagged: input.resourceArn, for: Self.name, context)
        let tags = input.tags ?? [:]
        guard !tags.isEmpty else { throw LogsServices.invalid("tags must name at least one tag.") }
        try await services.changeTags(of: group, Self.name, caller) { try $0.add(tags) }
        return Empty()
    }
}

struct UntagResource: Operation {
    static let route = logs

    struct Input: Decodable {
        var resourceArn: String?
        var tagKeys: [String]?
    }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (group, caller) = try services.group(tagged: input.resourceArn, for: Self.name, context)
        let keys = input.tagKeys ?? []
        try await services.changeTags(of: group, Self.name, caller) { stored in
            for key in keys { stored.tags[key] = nil }
        }
        return Empty()
    }
}

struct ListTagsForResource: Operation {
    static let route = logs

    struct Input: Decodable { var resourceArn: String? }
    struct Output: Encodable { let tags: [String: String] }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (group, caller) = try services.group(tagged: input.resourceArn, for: Self.name, context)
        return Output(tags: try await services.tags(of: group, in: caller.account).tags)
    }
}
