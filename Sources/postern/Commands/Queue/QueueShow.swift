// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct QueueShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One message's story: each try, what the peer said, how it was protected, and what operators did.",
        discussion: "The same as `postern messages show`; messages that have left the queue are found there.")

    @OptionGroup var asking: AskingOptions

    @Argument(help: "The message's id.")
    var message: String

    func run() async throws { try await asking.show(message: message) }
}
