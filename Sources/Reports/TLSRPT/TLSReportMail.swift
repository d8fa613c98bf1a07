// SPDX-License-Identifier: Apache-2.0

import Compression
import MIME
package import Mail

extension TLSReport {
    /// The name of the report's file (RFC 8460 §5.1): `mail.example.com!example.net!1767225600!1767311999!001.json.gz`.
    package func fileName(from submitter: Domain, on domain: Domain) -> String {
        "\(submitter)!\(domain)!\(start.seconds)!\(end.seconds - 1)!\(id.filter(\.isWireLetterOrDigit)).json.gz"
    }

    /// The mail that carries the report (RFC 8460 §5.3): `multipart/report`, whose second part is the report in gzip.
    ///
    /// It goes out even where TLS is what is broken, so it says so (RFC 8689 §5: `TLS-Required: No`).
    /// - Parameters:
    ///   - domain: the one that is reported on.
    ///   - submitter: the sender of the report, whose key signs the mail.
    /// - Throws: `SyntaxError` for an address that cannot stand in a field.
    package func mail(
        from sender: Mailbox, to recipient: Mailbox, on domain: Domain, submitter: Domain, random: RandomBits
    ) throws -> [UInt8] {
        let boundary = "=_report_" + String(random(), radix: 36) + String(random(), radix: 36)
        var header = HeaderSection()
        try header.append(name: "From", value: "<\(sender)>")
        try header.append(name: "To", value: "<\(recipient)>")
        try header.append(
            name: "Subject", value: "Report Domain: \(domain) Submitter: \(submitter) Report-ID: <\(id)@\(submitter)>")
        try header.append(name: "TLS-Report-Domain", value: domain.description)
        try header.append(name: "TLS-Report-Submitter", value: submitter.description)
        try header.append(name: "TLS-Required", value: "No")
        try header.append(name: "Auto-Submitted", value: "auto-generated")
        try header.append(name: "MIME-Version", value: "1.0")
        try header.append(
            name: "Content-Type", value: "multipart/report; report-type=\"tlsrpt\"; boundary=\"\(boundary)\"")
        var mail = header.serialized()
        for part in try [explanation(on: domain, submitter), attachment(on: domain, submitter)] {
            mail += Array("--\(boundary)\r\n".utf8) + part + [13, 10]
        }
        return mail + Array("--\(boundary)--\r\n".utf8)
    }

    private func explanation(on domain: Domain, _ submitter: Domain) throws -> [UInt8] {
        var header = HeaderSection()
        try header.append(name: "Content-Type", value: "text/plain; charset=us-ascii")
        try header.append(name: "Content-Transfer-Encoding", value: "7bit")
        let text =
            "This is a report on TLS from \(submitter) for mail to \(domain),\r\n"
            + "from \(start) to \(end).\r\n"
        return header.serialized() + Array(text.utf8)
    }

    private func attachment(on domain: Domain, _ submitter: Domain) throws -> [UInt8] {
        let name = fileName(from: submitter, on: domain)
        var header = HeaderSection()
        try header.append(name: "Content-Type", value: "application/tlsrpt+gzip; name=\"\(name)\"")
        try header.append(name: "Content-Disposition", value: "attachment; filename=\"\(name)\"")
        try header.append(name: "Content-Transfer-Encoding", value: "base64")
        return header.serialized() + Base64.lines(try Gzip.compress(try json(), .best))
    }
}

extension Character {
    fileprivate var isWireLetterOrDigit: Bool { asciiValue?.isLetterOrDigit ?? false }
}
