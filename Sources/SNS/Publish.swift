// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Notify

/// Publishes a message to all who subscribed to a topic.
struct Publish: Operation {
    static let route = sns

    struct Input: Decodable {
        var topicArn: String?
        var targetArn: String?
        var phoneNumber: String?
        var message: String
        var subject: String?
        var messageStructure: String?
        var messageAttributes: FormMap<MessageAttributeEntry>?
        var messageDeduplicationId: String?
        var messageGroupId: String?
    }
    struct Output: Encodable { let messageId: String }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        guard input.phoneNumber == nil else { throw ServiceError(invalid: "PhoneNumber Reason: SMS is not sent here") }
        let (topic, _) = try await services.topic(input.topicArn ?? input.targetArn, for: Self.name, context)
        let message = try OutgoingMessage(
            input.message, input.subject, input.messageStructure, input.messageAttributes,
            ordered: input.messageGroupId != nil || input.messageDeduplicationId != nil)
        return try await inSNSsWords {
            Output(messageId: try await services.publisher.publish(message, to: topic.arn))
        }
    }
}

/// Up to ten messages, each of which may fail by itself.
struct PublishBatch: Operation {
    static let route = sns
    static let limit = 10

    struct Input: Decodable {
        struct Entry: Decodable {
            var id: String
            var message: String
            var subject: String?
            var messageStructure: String?
            var messageAttributes: FormMap<MessageAttributeEntry>?
            var messageDeduplicationId: String?
            var messageGroupId: String?
        }
        var topicArn: String
        var publishBatchRequestEntries: [Entry]
    }
    struct Output: Encodable {
        struct Published: Encodable {
            let id: String
            let messageId: String
        }
        struct Refused: Encodable {
            let id: String
            let code: String
            let message: String
            let senderFault: Bool
        }
        var successful: [Published] = []
        var failed: [Refused] = []
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        // The right to publish one is the right to publish several.
        let (topic, _) = try await services.topic(input.topicArn, for: Publish.name, context)
        let entries = input.publishBatchRequestEntries
        try Self.check(entries)
        var output = Output()
        for entry in entries {
            do {
                let message = try OutgoingMessage(
                    entry.message, entry.subject, entry.messageStructure, entry.messageAttributes,
                    ordered: entry.messageGroupId != nil || entry.messageDeduplicationId != nil)
                let id = try await inSNSsWords { try await services.publisher.publish(message, to: topic.arn) }
                output.successful.append(.init(id: entry.id, messageId: id))
            } catch let error as ServiceError where error.status < 500 {
                output.failed.append(
                    .init(id: entry.id, code: error.code, message: error.message ?? "", senderFault: true))
            }
        }
        return output
    }

    private static func check(_ entries: [Input.Entry]) throws {
        guard !entries.isEmpty else {
            throw ServiceError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
        }
        guard entries.count <= limit else {
            throw ServiceError(
                "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible (\(limit)).")
        }
        guard entries.allSatisfy({ (1...80).contains($0.id.utf8.count) && TopicARN.isName($0.id) }) else {
            throw ServiceError(
                "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.")
        }
        guard Set(entries.map(\.id)).count == entries.count else {
            throw ServiceError(
                "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
        }
        guard entries.reduce(0, { $0 + $1.message.utf8.count }) <= OutgoingMessage.maximumOctets else {
            throw ServiceError(
                "BatchRequestTooLong", "The length of all the batch messages put together is more than the limit.")
        }
    }
}

extension OutgoingMessage {
    fileprivate init(
        _ message: String, _ subject: String?, _ structure: String?,
        _ attributes: FormMap<MessageAttributeEntry>?, ordered: Bool
    ) throws {
        guard !ordered else {
            throw ServiceError(
                invalid: "The request includes a parameter that is not valid for this topic type: topics here have no "
                    + "order")
        }
        guard structure == nil || structure == "json" else { throw ServiceError(invalid: "MessageStructure") }
        do {
            try self.init(
                subject: subject, message: message, isStructured: structure == "json",
                attributes: try attributes.attributes)
        } catch let failure as NotifyFailure {
            throw ServiceError(failure)
        }
    }
}
