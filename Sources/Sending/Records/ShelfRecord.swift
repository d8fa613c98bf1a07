// SPDX-License-Identifier: Apache-2.0

/// What can stand on a shelf.
package protocol ShelfRecord: Codable, Sendable {
    static var kind: String { get }
    var name: String { get }
    var tags: [String: String] { get set }
    /// - Throws: `RecordFailure.invalid`.
    func check() throws
}

package enum RecordFailure: Error, Hashable, Sendable {
    case alreadyExists(String)
    case notFound(String)
    case invalid(String)
    /// What it holds cannot be sent.
    case invalidContent(String)
    /// More of a kind than an account may have.
    case limitExceeded(String)
}
