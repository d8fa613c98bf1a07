// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import Mail

/// Where a message stands among all: what its id says of its time, then the rest of it, so that places sort by time.
///
/// 24 octets: six of milliseconds, two of the region's code, sixteen of the UUID.
struct MessagePlace: Hashable, Comparable, Sendable {
    static let length = 24
    /// The largest moment that six octets hold.
    private static let longest = Int64(1) << 48 - 1

    let octets: [UInt8]

    /// Nil for an id that is none of ours.
    init?(_ id: some StringProtocol) {
        let text = Array(id.utf8)
        guard text.count == 60, text[53...].elementsEqual("-000000".utf8) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(Self.length)
        for range in [4..<16, 0..<4, 17..<25, 26..<30, 31..<35, 36..<40, 41..<53] {
            for index in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
                guard let high = Self.digit(text[index]), let low = Self.digit(text[index + 1]) else { return nil }
                octets.append(high << 4 | low)
            }
        }
        self.octets = octets
    }

    init(octets: some Sequence<UInt8>) { self.octets = Array(octets) }

    /// The first place of a moment.
    init(first moment: Timestamp) {
        octets = Self.time(moment.milliseconds) + [UInt8](repeating: 0, count: Self.length - 6)
    }

    /// Behind the last place of a moment.
    init(behind moment: Timestamp) {
        octets = Self.time(moment.milliseconds) + [UInt8](repeating: 255, count: Self.length - 6)
    }

    var id: MessageID? {
        let digits = octets.flatMap { [Self.sign($0 >> 4), Self.sign($0 & 15)] }
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let uuid = [16..<24, 24..<28, 28..<32, 32..<36, 36..<48].map(text).joined(separator: "-")
        return MessageID(parsing: "\(text(12..<16))\(text(0..<12))-\(uuid)-000000")
    }

    /// The stretch of time that it lies in: 2^18 milliseconds, some four minutes.
    var stretch: Int { Int(octets.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) } >> 18) }

    static func < (left: Self, right: Self) -> Bool { left.octets.lexicographicallyPrecedes(right.octets) }

    private static func time(_ milliseconds: Int64) -> [UInt8] {
        let value = min(max(milliseconds, 0), longest)
        return (0..<6).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func digit(_ sign: UInt8) -> UInt8? {
        switch sign {
        case 48...57: sign - 48
        case 97...102: sign - 87
        default: nil
        }
    }

    private static func sign(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
}

/// What a message can be found by: a kind of thing and a hash of it.
///
/// Hashes may meet: whoever finds a message looks at its own facts before believing it (FNV-1a, 64 bits).
struct MessageTerm: Hashable, Sendable {
    private enum Kind: UInt8 { case all, recipient, recipientDomain, sender, senderDomain, tag, outcome }

    let hash: UInt64

    /// Every message has it.
    static let all = Self(.all, [])

    static func recipient(_ address: some Sequence<UInt8>) -> Self { Self(.recipient, address) }
    static func recipientDomain(_ domain: some Sequence<UInt8>) -> Self { Self(.recipientDomain, domain) }
    static func sender(_ address: some Sequence<UInt8>) -> Self { Self(.sender, address) }
    static func senderDomain(_ domain: some Sequence<UInt8>) -> Self { Self(.senderDomain, domain) }
    static func outcome(_ kind: Fact.Event.Kind) -> Self { Self(.outcome, kind.rawValue.utf8) }

    /// The value follows an octet that stands in no name.
    static func tag(_ name: some Sequence<UInt8>, _ value: some Sequence<UInt8>) -> Self {
        var hash = mix(basis, Kind.tag.rawValue)
        for octet in name { hash = mix(hash, octet) }
        hash = mix(hash, 0)
        for octet in value { hash = mix(hash, octet) }
        return Self(hash: hash)
    }

    private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325

    private init(hash: UInt64) { self.hash = hash }

    private init(_ kind: Kind, _ octets: some Sequence<UInt8>) {
        var hash = Self.mix(Self.basis, kind.rawValue)
        for octet in octets { hash = Self.mix(hash, octet) }
        self.hash = hash
    }

    private static func mix(_ hash: UInt64, _ octet: UInt8) -> UInt64 { (hash ^ UInt64(octet)) &* 0x100_0000_01B3 }
}

/// The octets that stand in the index for one term of one message: stretch of time, term, account, place.
///
/// The time comes first, so that what is written together lies together however large the index is.
enum MessageEntry {
    static let length = 4 + 8 + 5 + MessagePlace.length
    private static let accountStart = 12
    private static let placeStart = 17

    static func append(
        _ term: MessageTerm, of place: MessagePlace, in stretch: Int, account: UInt64, to octets: inout [UInt8]
    ) {
        append(UInt64(truncatingIfNeeded: stretch), 4, to: &octets)
        append(term.hash, 8, to: &octets)
        append(account, 5, to: &octets)
        octets += place.octets
    }

    static func entry(_ term: MessageTerm, of place: MessagePlace, account: UInt64) -> Data {
        var octets: [UInt8] = []
        append(term, of: place, in: place.stretch, account: account, to: &octets)
        return Data(octets)
    }

    /// What all entries of one term in a stretch begin with, and those of one account.
    static func prefix(_ stretch: Int, _ term: MessageTerm, account: UInt64? = nil) -> [UInt8] {
        var octets: [UInt8] = []
        append(UInt64(truncatingIfNeeded: stretch), 4, to: &octets)
        append(term.hash, 8, to: &octets)
        if let account { append(account, 5, to: &octets) }
        return octets
    }

    /// The twelve digits as a number.
    static func number(_ account: some StringProtocol) -> UInt64 { UInt64(account) ?? 0 }

    /// The account and the place that an entry ends with.
    static func read(_ entry: Data) -> (account: UInt64, place: MessagePlace)? {
        guard entry.count == length else { return nil }
        let octets = Array(entry)
        let account = octets[accountStart..<placeStart].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (account, MessagePlace(octets: octets[placeStart...]))
    }

    private static func append(_ value: UInt64, _ count: Int, to octets: inout [UInt8]) {
        for index in (0..<count).reversed() {
            octets.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8)))
        }
    }
}
