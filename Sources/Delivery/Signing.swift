// SPDX-License-Identifier: Apache-2.0

package import Authentication
import Dispatch
import MIME
package import Mail
import Queue

/// The keys that mail is signed with, as the identities' keeper gives them out.
package protocol SigningKeys: Sendable {
    /// The signer of a domain as it stands now; nil when the domain does not sign.
    func signer(for domain: Domain, in account: AccountID) async throws -> DKIMSigner?
}

/// Signs on threads of its own: an RSA signature is near a millisecond of computing.
struct SigningPool: Sendable {
    private let queue = DispatchQueue(label: "postern.signing", qos: .utility, attributes: .concurrent)

    /// - Returns: the signature field followed by the header section.
    func sign(_ content: Content, with signer: DKIMSigner, at moment: Timestamp) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try Self.sign(content, signer, moment) }) }
        }
    }

    private static func sign(_ content: Content, _ signer: DKIMSigner, _ moment: Timestamp) throws -> [UInt8] {
        let (header, _) = try HeaderSection.parse(content.header)
        var hasher = BodyHasher()
        switch content.body {
        case .memory(let bytes): hasher.update(bytes)
        case .file(let path, let offset, let length):
            try MappedFile(path: path).withBytes {
                hasher.update(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + length]))
            }
        }
        return try signer.sign(header, bodyHash: hasher.finalize(), at: moment) + content.header
    }
}
