// SPDX-License-Identifier: Apache-2.0

import Configuration
package import Mail

extension ServerConfiguration {
    /// Somewhere that copies of records go.
    package struct Sink: Sendable {
        package enum Kind: String, CaseIterable, Sendable { case hec, file, syslog, otlp }
        package enum Records: String, CaseIterable, Sendable { case trail, messages }
        package enum WhenFull: String, CaseIterable, Sendable {
            case refuseNewMail = "refuse-new-mail"
            case dropOldestCopies = "drop-oldest-copies"
        }

        /// Its cursors are kept under it.
        package var name: String
        package var kind: Kind
        /// `https://splunk.example.com:8088`; for syslog `logs.example.com:6514`. Empty for a file.
        package var endpoints: [String]
        package var token: SecretBytes?
        /// The only authorities that are trusted, PEM; nil: the system's.
        package var ca: String?
        package var acknowledges: Bool
        package var index: String?
        /// What the records say they come from.
        package var host: String
        package var records: [Records]
        /// Of a file.
        package var path: String?
        /// Octets after which a file is closed and another begun.
        package var rotate: Int
        package var batchRecords: Int
        package var batchOctets: Int
        package var budgetRecords: Int?
        package var budgetOctets: Int?
        package var whenFull: WhenFull
    }
}

extension ServerConfiguration.Sink {
    static func all(_ values: Values, hostname: String) throws -> [Self] {
        let sinks = try values.file.indices(of: "sinks").map { try Self(values, at: "sinks.\($0)", hostname: hostname) }
        let twice = Dictionary(grouping: sinks, by: \.name).filter { $1.count > 1 }.keys.sorted()
        guard let name = twice.first else { return sinks }
        throw ConfigurationError("'sinks' has the name '\(name)' more than once: each sink needs its own")
    }

    private init(_ values: Values, at path: String, hostname: String) throws {
        name = try values.required("\(path).name")
        guard name.utf8.count <= 64, name.utf8.allSatisfy(Self.isWord) else {
            throw ConfigurationError("'\(path).name' is letters, digits, '-' and '_', at most 64")
        }
        guard values.string("\(path).type") != nil else {
            throw ConfigurationError("'\(path).type' is missing: hec, file, syslog or otlp")
        }
        kind = try values.choice("\(path).type", default: .hec)
        endpoints = values.list("\(path).endpoints")
        token = try values.token("\(path).token")
        ca = values.string("\(path).ca")
        acknowledges = values.bool("\(path).acknowledge") ?? (kind == .hec)
        index = values.string("\(path).index")
        host = values.string("\(path).host") ?? hostname
        records = try Self.records(values, at: path)
        self.path = values.string("\(path).path")
        rotate = try values.positive("\(path).rotate") ?? 100_000_000
        batchRecords = try values.positive("\(path).batch.records") ?? 500
        batchOctets = try values.positive("\(path).batch.octets") ?? 1_000_000
        budgetRecords = try values.positive("\(path).budget.records")
        budgetOctets = try values.positive("\(path).budget.octets")
        whenFull = try values.choice("\(path).when-full", default: .refuseNewMail)
        try check(values, at: path)
    }

    private func check(_ values: Values, at path: String) throws {
        let foreign: [String] =
            switch kind {
            case .hec: ["path", "rotate"]
            case .file: ["endpoints", "token", "ca", "acknowledge", "index"]
            case .syslog: ["path", "rotate", "token", "acknowledge", "index"]
            case .otlp: ["path", "rotate", "acknowledge", "index"]
            }
        if let key = foreign.first(where: { values.file.contains("\(path).\($0)") }) {
            throw ConfigurationError("'\(path).\(key)' means nothing to a sink of type \(kind.rawValue): remove it")
        }
        if kind == .file, self.path?.hasPrefix("/") != true {
            throw ConfigurationError("'\(path).path' must be the absolute path of a file")
        }
        if kind == .hec, token == nil { throw ConfigurationError("'\(path).token' is missing") }
        if kind != .file, endpoints.isEmpty {
            throw ConfigurationError("'\(path).endpoints' is missing: where the sink is reached")
        }
        if values.file.contains("\(path).when-full"), budgetRecords == nil, budgetOctets == nil {
            throw ConfigurationError("'\(path).when-full' needs '\(path).budget.records' or '\(path).budget.octets'")
        }
        for (index, text) in endpoints.enumerated() { try check(text, at: "\(path).endpoints.\(index)") }
    }

    private func check(_ endpoint: String, at key: String) throws {
        guard SinkEndpoint(endpoint, isWeb: kind != .syslog) != nil else {
            throw ConfigurationError(
                kind == .syslog
                    ? "'\(key)' must be HOST:PORT"
                    : "'\(key)' must be https://HOST[:PORT], without a path; http only on loopback")
        }
    }

    private static func records(_ values: Values, at path: String) throws -> [Records] {
        let words = values.list("\(path).records")
        guard !words.isEmpty else { return Records.allCases }
        return try words.map { word in
            guard let records = Records(rawValue: word) else {
                throw ConfigurationError("'\(path).records' takes trail and messages, not '\(word)'")
            }
            return records
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// Where a sink is reached, checked for its form.
package struct SinkEndpoint: Hashable, Sendable {
    package let host: String
    package let port: Int

    /// - Parameter isWeb: `https://HOST[:PORT]`, or `http` on loopback, where a token cannot be overheard;
    ///   otherwise `HOST:PORT`, with an IPv6 address in brackets.
    package init?(_ text: String, isWeb: Bool) {
        var rest = text[...]
        var fallback: Int?
        var isPlain = false
        if isWeb {
            if rest.hasPrefix("https://") {
                (rest, fallback) = (rest.dropFirst(8), 443)
            } else if rest.hasPrefix("http://") {
                (rest, fallback, isPlain) = (rest.dropFirst(7), 80, true)
            } else {
                return nil
            }
        }
        guard rest.utf8.allSatisfy({ (33...126).contains($0) }), !rest.contains(where: { "/?#@\\".contains($0) })
        else { return nil }
        let bracketed = rest.hasPrefix("[")
        let end =
            bracketed
            ? rest.firstIndex(of: "]").map { rest.index(after: $0) } : rest.firstIndex(of: ":") ?? rest.endIndex
        guard let end else { return nil }
        let name = bracketed ? rest[..<end].dropFirst().dropLast() : rest[..<end]
        let tail = rest[end...]
        let port = tail.isEmpty ? fallback : tail.hasPrefix(":") ? Int(tail.dropFirst()) : nil
        guard !name.isEmpty, let port, (1...65_535).contains(port) else { return nil }
        let isLoopback =
            ["localhost", "::1"].contains(String(name))
            || name.hasPrefix("127.") && name.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
        if isPlain, !isLoopback { return nil }
        host = String(name)
        self.port = port
    }
}

extension Values {
    func positive(_ key: String) throws -> Int? {
        guard let number = int(key) else { return nil }
        guard number > 0 else { throw ConfigurationError("'\(key)' must be 1 or more") }
        return number
    }
}
