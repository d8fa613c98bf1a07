// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

struct ListTagsForResource: Operation {
    static let route = monitoring

    struct Input: Decodable { var resourceARN: String? }
    struct Output: Encodable { let tags: [AlarmTag] }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (alarm, _) = try await services.alarm(input.resourceARN, for: Self.name, context)
        return Output(tags: alarm.tags.sorted { $0.key < $1.key }.map { AlarmTag(key: $0.key, value: $0.value) })
    }
}

struct TagResource: Operation {
    static let route = monitoring

    struct Input: Decodable {
        var resourceARN: String?
        var tags: [AlarmTag]?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (alarm, caller) = try await services.alarm(input.resourceARN, for: Self.name, context)
        let tags = try Words.required(input.tags, "Tags")
        try await services.book.change(
            alarm.name, in: caller.account, recording: services.fact(Self.name, alarm.name, caller)
        ) { $0.tags = try AlarmTag.added(tags, to: $0.tags) }
        return Empty()
    }
}

struct UntagResource: Operation {
    static let route = monitoring

    struct Input: Decodable {
        var resourceARN: String?
        var tagKeys: [String]?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (alarm, caller) = try await services.alarm(input.resourceARN, for: Self.name, context)
        let keys = try Words.required(input.tagKeys, "TagKeys")
        try await services.book.change(
            alarm.name, in: caller.account, recording: services.fact(Self.name, alarm.name, caller)
        ) { alarm in for key in keys { alarm.tags[key] = nil } }
        return Empty()
    }
}

extension CloudWatchServices {
    /// The alarm of an ARN, once the caller may do this to it.
    func alarm(
        _ arn: String?, for operation: String, _ context: RequestContext
    ) async throws -> (alarm: Alarm, caller: Caller) {
        let arn = try Words.required(arn, "ResourceARN")
        let account = try Caller(context).account
        let name = book.name(of: arn, in: account)
        guard name != arn else {
            throw ServiceError("InvalidParameterValue", "The resource \(arn.prefix(255)) is no alarm of this account.")
        }
        let caller = try caller(operation, alarm: name, context)
        guard let alarm = try await book.alarm(name, in: account) else {
            throw ServiceError("ResourceNotFoundException", "Unknown alarm \(name.prefix(255))", status: 404)
        }
        return (alarm, caller)
    }
}
