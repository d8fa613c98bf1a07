// SPDX-License-Identifier: Apache-2.0

import DNS
import Testing

@Suite("Record data")
struct RecordDataTests {
    @Test("reads the types a mail server asks for")
    func reads() {
        #expect(RecordData.mx([0, 10, 2, 77, 120, 3, 99, 111, 109, 0]) == MXRecord(preference: 10, exchange: "mx.com"))
        #expect(RecordData.mx([0, 0, 0]) == MXRecord(preference: 0, exchange: ""))
        #expect(RecordData.txt([2, 97, 98, 1, 99]) == TXTRecord(text: "abc"))
        #expect(
            RecordData.tlsa([3, 1, 2, 9, 8]) == TLSARecord(usage: 3, selector: 1, matching: 2, data: [9, 8]))
        #expect(RecordData.tlsa([3, 1, 1]) == TLSARecord(usage: 3, selector: 1, matching: 1, data: []))
        #expect(RecordData.ipv4([192, 0, 2, 1]) == AddressRecord(address: "192.0.2.1", isIPv6: false))
        #expect(
            RecordData.ipv6([0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1])?.address
                == "2001:db8::1")
    }

    @Test(
        "does not trap on data that is too short",
        arguments: [[], [0], [0, 1], [0, 1, 5], [0, 1, 5, 97], [200, 1], [0, 1, 255, 0]] as [[UInt8]])
    func short(_ data: [UInt8]) {
        #expect(RecordData.mx(data) == nil)
        #expect((RecordData.tlsa(data) == nil) == (data.count < 3))
        #expect(RecordData.ipv4(data) == nil || data.count == 4)
        #expect(RecordData.ipv6(data) == nil)
        if !data.isEmpty, data != [0] { #expect(RecordData.txt(data) == nil || data[0] == 0) }
    }
}
