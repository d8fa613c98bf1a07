// SPDX-License-Identifier: Apache-2.0

import CUnbound
import DNS

extension Answer where Record == [UInt8] {
    init(_ result: UnsafeMutablePointer<ub_result>?) {
        guard let result = result?.pointee else {
            self = .failure("no result")
            return
        }
        var records: [[UInt8]] = []
        var index = 0
        while result.havedata != 0, index < 1_000, let data = result.data[index] {
            let length = Int(result.len[index])
            records.append(
                data.withMemoryRebound(to: UInt8.self, capacity: length) {
                    Array(UnsafeBufferPointer(start: $0, count: length))
                })
            index += 1
        }
        let security: Security = result.bogus != 0 ? .bogus : result.secure != 0 ? .secure : .insecure
        let status: Status
        if result.bogus != 0 {
            status = .failed(reason: result.why_bogus.map { String(cString: $0) } ?? "DNSSEC validation failed")
            records = []
        } else if result.havedata != 0 {
            status = .found
        } else if result.nxdomain != 0 {
            status = .noName
        } else {
            status = result.rcode == 0 ? .noData : .failed(reason: "the server answered with code \(result.rcode)")
        }
        self.init(
            records: records, status: status, security: security, timeToLive: Int(result.ttl),
            canonicalName: Self.canonicalName(result))
    }

    private static func canonicalName(_ result: ub_result) -> String? {
        guard let canonical = result.canonname, let question = result.qname else { return nil }
        let (name, asked) = (plain(canonical), plain(question))
        return name == asked ? nil : name
    }

    private static func plain(_ name: UnsafePointer<CChar>) -> String {
        let text = String(cString: name).lowercased()
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    static func failure(_ reason: String) -> Self {
        Self(records: [], status: .failed(reason: reason), security: .insecure, timeToLive: 0)
    }

    func map<Other>(_ decode: ([UInt8]) -> Other?) -> Answer<Other> {
        Answer<Other>(
            records: records.compactMap(decode), status: status, security: security, timeToLive: timeToLive,
            canonicalName: canonicalName)
    }
}
