// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Mail
import Trail

/// The record of who did what, and its proof.
struct TrailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trail", abstract: "Prove that the record of who did what is whole.",
        subcommands: [TrailVerify.self])
}

struct TrailVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify the chain of digests, and name its first broken link.",
        discussion: """
            By default the running server is asked: it knows where the chain must end, and compares the records that no \
            digest covers yet with its own. With --directory a folder is verified, without a server: the archive's own, a \
            bucket, or a copy. There a missing end is seen only where the archive's own notes (chains/) lie beside it.

              postern trail verify --config FILE
              postern trail verify --directory DIR --keys KEYS

            KEYS is what `aws cloudtrail list-public-keys` printed. The exit status is 1 where anything is broken.
            """)

    @Option(name: .customLong("config"), help: "The configuration file (docs/configuration.md).")
    var config: String?

    @Option(help: "Verify this folder, without a server.")
    var directory: String?

    @Option(help: "The public keys; by default those in the folder itself.")
    var keys: String?

    @Option(help: "One trail alone, by its name.")
    var trail: String?

    @Option(help: "How the answer is printed.")
    var output = OutputForm.text

    func validate() throws {
        guard (config == nil) != (directory == nil) else {
            throw ValidationError("Give --config to ask the server, or --directory to verify a folder.")
        }
    }

    func run() async throws {
        let chains: [VerifiedChain]
        if let directory { chains = try folder(directory) } else { chains = try await served() }
        guard !chains.isEmpty else {
            Terminal.complain("no trail was found")
            throw ExitCode(1)
        }
        if output == .text { show(chains) }
        guard chains.allSatisfy(\.whole) else { throw ExitCode(1) }
    }

    private func served() async throws -> [VerifiedChain] {
        let asking = try AskingOptions.parse(["--config", config ?? "", "--output", output.rawValue])
        return try await asking.ask(
            "DescribeTrailChain", trail.map { ["TrailName": $0] } ?? [:], as: VerifiedChain.List.self
        ) { _ in }.chains
    }

    private func folder(_ path: String) throws -> [VerifiedChain] {
        let folder = TrailFolder(path)
        let known: [TrailPublicKey]
        do {
            guard let found = try keys.map({ try TrailKeyFile(path: $0).read() }) ?? folder.keys else {
                throw TrailFailure("there is no \(TrailKeyFile.name) in \(path): give --keys")
            }
            known = found
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
        let chains = folder.chains().filter { chain in trail.map { $0 == chain.layout.trail } ?? true }.map { chain in
            VerifiedChain(
                chain.layout,
                TrailVerifier(chain.layout, in: chain.objects, keys: known, anchor: chain.anchor).verify())
        }
        if output == .json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
            let data = try encoder.encode(VerifiedChain.List(chains: chains))
            print(Terminal.harmlessJSON(String(decoding: data, as: UTF8.self)))
        }
        return chains
    }

    private func show(_ chains: [VerifiedChain]) {
        var table = Table([
            .init(name: "trail"), .init(name: "digests", isNumber: true), .init(name: "log files", isNumber: true),
            .init(name: "undigested", isNumber: true), .init(name: "from"), .init(name: "to"), .init(name: "verdict"),
        ])
        for chain in chains {
            table.add([
                chain.trailARN, "\(chain.digests)", "\(chain.logFiles)",
                chain.undigestedRecords.map { "\($0) records" } ?? "-", chain.from.map(Terminal.moment) ?? "-",
                chain.to.map(Terminal.moment) ?? "-", chain.whole ? "whole" : "BROKEN",
            ])
        }
        print(table.text)
        for chain in chains {
            for finding in chain.broken { line("broken", .red, finding) }
            for finding in chain.notes { line("note", .yellow, finding) }
            if chain.truncated { print("there is more: these are the first \(TrailVerdict.maximumFindings)") }
        }
    }

    private func line(_ word: String, _ colour: Terminal.Colour, _ finding: VerifiedChain.Finding) {
        print(
            "\(Terminal.coloured(word, colour))  \(Terminal.harmless(finding.subject)): "
                + Terminal.harmless(finding.what))
    }
}

/// One chain's verdict, from the server or from this process.
struct VerifiedChain: Codable {
    struct List: Codable { let chains: [VerifiedChain] }
    struct Finding: Codable {
        let subject: String
        let what: String
    }

    let trailARN: String
    let whole: Bool
    let digests: Int
    let logFiles: Int
    /// Nil where there is no local trail to count in.
    let undigestedRecords: Int?
    /// Seconds since 1970.
    let from: Double?
    let to: Double?
    let broken: [Finding]
    let notes: [Finding]
    let truncated: Bool

    init(_ layout: TrailLayout, _ verdict: TrailVerdict) {
        trailARN = layout.arn
        whole = verdict.isWhole
        digests = verdict.digests
        logFiles = verdict.logs
        undigestedRecords = nil
        from = verdict.from.map { Double($0.milliseconds) / 1000 }
        to = verdict.to.map { Double($0.milliseconds) / 1000 }
        broken = verdict.broken.map { Finding(subject: $0.subject, what: $0.what) }
        notes = verdict.notes.map { Finding(subject: $0.subject, what: $0.what) }
        truncated = verdict.isCut
    }
}
