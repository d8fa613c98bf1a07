// SPDX-License-Identifier: Apache-2.0

import AWSWire

/// Whatever is read as CBOR is written, and read again as what was written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let value = try? CBORValue(reading: octets) else { return 0 }
    let written = value.octets
    guard let again = try? CBORValue(reading: written) else { fatalError("what was written cannot be read") }
    // Octets, because what is not a number is not equal to itself.
    precondition(again.octets == written)
    return 0
}
