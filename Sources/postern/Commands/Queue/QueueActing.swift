// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What every act on deliveries asks for.
struct ActingOptions: ParsableArguments {
    @OptionGroup var asking: AskingOptions
    @OptionGroup var selection: SelectionOptions

    @Flag(help: "Everything that waits; to be said where nothing else is.")
    var all = false

    @Option(help: "Why; stands in the record.")
    var reason: String

    struct Answer: Decodable { let changed: Int }

    /// - Throws: `ExitCode` where nothing was changed: no delivery is meant, or those that are cannot be.
    func perform(_ operation: String, _ word: String, _ more: [String: Any] = [:]) async throws {
        var wire = selection.wire
        if all { wire["All"] = true }
        let input = more.merging(["Selection": wire, "Reason": reason]) { $1 }
        let answer = try await asking.ask(operation, input, as: Answer.self) { answer in
            if answer.changed > 0 { print("\(Terminal.deliveries(answer.changed)) \(word)") }
        }
        guard answer.changed > 0 else {
            Terminal.complain("no delivery is meant by this, or none that it changes")
            throw ExitCode(1)
        }
    }
}

struct QueueHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep deliveries from being tried until they are released.",
        discussion: "Expiry goes on: what is held too long bounces like any other mail.")

    @OptionGroup var acting: ActingOptions

    func run() async throws { try await acting.perform("HoldDeliveries", "held") }
}

struct QueueRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "release", abstract: "Let go what is held.")

    @OptionGroup var acting: ActingOptions

    func run() async throws { try await acting.perform("ReleaseDeliveries", "released") }
}

struct QueueRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Try deliveries at once.",
        discussion: "With --site, what replies taught of the site is forgotten too: the next try will show.")

    @OptionGroup var acting: ActingOptions

    func run() async throws { try await acting.perform("RetryDeliveries", "due now") }
}

struct QueueReroute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reroute", abstract: "Send deliveries by way of another pool.",
        discussion: "--pool is the pool they wait for now, --to the one that they leave by.")

    @OptionGroup var acting: ActingOptions

    @Option(help: "The pool to go by, as ACCOUNT/NAME; system for the system's own address.")
    var to: String

    func run() async throws { try await acting.perform("RerouteDeliveries", "rerouted", ["Pool": to]) }
}

struct QueueDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Give deliveries up, without a word to their senders.")

    @OptionGroup var acting: ActingOptions

    func run() async throws { try await acting.perform("DropDeliveries", "dropped") }
}

/// The state of the whole queue.
struct QueueStateOptions: ParsableArguments {
    @OptionGroup var asking: AskingOptions

    @Option(help: "Why; stands in the record.")
    var reason: String

    struct Answer: Decodable {
        let state: String
        let underWay: Int
    }

    func set(_ state: String) async throws {
        try await asking.ask("SetQueueState", ["State": state, "Reason": reason], as: Answer.self) {
            let state = ["RUNNING": "runs", "HELD": "is on hold", "DRAINING": "is drained"][$0.state] ?? $0.state
            print("the queue \(state), \(Terminal.deliveries($0.underWay)) under way")
        }
    }
}

struct QueuePause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Start nothing more; acceptance goes on.",
        discussion: "Until `postern queue resume` or the next start, which looks at delivery.hold.")

    @OptionGroup var state: QueueStateOptions

    func run() async throws { try await state.set("HELD") }
}

struct QueueResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Take up deliveries again.")

    @OptionGroup var state: QueueStateOptions

    func run() async throws { try await state.set("RUNNING") }
}

struct QueueDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let this node end what is under way, and start nothing new.",
        discussion: "Before it is stopped: ask for the summary until nothing is under way.")

    @OptionGroup var state: QueueStateOptions

    func run() async throws { try await state.set("DRAINING") }
}
