// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail

/// Whatever parses prints, and what was printed parses to the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    if let mailbox = try? Mailbox(parsing: text) {
        precondition((try? Mailbox(parsing: mailbox.description)) == mailbox)
    }
    if let domain = try? Domain(parsing: text) { precondition((try? Domain(parsing: domain.description)) == domain) }
    if let list = try? AddressList(parsing: text) {
        precondition((try? AddressList(parsing: list.fieldValue))?.mailboxes == list.mailboxes)
    }
    _ = EncodedWord.decode(text)
    precondition(EncodedWord.decode(EncodedWord.encode(text)) == text || text.contains("=?"))
    return 0
}
