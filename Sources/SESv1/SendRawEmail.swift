// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import MIME
import Sending

/// Sends a message given whole. `Destinations` override the recipients its header names, `Source` its sender.
struct SendRawEmail: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var source: String?
        var destinations: [String]?
        var rawMessage: RawMessage
        var fromArn: String?
        var sourceArn: String?
        var returnPathArn: String?
        var tags: [MessageSubmission.Tag]?
        var configurationSetName: String?
    }
    struct RawMessage: Decodable { var data: Blob }
    struct Output: Encodable { let messageId: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let id = try await MessageSubmission(services: services, caller: try .init(context)).submit(
            LineEnds.normalised(input.rawMessage.data.bytes), action: .sendRawEmail, sender: input.source,
            recipients: input.destinations ?? [], tags: input.tags, configurationSet: input.configurationSetName,
            authorities: .init(source: input.sourceArn, from: input.fromArn, returnPath: input.returnPathArn))
        return Output(messageId: id)
    }
}
