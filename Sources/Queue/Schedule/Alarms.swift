// SPDX-License-Identifier: Apache-2.0

/// Moments at which something is to be looked at again, earliest first. An alarm that is no longer wanted rings too, and
/// whoever it is for finds that its moment has moved.
struct Alarms: Sendable {
    enum Subject: Sendable {
        case lane(Int32)
        case way(Int32)
    }

    private struct Alarm: Sendable {
        let at: Int64
        /// A lane's place, or the complement of a way's.
        let subject: Int32
    }

    private var heap: ContiguousArray<Alarm> = []

    var earliest: Int64? { heap.first?.at }

    mutating func set(_ subject: Subject, at moment: Int64) {
        let code: Int32 =
            switch subject {
            case .lane(let place): place
            case .way(let place): ~place
            }
        heap.append(Alarm(at: moment, subject: code))
        rise(heap.count - 1)
    }

    /// The earliest alarm at or before the moment.
    mutating func ring(_ moment: Int64) -> (at: Int64, subject: Subject)? {
        guard let first = heap.first, first.at <= moment else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        return (first.at, first.subject >= 0 ? .lane(first.subject) : .way(~first.subject))
    }

    private mutating func rise(_ start: Int) {
        var place = start
        let alarm = heap[place]
        while place > 0 {
            let parent = (place - 1) / 2
            guard Self.isBefore(alarm, heap[parent]) else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = alarm
    }

    private mutating func sink(_ start: Int) {
        var place = start
        let alarm = heap[place]
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, Self.isBefore(heap[child + 1], heap[child]) { child += 1 }
            guard Self.isBefore(heap[child], alarm) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = alarm
    }

    // Equal moments in a fixed order, so that the same events have the same result.
    private static func isBefore(_ left: Alarm, _ right: Alarm) -> Bool {
        (left.at, left.subject) < (right.at, right.subject)
    }
}
