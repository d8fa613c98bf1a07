// SPDX-License-Identifier: Apache-2.0

/// What makes a document no policy: IAM's `MalformedPolicyDocument`, with the place.
package struct PolicyFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// A JSON pointer (RFC 6901) to the faulty member: `/Statement/0/Action`. Empty for the document itself.
    package let path: String
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// A member's name as one step of a pointer.
    static func pointer(_ name: String) -> String {
        "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    package var description: String { path.isEmpty ? message : "\(message) (at \(path))" }
}
