// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Logging
import Settings

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the server until SIGTERM, then drain.")

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        Heap.limitArenas()
        let configuration = try file.load()
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "postern")
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
        do {
            try await Server(configuration, logger: logger).run()
        } catch {
            FileHandle.standardError.write(Data("postern: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}

/// `--config FILE`, for every command that reads one.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file (docs/configuration.md).")
    var path: String

    func load() throws -> ServerConfiguration {
        do {
            guard let data = FileManager.default.contents(atPath: path), data.count <= ConfigurationFile.maximumSize
            else {
                throw ConfigurationError("cannot read '\(path)'")
            }
            let environment = ProcessInfo.processInfo.environment
            return try ServerConfiguration(
                ConfigurationFile(yaml: String(decoding: data, as: UTF8.self), environment: environment))
        } catch {
            FileHandle.standardError.write(Data("postern: \(error)\n".utf8))
            throw ExitCode(78)
        }
    }
}
