// SPDX-License-Identifier: Apache-2.0

import Access
import Foundation
import MIME
import Mail

/// What people see instead of an address.
enum DisplayName {
    /// Names that show another address than the one beside them, or hide something.
    static func ambiguity(of name: String, beside mailbox: Mailbox) -> String? {
        let seen = compatibilityForm(of: name) ?? name
        for scalar in seen.unicodeScalars where isHidden(scalar) { return "holds an invisible sign" }
        if seen.contains("=?") { return "holds an encoded word that cannot be read" }
        guard seen.unicodeScalars.contains("@"), seen.lowercased() != mailbox.description.lowercased() else {
            return nil
        }
        return "holds an '@', as if it were an address"
    }

    /// The name as it looks: full-width, small and styled letters as the plain ones (Unicode's form NFKC). Nil where
    /// that is the name itself.
    static func compatibilityForm(of name: String) -> String? {
        guard name.utf8.contains(where: { $0 > 127 }) else { return nil }
        let plain = name.precomposedStringWithCompatibilityMapping
        return plain.utf8.elementsEqual(name.utf8) ? nil : plain
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{FFFD}" { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: return true
        default: return false
        }
    }
}

extension Mailbox {
    /// What makes two readers see two addresses: routing signs, quoting, letters that look like others.
    var ambiguity: String? {
        if let routingTrick { return routingTrick }
        if needsSMTPUTF8 { return "holds letters beyond ASCII, which policies cannot tell from their look-alikes" }
        // Also for what needs no quotes by its signs but by its dots: "a..b".
        let isPlain = description.utf8.first != UInt8(ascii: "\"")
        return isPlain ? nil : "needs quotes, inside which relays disagree"
    }
}
