// SPDX-License-Identifier: Apache-2.0

/// What is to happen later, earliest first; of equal moments what was set down first.
struct Agenda {
    enum Event {
        /// A try in this place ends.
        case end(Int)
        /// The site of a destination is found.
        case resolved(String)
        /// The spool has read what was asked.
        case read
        /// Expired mail is looked for; the curves are drawn on; the queue is audited.
        case sweep
        case sample
        case audit
    }

    private struct Entry {
        let at: Int64
        let number: UInt64
        let event: Event

        static func < (left: Entry, right: Entry) -> Bool { (left.at, left.number) < (right.at, right.number) }
    }

    private var heap: ContiguousArray<Entry> = []
    private var number: UInt64 = 0

    var earliest: Int64? { heap.first?.at }

    mutating func add(_ event: Event, at moment: Int64) {
        number += 1
        heap.append(Entry(at: moment, number: number, event: event))
        var place = heap.count - 1
        while place > 0, heap[place] < heap[(place - 1) / 2] {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// The next thing to happen at or before the moment.
    mutating func take(until moment: Int64) -> Event? {
        guard let first = heap.first, first.at <= moment, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.event }
        heap[0] = last
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[place] else { break }
            heap.swapAt(child, place)
            place = child
        }
        return first.event
    }
}
