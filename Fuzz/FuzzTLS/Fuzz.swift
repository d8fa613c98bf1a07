// SPDX-License-Identifier: Apache-2.0

import Authentication
import Reports

/// Policies, records and certificates of strangers, of any shape.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let text = String(decoding: bytes, as: UTF8.self)
    _ = MTASTSRecord(parsing: text)
    if let record = TLSReportRecord(parsing: text) { precondition((1...5).contains(record.destinations.count)) }
    if let policy = try? MTASTSPolicy(parsing: bytes) {
        precondition(policy.maxAge <= MTASTSPolicy.maximumAge && policy.patterns.count <= MTASTSPolicy.maximumPatterns)
        precondition((try? MTASTSPolicy(parsing: Array(policy.lines.joined(separator: "\n").utf8))) == policy)
    }
    let nothing = [UInt8](repeating: 0, count: 32)
    if let association = CertificateAssociation(usage: 3, selector: 1, matching: 1, data: nothing) {
        precondition(!association.matches(bytes))
    }
    return 0
}
