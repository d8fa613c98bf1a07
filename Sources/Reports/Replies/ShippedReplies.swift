// SPDX-License-Identifier: Apache-2.0

/// The rules that come with Postern, as they are written; the room `Settings` reads them.
package enum ShippedReplies {
    package static let fileName = "replies.yaml"
    package static var yaml: String { String(decoding: PackageResources.replies_yaml, as: UTF8.self) }
}
