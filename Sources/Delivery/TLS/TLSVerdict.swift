// SPDX-License-Identifier: Apache-2.0

package import Reports

/// What was found of a peer's certificate under a requirement.
package enum TLSVerdict: Hashable, Sendable {
    /// Nothing was asked of it, so it was not judged.
    case unverified
    /// Signed by a trusted root, for the right name.
    case verified
    /// The DNS vouches for it.
    case dane
    case failed(TLSFailure)

    /// For the attempt's record (`certificate`): `verified`, `dane`, `unverified`, or what is wrong.
    package var words: String {
        switch self {
        case .unverified: "unverified"
        case .verified: "verified"
        case .dane: "dane"
        case .failed(let failure): failure.words
        }
    }
}

/// Why a session was not protected as it had to be, or as a policy in testing would have it.
package struct TLSFailure: Error, Hashable, Sendable {
    package let type: TLSResultType
    /// For people: `the certificate is for mail.example.net`.
    package let words: String

    package init(_ type: TLSResultType, _ words: String) {
        self.type = type
        self.words = words
    }
}
