// SPDX-License-Identifier: Apache-2.0

import AWSWire
import MIME

/// What a send is made of.
extension SendEmail {
    struct Destination: Decodable {
        var toAddresses: [String]?
        var ccAddresses: [String]?
        var bccAddresses: [String]?
    }

    struct Body: Decodable {
        var simple: Simple?
        var raw: Raw?
        var template: TemplateInput?
    }

    /// A stored template by name or ARN, or one that comes with the call.
    struct TemplateInput: Decodable {
        var templateName: String?
        var templateArn: String?
        var templateContent: TemplateContent?
        var templateData: String?
        var headers: [Header]?
        var attachments: [Attachment]?
    }

    struct Raw: Decodable { var data: Blob }
    struct Text: Decodable {
        var data: String
        var charset: String?
    }
    struct Simple: Decodable {
        var subject: Text
        var body: Bodies
        var headers: [Header]?
        var attachments: [Attachment]?
    }
    struct Bodies: Decodable {
        var text: Text?
        var html: Text?
    }
    struct Header: Decodable {
        var name: String
        var value: String
    }
    struct Tag: Decodable {
        var name: String
        var value: String
    }
    struct Attachment: Decodable {
        var rawContent: Blob
        var fileName: String
        var contentType: String?
        var contentDisposition: String?
        var contentId: String?
        var contentDescription: String?
        var contentTransferEncoding: String?

        var composed: MessageComposer.Attachment {
            .init(
                fileName: fileName, contentType: contentType ?? "", isInline: contentDisposition == "INLINE",
                contentID: contentId, description: contentDescription, content: rawContent.bytes)
        }
    }
    /// A member whose feature is not built: its presence is an error, never ignored.
    struct Unsupported: Decodable { init(from decoder: any Decoder) throws {} }
}
