// SPDX-License-Identifier: Apache-2.0
// What Hummingbird alone does with a SendEmail body: decode it and answer. The ceiling that the API door is measured by.

import Foundation
import Hummingbird
import Logging

struct SendEmail: Decodable {
    struct Text: Decodable { let Data: String }
    struct Body: Decodable { let Text: Text? }
    struct Simple: Decodable {
        let Subject: Text
        let Body: Body
    }
    struct Content: Decodable { let Simple: Simple? }
    struct Destination: Decodable { let ToAddresses: [String]? }

    let FromEmailAddress: String
    let Destination: Destination
    let Content: Content
}

struct Sent: ResponseEncodable { let MessageId: String }

@main
enum BareRoute {
    static func main() async throws {
        let router = Router()
        router.post("/v2/email/outbound-emails") { request, context in
            let body = try await request.decode(as: SendEmail.self, context: context)
            return Sent(MessageId: "\(body.FromEmailAddress.count)-\(body.Content.Simple?.Subject.Data ?? "")")
        }
        router.get("/health") { _, _ in "well" }
        let port = Int(CommandLine.arguments.dropFirst().first ?? "") ?? 8080
        var logger = Logger(label: "bare")
        logger.logLevel = .error
        let address = BindAddress.hostname("127.0.0.1", port: port)
        try await Application(router: router, configuration: .init(address: address), logger: logger).runService()
    }
}
