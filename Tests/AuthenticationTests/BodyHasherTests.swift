// SPDX-License-Identifier: Apache-2.0

import Authentication
import Crypto
import Testing

@Suite("Relaxed body hash")
struct BodyHasherTests {
    private func hash(_ body: [UInt8], pieces: Int = .max) -> [UInt8] {
        var hasher = BodyHasher()
        var start = 0
        while start < body.count {
            let end = body.count - start > pieces ? start + pieces : body.count
            hasher.update(Array(body[start..<end]))
            start = end
        }
        return hasher.finalize()
    }

    @Test(
        "is the hash of the canonical form (RFC 6376 §3.4.4)",
        arguments: [
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
            ("", ""), ("\r\n", ""), (" \t\r\n \r\n", ""),
            ("a", "a\r\n"), ("a\r\n", "a\r\n"), ("a \t\r\n", "a\r\n"), ("a\r\n \r\n\t\r\n", "a\r\n"),
            ("\ta", " a\r\n"), ("\r\n\r\na", "\r\n\r\na\r\n"), (" \r\na\r\n\r\nb\r\n\r\n", "\r\na\r\n\r\nb\r\n"),
            ("a \t b\t", "a b\r\n"), ("a\r\n  ", "a\r\n"),
            // Line ends are CRLF alone: a lone CR or LF is an octet like another.
            ("a\rb\r\n", "a\rb\r\n"), ("a\nb\n", "a\nb\n\r\n"), ("a\r\r\n", "a\r\r\n"), ("a \r \r\n", "a \r\r\n"),
            ("a\r", "a\r\r\n"), ("\n\r\n", "\n\r\n"), (" \n\r\n", " \n\r\n"),
            ("a\u{0}b\u{A0} \r\n", "a\u{0}b\u{A0}\r\n"), ("a\u{B} \u{C}\r\n", "a\u{B} \u{C}\r\n"),
        ])
    func canonicalForm(_ body: String, _ canonical: String) {
        let expected = Array(SHA256.hash(data: Array(canonical.utf8)))
        for pieces in [.max, 1, 2, 3] { #expect(hash(Array(body.utf8), pieces: pieces) == expected) }
    }

    @Test("is the same for any pieces of any octets", arguments: 0..<50 as Range<UInt64>)
    func anyPieces(_ seed: UInt64) {
        var random = LinearCongruence(state: seed)
        let alphabet = Array("\r\n \tab\r\n\0".utf8) + [0xFF]
        let body = (0..<500).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        let whole = hash(body)
        for pieces in [1, 2, 7, 64, 499] { #expect(hash(body, pieces: pieces) == whole) }
    }

    @Test(
        "counts megabytes of empty lines and of white space instead of keeping them", arguments: ["\r\n", " \r\n", " "])
    func long(_ unit: String) {
        let chunk = Array(String(repeating: unit, count: 64 * 1024).utf8)
        var hasher = BodyHasher()
        hasher.update(Array("a".utf8))
        for _ in 0..<32 { hasher.update(chunk) }
        #expect(hasher.finalize() == Array(SHA256.hash(data: Array("a\r\n".utf8))))
    }

    @Test("gives back the empty lines that it counted when text follows")
    func textFollows() {
        var hasher = BodyHasher()
        hasher.update([UInt8](repeating: 10, count: 0))
        for _ in 0..<20_000 { hasher.update([13, 10]) }
        hasher.update(Array("z\r\n".utf8))
        let canonical = Array(String(repeating: "\r\n", count: 20_000).utf8) + Array("z\r\n".utf8)
        #expect(hasher.finalize() == Array(SHA256.hash(data: canonical)))
    }
}

/// Knuth's MMIX: the same numbers on every run.
struct LinearCongruence: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
