// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line: `serve` runs the server, the others ask it or compute something beside it.
@main
struct Postern: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "postern",
        abstract: "An Amazon SES that you run yourself.",
        subcommands: [
            Serve.self, QueueCommand.self, MessagesCommand.self, PoolCommand.self, PrintSMTPPassword.self, Zone.self,
            Explain.self,
            ExplainReply.self, Prove.self, TrailCommand.self, Doctor.self, Simulate.self,
        ])
}
