// SPDX-License-Identifier: Apache-2.0

/// Something that can stand for nothing, so that a place can be empty.
protocol Vacant: Sendable {
    static var vacant: Self { get }
    var isVacant: Bool { get }
}

/// Values in numbered places; a place that was given back is given again. The numbers are ours alone: none comes from
/// outside.
struct Slab<Value: Vacant>: Sendable {
    private var places: ContiguousArray<Value> = []
    private var free: [Int32] = []

    var count: Int { places.count - free.count }
    /// One past the highest place ever given.
    var end: Int32 { Int32(places.count) }

    mutating func insert(_ value: Value) -> Int32 {
        if let place = free.popLast() {
            places[Int(place)] = value
            return place
        }
        places.append(value)
        return Int32(places.count - 1)
    }

    mutating func remove(_ place: Int32) {
        guard !places[Int(place)].isVacant else { return }
        places[Int(place)] = .vacant
        free.append(place)
    }

    subscript(place: Int32) -> Value {
        _read { yield places[Int(place)] }
        _modify { yield &places[Int(place)] }
    }
}

/// First in, first out, over one array.
struct Fifo<Element: Sendable>: Sendable {
    private var items: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }

    mutating func push(_ item: Element) { items.append(item) }

    mutating func pop() -> Element? {
        guard head < items.count else { return nil }
        let item = items[head]
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: head <= 64)
            head = 0
        } else if head > 64, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return item
    }
}

/// Names that occur again and again, as numbers; a name that nobody uses any more is forgotten.
struct Names: Sendable {
    private struct Name: Vacant {
        static let vacant = Name(text: "", uses: 0)
        var text: String
        var uses: Int
        var isVacant: Bool { uses == 0 }
    }

    private var names = Slab<Name>()
    private var places: [String: Int32] = [:]

    /// The name's number, used once more.
    mutating func retain(_ text: String) -> Int32 {
        if let place = places[text] {
            names[place].uses += 1
            return place
        }
        let place = names.insert(Name(text: text, uses: 1))
        places[text] = place
        return place
    }

    func place(of text: String) -> Int32? { places[text] }

    mutating func release(_ place: Int32) {
        if names[place].uses == 1 {
            places[names[place].text] = nil
            names.remove(place)
        } else {
            names[place].uses -= 1
        }
    }

    func text(_ place: Int32) -> String { names[place].text }
}
