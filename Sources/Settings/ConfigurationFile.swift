// SPDX-License-Identifier: Apache-2.0

package import Configuration
import Yams

/// The YAML file and the environment as one flat set of values; the environment wins.
///
/// swift-configuration's own YAML provider refuses lists of objects, so the file is parsed here and flattened:
/// `smtp.submission.0.port`. A key that nobody knows stops start-up.
package struct ConfigurationFile: Sendable {
    /// Larger files are surely not configuration.
    package static let maximumSize = 1 << 20

    package let reader: ConfigReader
    private let paths: Set<String>

    /// - Throws: `ConfigurationError`.
    package init(yaml: String, environment: [String: String]) throws {
        var scalars: [String: String] = [:]
        try Self.flatten(try Self.parse(yaml), path: [], into: &scalars)
        var values: [String: ConfigValue] = [:]
        for (path, text) in scalars {
            guard let key = ConfigurationKey.all.first(where: { $0.matches(path) }) else {
                throw ConfigurationError.unknown(path, source: "the configuration file")
            }
            values[path] = try Self.value(text, of: key, at: path)
        }
        for (name, text) in environment where name.hasPrefix("POSTERN_") {
            guard let (key, path) = Self.key(forEnvironment: name) else {
                throw ConfigurationError.unknown(Self.spelling(of: name), source: "the environment (\(name))")
            }
            values[path] = try Self.value(text, of: key, at: path)
        }
        paths = Set(values.keys)
        let keyed = Dictionary(
            uniqueKeysWithValues: values.map { path, value in
                (AbsoluteConfigKey(path.split(separator: ".").map(String.init)), value)
            })
        reader = ConfigReader(provider: InMemoryProvider(values: keyed))
    }

    /// Indices that occur under a list: `smtp.submission` → 0, 1.
    package func indices(of list: String) -> [Int] {
        let prefix = list + "."
        let found = paths.filter { $0.hasPrefix(prefix) }.compactMap {
            Int($0.dropFirst(prefix.count).prefix { $0 != "." })
        }
        return Set(found).sorted()
    }

    /// Names that occur under a map: `guardrails.accounts` → account ids.
    package func names(of map: String) -> [String] {
        let prefix = map + "."
        let found = paths.filter { $0.hasPrefix(prefix) }.map {
            String($0.dropFirst(prefix.count).prefix { $0 != "." })
        }
        return Set(found).sorted()
    }

    /// Whether the key, or anything beneath it, was given.
    package func contains(_ path: String) -> Bool {
        paths.contains { $0 == path || $0.hasPrefix(path + ".") }
    }

    private static func parse(_ yaml: String) throws -> Node? {
        do {
            return try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationError("the configuration file is not valid YAML: \(error)")
        }
    }

    private static func flatten(_ node: Node?, path: [String], into values: inout [String: String]) throws {
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw ConfigurationError("a key under '\(path.joined(separator: "."))' is not a word")
                }
                try flatten(value, path: path + name.split(separator: ".").map(String.init), into: &values)
            }
        case .sequence(let sequence):
            for (index, value) in sequence.enumerated() { try flatten(value, path: path + ["\(index)"], into: &values) }
        case .scalar(let scalar):
            // An empty value (`guardrails:`) says nothing; its key must still be known when it has one.
            if !path.isEmpty, scalar.style != .plain || !["", "~", "null"].contains(scalar.string) {
                values[path.joined(separator: ".")] = scalar.string
            }
        case .alias, nil: break
        }
    }

    private static func key(forEnvironment name: String) -> (ConfigurationKey, String)? {
        for key in ConfigurationKey.all {
            if let path = key.path(forEnvironment: name) { return (key, path) }
        }
        return nil
    }

    private static func spelling(of name: String) -> String {
        name.dropFirst("POSTERN_".count).lowercased().map { $0 == "_" ? "." : String($0) }.joined()
    }

    private static func value(_ text: String, of key: ConfigurationKey, at path: String) throws -> ConfigValue {
        let content: ConfigContent? =
            switch key.kind {
            case .string: .string(text)
            case .integer: Int(text).map { .int($0) }
            case .number: Double(text).map { .double($0) }
            case .boolean: ["true": .bool(true), "false": .bool(false)][text.lowercased()]
            }
        guard let content else { throw ConfigurationError("'\(path)' must be \(key.kind.rawValue), not '\(text)'") }
        return ConfigValue(content, isSecret: key.isSecret)
    }
}
