// SPDX-License-Identifier: Apache-2.0

import AWSClient
import ArgumentParser
import Foundation
import Mail
import Settings

struct Zone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the DNS records that verify a domain identity, as a zone file.")

    @OptionGroup var file: ConfigurationOption

    @Option(help: "The domain identity.")
    var identity: String

    @Option(help: "How the answer is printed: text or json.")
    var output = "text"

    func run() async throws {
        let configuration = try file.load()
        let client = AWSClient.SignedClient(
            endpoint:
                "http\(configuration.apiTLS == nil ? "" : "s")://\(configuration.api.host):\(configuration.api.port)",
            region: configuration.region, accessKeyID: configuration.root.id, secret: configuration.root.secret.exposed)
        let body = try await client.call(
            service: "postern", target: "Postern.GetIdentityZone", ["EmailIdentity": identity])
        if output == "json" {
            print(String(decoding: body, as: UTF8.self))
        } else {
            let answer = try JSONDecoder().decode([String: String].self, from: body)
            print(answer["Zone"] ?? "", terminator: "")
        }
    }
}
