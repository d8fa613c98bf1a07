// SPDX-License-Identifier: Apache-2.0

import Foundation
import Settings
import Testing

@Suite("docs/configuration.md")
struct DocumentationTests {
    @Test("lists exactly the keys that are read")
    func keys() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/configuration.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let documented = rows.compactMap { row in
            row.split(separator: "|").first?.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
        }
        #expect(Set(documented) == Set(ConfigurationKey.all.map(\.path)))
        #expect(documented.count == Set(documented).count)
    }

    @Test("gives each key its type")
    func types() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/configuration.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        for key in ConfigurationKey.all {
            #expect(
                text.contains("| `\(key.path)` | \(key.kind.rawValue)\(key.isSecret ? ", secret" : "") |"),
                "\(key.path)")
        }
    }
}
