// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import MIME
import Mail
import Queue
import Sending

/// What SES v1's two sends have in common.
struct MessageSubmission {
    /// SES v1 takes 10 MB after Base64.
    static let maximumSize = 10 * 1024 * 1024

    struct Tag: Decodable {
        var name: String
        var value: String
    }

    let services: SESv1Services
    let caller: Caller

    func submit(
        _ content: [UInt8], action: SendAction, sender: String?, recipients: [String], tags: [Tag]?,
        configurationSet: String?, authorities: SendingAuthorities
    ) async throws -> String {
        do {
            guard content.count <= Self.maximumSize else { throw SendRefusal.messageTooLarge(limit: Self.maximumSize) }
            let submission = Submission(
                caller: caller, action: action, reversePath: try sender.map { .mailbox(try Self.mailbox($0)) },
                recipients: try recipients.map { try Self.mailbox($0) }, content: .memory(content),
                configurationSet: configurationSet,
                tags: try MessageTags.checked((tags ?? []).map { ($0.name, $0.value) }), authorities: authorities,
                apiVersion: "1")
            return try await services.gate.submit(submission).description
        } catch let fault as MessageTags.Fault {
            throw ServiceError("InvalidParameterValue", fault.message)
        } catch {
            throw ServiceError(failure: error)
        }
    }

    private static func mailbox(_ text: String) throws -> Mailbox {
        do {
            let list = try AddressList(parsing: text).mailboxes
            guard list.count == 1 else { throw SyntaxError(expected: "one address", offset: 0) }
            return list[0]
        } catch let error as SyntaxError {
            throw SendRefusal.invalidAddress(text, error)
        }
    }
}
