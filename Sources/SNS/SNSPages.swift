// SPDX-License-Identifier: Apache-2.0

import AWSWire
package import Notify

/// What is answered without a signature: the certificates of notifications, and the two addresses that notifications
/// bring, whose tokens say all.
package struct SNSPages: Sendable {
    private static let longestQuery = 2_048

    private let book: TopicBook
    private let keys: NotificationKeys

    package init(book: TopicBook, keys: NotificationKeys) {
        self.book = book
        self.keys = keys
    }

    /// - Parameters:
    ///   - path: as it was asked for with GET.
    ///   - query: what is behind the question mark.
    ///   - address: the peer's.
    /// - Returns: nil where it is none of these.
    package func answer(
        path: String, query: String, from address: String
    ) async throws -> (status: Int, type: String, body: [UInt8])? {
        if path.hasPrefix("/SimpleNotificationService-"), path.utf8.count <= 80 {
            guard let certificate = try await keys.certificate(named: String(path.dropFirst())) else {
                return (404, "text/plain", Array("There is no such certificate.\n".utf8))
            }
            return (200, "application/x-pem-file", Array(certificate.utf8))
        }
        guard path == "/" || path.isEmpty, query.utf8.count <= Self.longestQuery else { return nil }
        let parameters = Self.parameters(query)
        do {
            switch parameters["Action"] {
            case "ConfirmSubscription": return try await confirm(parameters, address)
            case "Unsubscribe": return try await unsubscribe(parameters, address)
            default: return nil
            }
        } catch let failure as NotifyFailure {
            let error = ServiceError(failure)
            return Self.answer(error.status, Self.refusal(error))
        }
    }

    private func confirm(_ parameters: [String: String], _ address: String) async throws -> (Int, String, [UInt8])? {
        guard let arn = TopicARN(parameters["TopicArn"] ?? ""), let token = parameters["Token"] else {
            throw NotifyFailure.invalidToken
        }
        let subscription = try await book.confirm(token, of: arn, by: nil, from: address, bySignature: false)
        return Self.answer(
            200,
            Self.response(
                "ConfirmSubscription", "<SubscriptionArn>\(subscription.arn)</SubscriptionArn>"))
    }

    private func unsubscribe(
        _ parameters: [String: String], _ address: String
    ) async throws -> (Int, String, [UInt8])? {
        guard let arn = SubscriptionARN(parameters["SubscriptionArn"] ?? ""), let exit = parameters["Token"] else {
            throw NotifyFailure.subscriptionNotFound
        }
        try await book.unsubscribe(arn, exit: exit, from: address)
        return Self.answer(200, Self.response("Unsubscribe", ""))
    }

    private static func parameters(_ query: String) -> [String: String] {
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            // Of what these values are made of, nothing else is ever escaped.
            parameters[String(parts[0])] = String(parts[1]).replacing("%3A", with: ":").replacing("%3a", with: ":")
        }
        return parameters
    }

    private static let namespace = "http://sns.amazonaws.com/doc/2010-03-31/"

    private static func response(_ operation: String, _ result: String) -> String {
        "<\(operation)Response xmlns=\"\(namespace)\"><\(operation)Result>\(result)</\(operation)Result>"
            + "</\(operation)Response>"
    }

    // The messages are ours: nothing of the request is in them.
    private static func refusal(_ error: ServiceError) -> String {
        "<ErrorResponse xmlns=\"\(namespace)\"><Error><Type>Sender</Type><Code>\(error.code)</Code>"
            + "<Message>\(error.message ?? "")</Message></Error></ErrorResponse>"
    }

    private static func answer(_ status: Int, _ text: String) -> (Int, String, [UInt8]) {
        (status, "text/xml", Array(text.utf8))
    }
}
