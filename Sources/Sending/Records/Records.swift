// SPDX-License-Identifier: Apache-2.0

package import Mail
import Templating

/// Subject and bodies with places to fill.
package struct EmailTemplate: ShelfRecord {
    package static let kind = "template"
    /// Octets of all parts together.
    package static let maximumLength = 500 * 1024

    package let name: String
    package let createdAt: Timestamp
    package var subject: String?
    package var text: String?
    package var html: String?
    package var tags: [String: String] = [:]

    package init(name: String, createdAt: Timestamp, subject: String?, text: String?, html: String?) {
        self.name = name
        self.createdAt = createdAt
        self.subject = subject
        self.text = text
        self.html = html
    }

    package func check() throws {
        guard RecordName.isPlain(name, maximum: 64) else {
            throw RecordFailure.invalid("Invalid template name <\(name.prefix(100))>.")
        }
        guard let subject, !subject.isEmpty else { throw RecordFailure.invalid("The subject must be specified.") }
        let parts = [subject, text ?? "", html ?? ""]
        guard parts.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumLength else {
            throw RecordFailure.invalid("The template is larger than 500 KB.")
        }
        for part in parts {
            do { _ = try Template(parsing: part) } catch {
                throw RecordFailure.invalid("The template cannot be read: \(error)")
            }
        }
    }
}

enum RecordName {
    static func isPlain(_ name: String, maximum: Int) -> Bool {
        (1...maximum).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}
