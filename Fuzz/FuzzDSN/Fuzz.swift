// SPDX-License-Identifier: Apache-2.0

import Mail
import Reports

/// Whatever is read as a delivery report keeps its limits, and what is written of it reads back with its recipients.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let report = DSN(parsing: bytes) else { return 0 }
    precondition((1...DSN.maximumRecipients).contains(report.recipients.count))
    precondition(report.recipients.allSatisfy { !$0.finalRecipient.isEmpty })
    for recipient in report.recipients.prefix(3) { _ = recipient.verdict(ReplyRules([])) }
    guard let address = try? Mailbox(parsing: "mailer-daemon@example.com"),
        let written = try? report.compose(
            .init(from: address, to: address, date: Timestamp(milliseconds: 0), messageID: "1@example.com"),
            returnedHeader: bytes, random: { 1 })
    else { return 0 }
    precondition(written.allSatisfy { $0 < 128 })
    guard let read = DSN(parsing: written) else { preconditionFailure("what was written does not read back") }
    precondition(read.recipients.count <= report.recipients.count)
    return 0
}
