// SPDX-License-Identifier: Apache-2.0

import Authentication
package import Delivery
package import Mail
import Reports

extension WebClient: PolicyFetching {
    /// `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, answered with 200 and text/plain (RFC 8461 §3.3).
    package func policy(of domain: Domain) async throws(TLSFailure) -> [UInt8] {
        do {
            let host = try Domain(parsing: "mta-sts.\(domain)")
            let answer = try await exchange(
                Message(headers: [("Accept", "text/plain")], maximumAnswer: MTASTSPolicy.maximumLength),
                with: WebAddress(host: host, path: "/.well-known/mta-sts.txt"))
            guard answer.status == 200 else { throw WebFailure("\(host) answered \(answer.status)") }
            guard answer.mediaType == "text/plain" else {
                throw WebFailure("\(host) answered with \(answer.mediaType), not text/plain")
            }
            return answer.body
        } catch let refused as CertificateRefused {
            throw TLSFailure(.stsWebPKIInvalid, "\(refused)")
        } catch {
            throw TLSFailure(.stsPolicyFetchError, "\(error)")
        }
    }
}

extension WebClient: ReportPosting {
    /// RFC 8460 §5.4.
    package func post(_ report: [UInt8], to address: String) async throws {
        let answer = try await exchange(
            Message(
                method: "POST", headers: [("Content-Type", "application/tlsrpt+gzip")], body: report,
                maximumAnswer: 64 * 1024),
            with: try WebAddress(parsing: address))
        guard (200..<300).contains(answer.status) else { throw WebFailure("\(address) answered \(answer.status)") }
    }
}
