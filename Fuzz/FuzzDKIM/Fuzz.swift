// SPDX-License-Identifier: Apache-2.0

import Authentication

/// Key records and bodies of any shape.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let record = DKIMKeyRecord(parsing: String(decoding: bytes, as: UTF8.self)) {
        precondition(DKIMKeyRecord(parsing: record.text)?.publicKey == record.publicKey)
    }
    var whole = BodyHasher()
    whole.update(bytes)
    var parts = BodyHasher()
    for piece in stride(from: 0, to: bytes.count, by: 3) {
        parts.update(Array(bytes[piece..<min(piece + 3, bytes.count)]))
    }
    precondition(whole.finalize() == parts.finalize())
    return 0
}
