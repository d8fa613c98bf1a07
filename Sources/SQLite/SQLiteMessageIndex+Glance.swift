// SPDX-License-Identifier: Apache-2.0

/// What the index needs of an `accepted` event, out of its stored text, as octets.
///
/// Every message is looked at once more by this: it reads as far as the tags and leaves the rest unread. It knows no
/// more JSON than the journal writes: what it cannot read, a text with an escape for one, is nil, and is decoded whole.
struct AcceptedGlance {
    typealias Text = Slice<UnsafeBufferPointer<UInt8>>

    private(set) var reversePath: Text
    private(set) var from: Text
    private(set) var recipients: [Text] = []
    private(set) var tags: [(name: Text, value: Text)] = []

    /// The reverse path's address, however it is written; empty for the null path.
    var envelopeSender: Text {
        let isBracketed = reversePath.first == UInt8(ascii: "<") && reversePath.last == UInt8(ascii: ">")
        return isBracketed ? reversePath.dropFirst().dropLast() : reversePath
    }

    private static let start = Array(#"{"accepted":{"#.utf8)

    init?(_ event: UnsafeBufferPointer<UInt8>) {
        guard event.starts(with: Self.start) else { return nil }
        var scanner = Scanner(octets: event, position: Self.start.count)
        (reversePath, from) = (event[0..<0], event[0..<0])
        while true {
            guard let name = scanner.text(), scanner.take(":") else { return nil }
            if name.elementsEqual("reversePath".utf8) {
                guard let text = scanner.text() else { return nil }
                reversePath = text
            } else if name.elementsEqual("from".utf8) {
                guard let text = scanner.text() else { return nil }
                from = text
            } else if name.elementsEqual("recipients".utf8) {
                guard let list = scanner.list() else { return nil }
                recipients = list
            } else if name.elementsEqual("tags".utf8) {
                guard let map = scanner.map() else { return nil }
                tags = map
                return
            } else {
                guard scanner.skip() else { return nil }
            }
            // Events of before there were tags end without them.
            guard scanner.take(",") else { return }
        }
    }
}

/// Reads the texts, lists and maps of an event that the journal wrote: without spaces, and here without escapes.
private struct Scanner {
    let octets: UnsafeBufferPointer<UInt8>
    var position: Int

    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard position < octets.count, octets[position] == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    mutating func text() -> AcceptedGlance.Text? {
        guard take("\"") else { return nil }
        let start = position
        while position < octets.count {
            switch octets[position] {
            case UInt8(ascii: "\""):
                position += 1
                return octets[start..<position - 1]
            case UInt8(ascii: "\\"): return nil
            default: position += 1
            }
        }
        return nil
    }

    mutating func list() -> [AcceptedGlance.Text]? {
        guard take("[") else { return nil }
        var items: [AcceptedGlance.Text] = []
        if take("]") { return items }
        repeat {
            guard let item = text() else { return nil }
            items.append(item)
        } while take(",")
        return take("]") ? items : nil
    }

    mutating func map() -> [(name: AcceptedGlance.Text, value: AcceptedGlance.Text)]? {
        guard take("{") else { return nil }
        var items: [(name: AcceptedGlance.Text, value: AcceptedGlance.Text)] = []
        if take("}") { return items }
        repeat {
            guard let name = text(), take(":"), let value = text() else { return nil }
            items.append((name, value))
        } while take(",")
        return take("}") ? items : nil
    }

    /// A text or a number.
    mutating func skip() -> Bool {
        if position < octets.count, octets[position] == UInt8(ascii: "\"") { return text() != nil }
        let start = position
        while position < octets.count, (48...57).contains(octets[position]) { position += 1 }
        return position > start
    }
}
