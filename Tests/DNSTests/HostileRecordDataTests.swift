// SPDX-License-Identifier: Apache-2.0

import DNS
import Testing

@Suite("Record data from strangers")
struct HostileRecordDataTests {
    private static let longLabel = [63] + [UInt8](repeating: 97, count: 63)

    @Test(
        "gives exchanges in lower case without the last dot",
        arguments: [
            ([0, 0, 0], 0, ""), ([0xFF, 0xFF, 0], 65535, ""),
            ([1, 2, 1, 65, 1, 90, 0], 258, "a.z"), ([0, 1, 3, 45, 95, 49, 0], 1, "-_1"),
            ([0, 1] + longLabel + [0], 1, String(repeating: "a", count: 63)),
        ] as [([UInt8], UInt16, String)])
    func exchanges(_ data: [UInt8], _ preference: UInt16, _ exchange: String) {
        #expect(RecordData.mx(data) == MXRecord(preference: preference, exchange: exchange))
    }

    @Test(
        "refuses names that do not end, and compression, which has no place in decoded data",
        arguments: [
            [], [0], [0, 1], [0, 1, 1], [0, 1, 1, 97], [0, 1, 2, 97, 0],
            [0, 1, 64] + [UInt8](repeating: 97, count: 64) + [0],
            [0, 1, 0xC0, 0], [0, 1, 0xC0], [0, 1, 1, 97, 0xC0, 2], [0, 1, 0xFF, 0xFF],
            [0, 1] + [UInt8](repeating: 1, count: 100_000),
        ] as [[UInt8]])
    func brokenNames(_ data: [UInt8]) {
        #expect(RecordData.mx(data) == nil)
    }

    @Test(
        "joins the character strings of a TXT record without space",
        arguments: [
            ([], ""), ([0], ""), ([0, 0, 1, 97, 0], "a"), ([3, 97, 32, 98, 2, 99, 100], "a bcd"),
            (
                [255] + [UInt8](repeating: 120, count: 255) + [45] + [UInt8](repeating: 121, count: 45),
                String(repeating: "x", count: 255) + String(repeating: "y", count: 45)
            ),
            ([2, 0xC3, 1, 0xA9], nil), ([4, 0xFF, 0, 97, 0x0D], "\u{FFFD}\0a\r"), ([1, 0xC3, 1, 0xA9], "é"),
            ([1], nil), ([255], nil), ([1, 97, 1], nil), ([1, 97, 2, 98], nil), ([5, 97, 98, 99, 100], nil),
        ] as [([UInt8], String?)])
    func text(_ data: [UInt8], _ expected: String?) {
        #expect(RecordData.txt(data) == expected.map(TXTRecord.init(text:)))
    }

    @Test("takes addresses of the right length alone", arguments: 0...40)
    func addresses(_ count: Int) {
        let data = [UInt8](repeating: 255, count: count)
        #expect(RecordData.ipv4(data)?.address == (count == 4 ? "255.255.255.255" : nil))
        let text = [String](repeating: "ffff", count: 8).joined(separator: ":")
        #expect(RecordData.ipv6(data)?.address == (count == 16 ? text : nil))
    }

    @Test("writes IPv6 addresses that differ differently, and each as eight groups or shorter")
    func ipv6() {
        var seen: Set<String> = []
        for index in 0..<16 {
            var data = [UInt8](repeating: 0, count: 16)
            data[index] = 0x0A
            let record = RecordData.ipv6(data)
            #expect(record?.isIPv6 == true)
            seen.insert(record?.address ?? "")
        }
        #expect(seen.count == 16 && !seen.contains(""))
        #expect(seen.allSatisfy { $0.utf8.count <= 39 && $0.split(separator: ":").allSatisfy { $0.count <= 4 } })
    }

    @Test("writes IPv6 addresses as RFC 5952 does")
    func shortest() {
        let data: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        #expect(RecordData.ipv6(data)?.address == "2001:db8::1")
    }

    @Test(
        "lets no octet into a host name that has no place there",
        arguments: [
            [0, 1, 3, 97, 46, 98, 0],  // one label "a.b"
            [0, 1, 3, 97, 0, 98, 0],  // NUL, where C ends a string
            [0, 1, 4, 97, 13, 10, 98, 0],  // a line end, where logs and SMTP end a line
            [0, 1, 3, 0xE2, 0x84, 0xAA, 0],  // KELVIN SIGN, whose lower case is the ASCII letter k
            [0, 1] + [[UInt8]](repeating: longLabel, count: 5).flatMap { $0 } + [0],  // 321 octets
        ] as [[UInt8]])
    func hostNames(_ data: [UInt8]) {
        #expect(RecordData.mx(data) == nil)
    }

    @Test("never traps", arguments: 0..<200 as Range<UInt64>)
    func anything(_ seed: UInt64) {
        var state = seed
        func next() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        let data = (0..<Int(next())).map { _ in next() % 8 }
        _ = (RecordData.mx(data), RecordData.txt(data), RecordData.ipv4(data), RecordData.ipv6(data))
        if let exchange = RecordData.mx(data)?.exchange { #expect(exchange.utf8.count < data.count) }
    }
}
