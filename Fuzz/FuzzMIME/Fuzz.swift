// SPDX-License-Identifier: Apache-2.0

import MIME

/// Reading never fails; what is converted is 7-bit and reads back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let part = Part.parse(bytes)
    _ = part.leaves.map { ($0.text, $0.fileName, $0.contentID) }
    let message = LineEnds.normalised(bytes)
    precondition(LineEnds.firstBare(in: message) == nil)
    if let (header, offset) = try? HeaderSection.parse(message) {
        precondition(offset <= message.count)
        precondition((try? HeaderSection.parse(header.serialized()))?.header == header)
    }
    if let converted = try? SevenBit.convert(message) { precondition(!SevenBit.needsWork(converted)) }
    return 0
}
