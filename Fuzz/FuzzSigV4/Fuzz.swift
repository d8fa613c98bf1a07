// SPDX-License-Identifier: Apache-2.0

import AWSWire

/// An authorization nobody signed is refused, whatever its shape.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let lines = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self).split(
        separator: "\n", maxSplits: 4, omittingEmptySubsequences: false
    ).map(String.init)
    guard lines.count == 5 else { return 0 }
    let request = WireRequest(
        method: "POST", path: lines[0], query: lines[1],
        headers: [("host", "x"), ("authorization", lines[2]), ("x-amz-date", lines[3])], body: Array(lines[4].utf8))
    if let check = try? SigV4Check(request, regions: { _ in ["us-east-1"] }, now: 1_440_938_160) {
        precondition((try? check.verify(request, key: [1, 2, 3])) == nil)
    }
    return 0
}
