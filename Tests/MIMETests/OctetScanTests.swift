// SPDX-License-Identifier: Apache-2.0

import MIME
import Testing

/// What is looked for eight octets at a time, beside the same said octet by octet, over generated octets of all lengths.
@Suite("Octets that mean something")
struct OctetScanTests {
    private static let alphabets: [[UInt8]] = [
        Array(0...255), Array("ab \r\n".utf8), Array(repeating: 97, count: 40) + [13, 10],
        Array(repeating: 97, count: 20) + [0, 9, 10, 11, 13, 14, 32, 33, 61, 126, 127, 128, 255],
        Array(repeating: 120, count: 2_000) + [10],
    ]

    private func generated(_ seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let alphabet = Self.alphabets[next(Self.alphabets.count)]
        return (0..<next([3, 20, 100, 2_500][next(4)])).map { _ in alphabet[next(alphabet.count)] }
    }

    private func firstBare(_ octets: [UInt8]) -> Int? {
        octets.indices.first { index in
            octets[index] == 13 && (index + 1 == octets.count || octets[index + 1] != 10)
                || octets[index] == 10 && (index == 0 || octets[index - 1] != 13)
        }
    }

    private func needsWork(_ octets: [UInt8]) -> Bool {
        let lines = octets.split(separator: 10, omittingEmptySubsequences: false)
        return octets.contains { $0 > 127 || $0 == 0 } || (lines.last?.count ?? 0) > 998
            || lines.dropLast().contains { $0.count > 999 }
    }

    @Test("bare line ends, and what has to be encoded anew, are found where they are", arguments: 0..<400)
    func found(_ seed: Int) {
        let octets = generated(UInt64(seed))
        #expect(LineEnds.firstBare(in: octets) == firstBare(octets))
        #expect(SevenBit.needsWork(octets) == needsWork(octets))
    }

    @Test("at every place of eight", arguments: 0..<24)
    func place(_ index: Int) {
        for octet in UInt8.min...UInt8.max {
            var octets = [UInt8](repeating: 97, count: 24)
            octets[index] = octet
            #expect(LineEnds.firstBare(in: octets) == (octet == 13 || octet == 10 ? index : nil))
            #expect(SevenBit.needsWork(octets) == (octet > 127 || octet == 0))
            let isPlain = (33...126).contains(octet) && octet != 61 || (octet == 32 || octet == 9) && index < 23
            #expect((QuotedPrintable.encode(octets) == octets) == isPlain)
        }
    }

    @Test("quoted-printable keeps to 76 columns and comes back", arguments: 0..<400)
    func quoted(_ seed: Int) {
        let text = LineEnds.normalised(generated(UInt64(seed)))
        let encoded = QuotedPrintable.encode(text)
        #expect(QuotedPrintable.decode(encoded) == text)
        #expect(encoded.split(separator: 10).allSatisfy { $0.count <= 77 })
        #expect(encoded.allSatisfy { (32...126).contains($0) || $0 == 9 || $0 == 13 || $0 == 10 })
    }
}
