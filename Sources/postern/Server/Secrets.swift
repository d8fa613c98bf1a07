// SPDX-License-Identifier: Apache-2.0

import Access
import Foundation
import Mail
import Settings

/// The master key, wherever the operator keeps it.
enum MasterKey {
    /// - Throws: `ConfigurationError` that says what to change, never the key.
    static func read(_ source: ServerConfiguration.SecretSource) throws -> SecretBytes {
        let octets: [UInt8]
        switch source {
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ConfigurationError("'master-key.file' \(path) cannot be read")
            }
            octets = Array(data)
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw ConfigurationError("'master-key.environment': the variable \(name) is not set")
            }
            octets = Array(value.utf8)
        case .command(let command): octets = try output(of: command)
        }
        let key = octets.reversed().drop { $0 == 10 || $0 == 13 }.reversed()
        guard key.count >= 16 else { throw ConfigurationError("the master key must be 16 octets long at least") }
        return SecretBytes(Array(key))
    }

    /// The key that lies beside the data when the operator names none; made at the first start.
    static func beside(_ directory: String) throws -> SecretBytes {
        let path = "\(directory)/master.key"
        if !FileManager.default.fileExists(atPath: path) {
            let random = (0..<32).map { _ in UInt8.random(in: 0...255) }
            let text = random.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined() + "\n"
            guard
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            else { throw ConfigurationError("\(path) cannot be written") }
        }
        return try read(.file(path))
    }

    private static func output(of command: String) throws -> [UInt8] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            throw ConfigurationError("'master-key.command' cannot be run: \(error.localizedDescription)")
        }
        let octets = Array(pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ConfigurationError("'master-key.command' ended with status \(process.terminationStatus)")
        }
        return octets
    }
}

extension Guardrails {
    init(_ settings: ServerConfiguration.GuardrailSettings) throws {
        self.init()
        senderDomains = settings.senderDomains
        recipientDomains = settings.recipientDomains
        recipientDomainsByAccount = settings.recipientDomainsByAccount
        nextHops = settings.nextHops
        minimumTLS = settings.requiredTLS.map { "TLSv\($0)" }
        requiresMFA = settings.requiresMFA
        maximumKeyAge = settings.maximumCredentialAge
        forbidsPublicIdentityPolicies = settings.forbidsPublicIdentityPolicies
        try allow(networks: settings.sourceNetworks)
    }

    private mutating func allow(networks: [String]) throws {
        for text in networks where !allowSource(text) {
            throw ConfigurationError("'guardrails.source-networks': '\(text)' is not a network")
        }
    }
}
