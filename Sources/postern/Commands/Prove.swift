// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import PolicyLanguage
import Settings

struct Prove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that no send which policies allow breaks a property, or show one that does.",
        discussion: """
            With --policy the files are proved as the identity policies of one user, without a server: every owner of an
            identity is taken to agree, and values of variables are not known. With --principal the running server proves
            everything that is in force for a user or role. What cannot be decided is said to be undecided, never to hold;
            the exit status is 0 only where the property holds.
            """)

    @Option(help: "The configuration file of the server to ask.")
    var config: String?

    @Option(help: "ARN of a user, role or group.")
    var principal: String?

    @Option(help: "A policy document's file. May be repeated.")
    var policy: [String] = []

    @Option(help: "A pattern that recipients must match: *@example.com. May be repeated.")
    var recipients: [String] = []

    @Option(help: "A pattern that the sender must match. May be repeated.")
    var senders: [String] = []

    @Option(help: "A network that callers must be in. May be repeated.")
    var source: [String] = []

    @Flag(help: "Callers must come over TLS.")
    var tls = false

    @Flag(help: "Callers must have shown an MFA code.")
    var mfa = false

    @Flag(help: "Leave Postern's own checks of addresses out: what another engine would let through.")
    var withoutGuards = false

    @Option(help: "How the answer is printed: text or json.")
    var output = "text"

    func validate() throws {
        guard policy.isEmpty != (principal == nil) else { throw ValidationError("Give --policy or --principal.") }
        guard principal == nil || config != nil else { throw ValidationError("--principal needs --config.") }
        guard ["text", "json"].contains(output) else { throw ValidationError("--output is text or json.") }
        guard !property.demandsNothing else {
            throw ValidationError("Say what must hold: --recipients, --senders, --source, --tls, --mfa.")
        }
        do {
            try property.check()
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let answer = policy.isEmpty ? try await ask() : try proveFiles()
        if output == "json" {
            print(
                String(
                    decoding: try JSONSerialization.data(withJSONObject: answer, options: .sortedKeys), as: UTF8.self))
        } else {
            printText(answer)
        }
        if answer["Verdict"] as? String != "holds" { throw ExitCode(1) }
    }

    private func ask() async throws -> [String: Any] {
        var input: [String: Any] = [
            "Principal": principal ?? "", "Tls": tls, "Mfa": mfa, "Guarded": !withoutGuards,
        ]
        if !recipients.isEmpty { input["Recipients"] = recipients }
        if !senders.isEmpty { input["Senders"] = senders }
        if !source.isEmpty { input["Sources"] = source }
        let file = try ConfigurationOption.parse(["--config", config ?? ""])
        return try JSONSerialization.jsonObject(with: try await file.ask("ProveAccess", input)) as? [String: Any] ?? [:]
    }

    private func proveFiles() throws -> [String: Any] {
        let policies = try policy.map { path in
            let text = try String(contentsOfFile: path, encoding: .utf8)
            do {
                return NamedPolicy(name: path, policy: try Policy(parsing: text, as: .identity))
            } catch let fault as PolicyFault {
                throw ValidationError("\(path): \(fault)")
            }
        }
        let user = PolicyPrincipal(account: "111122223333", kind: .user, arn: "arn:aws:iam::111122223333:user/somebody")
        let proof = Prover(PolicySet(identity: policies), principal: user, guarded: !withoutGuards).prove(property)
        return Self.answer(proof).merging(["Covers": Self.coverage]) { $1 }
    }

    private static let coverage =
        "these files as one user's identity policies, where owners of identities agree; nothing that is attached elsewhere"

    private static func answer(_ proof: Proof) -> [String: Any] {
        switch proof {
        case .holds: return ["Verdict": "holds"]
        case .undecided(let why): return ["Verdict": "undecided", "Reason": why]
        case .broken(let demand, let request, let by):
            var answer: [String: Any] = [
                "Verdict": "broken", "Demand": demand, "Action": request.action, "Resource": request.resource,
                "Context": Dictionary(
                    request.context.names.map { ($0, request.context[$0]) }, uniquingKeysWith: { $1 }),
            ]
            answer["Policy"] = by?.policy
            answer["Statement"] = by?.statement.name
            return answer
        }
    }

    private var property: SendProperty {
        var property = SendProperty()
        property.recipients = recipients.isEmpty ? nil : recipients
        property.senders = senders.isEmpty ? nil : senders
        property.sources = source.isEmpty ? nil : source
        property.requiresTLS = tls
        property.requiresMFA = mfa
        return property
    }

    private func printText(_ answer: [String: Any]) {
        switch answer["Verdict"] as? String {
        case "holds": print("holds: no request that the policies allow breaks it")
        case "broken":
            print("broken: \(answer["Demand"] ?? ""), by a request that is allowed")
            print("  action    \(answer["Action"] ?? "")\n  resource  \(answer["Resource"] ?? "")")
            for (key, values) in (answer["Context"] as? [String: [String]] ?? [:]).sorted(by: { $0.key < $1.key }) {
                print("  \(key) = \(values.joined(separator: ", "))")
            }
            let keys = answer["Context"] as? [String: [String]] ?? [:]
            if answer["Demand"] as? String == "recipients", keys["ses:recipients"] == nil {
                print("  (the request shows the policy no recipients)")
            }
            if let statement = answer["Statement"] {
                print("  allowed by statement \(statement) in \(answer["Policy"] ?? "")")
            }
        default: print("undecided: \(answer["Reason"] ?? "")")
        }
        if let covers = answer["Covers"] { print("  covers: \(covers)") }
    }
}
