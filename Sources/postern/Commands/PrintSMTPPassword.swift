// SPDX-License-Identifier: Apache-2.0

import Access
import ArgumentParser
import Foundation
import Mail
import Settings

struct PrintSMTPPassword: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smtp-password",
        abstract: "Print the SMTP password that belongs to a secret access key in a region.",
        discussion: "The SMTP user name is the access key id. Without --config the secret is read from "
            + "AWS_SECRET_ACCESS_KEY, or from standard input, so that it does not stand in the list of processes.")

    @Option(name: .customLong("config"), help: "Take the root key and the region from this configuration file.")
    var path: String?

    @Option(help: "The region; the configuration's, or us-east-1.")
    var region: String?

    func run() throws {
        var secret = ProcessInfo.processInfo.environment["AWS_SECRET_ACCESS_KEY"].map { SecretBytes(Array($0.utf8)) }
        var region = region
        if let path {
            let configuration = try ConfigurationOption.parse(["--config", path]).load()
            secret = configuration.root.secret
            region = region ?? configuration.region
        }
        let line = secret == nil ? readLine(strippingNewline: true) : nil
        guard let secret = secret ?? line.map({ SecretBytes(Array($0.utf8)) }), !secret.exposed.isEmpty else {
            throw ValidationError("no secret: set AWS_SECRET_ACCESS_KEY, or give it on standard input")
        }
        print(SMTPPassword.derive(secretAccessKey: secret, region: region ?? "us-east-1"))
    }
}
