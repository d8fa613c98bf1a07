// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
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
        let body = try await file.ask("GetIdentityZone", ["EmailIdentity": identity])
        if output == "json" {
            print(String(decoding: body, as: UTF8.self))
        } else {
            let answer = try JSONDecoder().decode([String: String].self, from: body)
            print(answer["Zone"] ?? "", terminator: "")
        }
    }
}
