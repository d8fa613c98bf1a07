// SPDX-License-Identifier: Apache-2.0

import Mail
import Reports

/// Whatever is read as a feedback report keeps its limits, and what is written of it reads back as the same kind.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    _ = AutomaticMail(message: bytes, reversePath: nil)
    guard let report = ARF(parsing: bytes) else { return 0 }
    precondition(report.originalRecipients.count <= ARF.maximumRecipients)
    guard let address = try? Mailbox(parsing: "feedback@example.com"),
        let written = try? report.compose(
            .init(from: address, to: address, date: Timestamp(milliseconds: 0), messageID: "1@example.com"),
            originalHeader: bytes, random: { 1 })
    else { return 0 }
    precondition(written.allSatisfy { $0 < 128 })
    precondition(ARF(parsing: written)?.feedbackType == report.feedbackType)
    return 0
}
