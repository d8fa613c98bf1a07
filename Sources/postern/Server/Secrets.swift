// SPDX-License-Identifier: Apache-2.0

import Access
import Foundation
import Glibc
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
    /// - Parameter isFirstStart: whether nothing is sealed yet. A key made later could open nothing.
    static func beside(_ directory: String, isFirstStart: Bool) throws -> SecretBytes {
        let path = "\(directory)/master.key"
        if !FileManager.default.fileExists(atPath: path) {
            guard isFirstStart else {
                throw ConfigurationError(
                    "\(path) is gone, and what this store holds is sealed with it: bring it back from its copy")
            }
            let random = (0..<32).map { _ in UInt8.random(in: 0...255) }
            let text = random.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined() + "\n"
            try write(Array(text.utf8), to: path, in: directory)
        }
        return try read(.file(path))
    }

    // Durable before anything is sealed with it: a power cut must not leave sealed secrets without their key.
    private static func write(_ octets: [UInt8], to path: String, in directory: String) throws {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ConfigurationError("\(path) cannot be written") }
        let isWritten =
            octets.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) == $0.count } && fsync(file) == 0
        close(file)
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        guard isWritten, rename(temporary, path) == 0, folder >= 0, fsync(folder) == 0 else {
            throw ConfigurationError("\(path) cannot be written")
        }
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
        requiresDeliveryTLS = settings.requiresDeliveryTLS
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
