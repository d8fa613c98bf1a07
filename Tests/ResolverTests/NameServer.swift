// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// NSD on a free port of the loopback, with zones signed at the start, for as long as a suite runs.
struct NameServer {
    @TaskLocal static var current: NameServer?

    static let isInstalled = [nsd, keygen, signer].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    private static let nsd = "/usr/sbin/nsd"
    private static let keygen = "/usr/bin/ldns-keygen"
    private static let signer = "/usr/bin/ldns-signzone"

    let port: UInt16
    /// The DNSKEYs of the signed zones.
    let trustAnchor: String
    private let directory: URL
    private let process: Process

    var address: String { "127.0.0.1:\(port)" }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "nsd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try DatagramSocket().port
        var anchors = ""
        var configuration = Zones.configuration(port: port, directory: directory.path)
        for (zone, text) in Zones.all {
            try Data(text.utf8).write(to: directory.appending(path: zone))
            configuration += "zone:\n  name: \"\(zone)\"\n  zonefile: \"\(zone)\"\n"
            if Zones.signed.contains(zone) { anchors += try Self.sign(zone, in: directory) }
        }
        let anchorFile = directory.appending(path: "anchors")
        try Data(anchors.utf8).write(to: anchorFile)
        trustAnchor = anchorFile.path
        let configurationFile = directory.appending(path: "nsd.conf")
        try Data(configuration.utf8).write(to: configurationFile)
        process = try Self.start(Self.nsd, ["-d", "-c", configurationFile.path], in: directory)
        try DatagramSocket().awaitAnswer(from: port)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    /// - Returns: the zone's DNSKEY.
    private static func sign(_ zone: String, in directory: URL) throws -> String {
        let output = Pipe()
        let generator = try start(keygen, ["-k", "-a", "ECDSAP256SHA256", zone], in: directory, output: output)
        generator.waitUntilExit()
        let name = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try start(signer, ["-f", zone, zone, name], in: directory).waitUntilExit()
        let file = directory.appending(path: zone)
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        try #require(text.contains("RRSIG"))
        // What is altered after signing is bogus.
        let alterations = [("ALTER-ME", "ALTERED!"), ("2001:db8::bad", "2001:db8::b0b"), ("deadbeef", "deadbee5")]
        let altered = alterations.reduce(text) { $0.replacing($1.0, with: $1.1) }
        try Data(altered.utf8).write(to: file)
        return String(decoding: try Data(contentsOf: directory.appending(path: name + ".key")), as: UTF8.self)
    }

    private static func start(_ path: String, _ arguments: [String], in directory: URL, output: Pipe? = nil) throws
        -> Process
    {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // Threads of Swift's pool block signals, and a child inherits that: SIGTERM would never reach it.
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        return process
    }
}

/// Starts the name server before a suite and stops it after.
struct NameServerTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try NameServer()
        defer { server.stop() }
        try await NameServer.$current.withValue(server) { try await function() }
    }
}
