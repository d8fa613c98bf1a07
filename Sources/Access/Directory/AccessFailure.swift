// SPDX-License-Identifier: Apache-2.0

/// Why the directory was not changed, in IAM's kinds and words. Each door owns the way from here to its codes.
package enum AccessFailure: Error, Hashable, Sendable {
    case noSuchEntity(String)
    case alreadyExists(String)
    /// Something else still stands on it.
    case deleteConflict(String)
    case limitExceeded(String)
    case malformedPolicy(String)
    case invalidInput(String)
    /// The state of things forbids it: a device that is in use, an account that is gone.
    case unmodifiable(String)
    case wrongCode(String)
    case accessDenied(String)
}
