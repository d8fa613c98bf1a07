// SPDX-License-Identifier: Apache-2.0

/// Octets that no log, error or debugger dump may show.
package struct SecretBytes: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The secret itself. Whoever reads it answers for where it goes.
    package let exposed: [UInt8]

    package init(_ bytes: [UInt8]) { exposed = bytes }

    package var description: String { "(secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
