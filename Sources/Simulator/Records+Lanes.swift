// SPDX-License-Identifier: Apache-2.0

/// The rows of a lane, in the order of due time and id.
///
/// What was never tried is appended to a list, and taken out of it anywhere. What is to be tried again stands in a treap: a
/// search tree that chance keeps even, whose nodes are the records themselves.
extension Records {
    mutating func insert(_ id: UInt32) {
        if records[Int(id)].attempts == 0 { append(id) } else { plant(id) }
    }

    mutating func remove(_ id: UInt32) {
        if records[Int(id)].attempts == 0 { unlink(id) } else { uproot(id) }
        records[Int(id)].left = Self.none
        records[Int(id)].right = Self.none
    }

    /// The lane's ids in order, until `visit` says no.
    func walk(_ lane: Int32, _ visit: (UInt32) -> Bool) {
        var fresh = rows[Int(lane)].first
        var above: [UInt32] = []
        var place = rows[Int(lane)].root
        while true {
            while place != Self.none {
                above.append(place)
                place = records[Int(place)].left
            }
            if let tried = above.last, fresh == Self.none || isBefore(tried, fresh) {
                guard visit(tried) else { return }
                above.removeLast()
                place = records[Int(tried)].right
            } else {
                guard fresh != Self.none, visit(fresh) else { return }
                fresh = records[Int(fresh)].right
            }
        }
    }

    private func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
        (records[Int(left)].due, left) < (records[Int(right)].due, right)
    }

    // MARK: - The list

    private mutating func append(_ id: UInt32) {
        let lane = Int(records[Int(id)].lane)
        let last = rows[lane].last
        records[Int(id)].left = last
        if last == Self.none { rows[lane].first = id } else { records[Int(last)].right = id }
        rows[lane].last = id
    }

    private mutating func unlink(_ id: UInt32) {
        let record = records[Int(id)]
        let lane = Int(record.lane)
        if record.left == Self.none {
            rows[lane].first = record.right
        } else {
            records[Int(record.left)].right = record.right
        }
        if record.right == Self.none {
            rows[lane].last = record.left
        } else {
            records[Int(record.right)].left = record.left
        }
    }

    // MARK: - The tree

    // Higher ones are nearer to the root.
    private func rank(_ id: UInt32) -> UInt64 { Draw.mixed(UInt64(id) &+ 1) }

    /// A place that holds the number of a node: a lane's root, or a node's left or right.
    private enum Link {
        case root(Int32)
        case left(UInt32)
        case right(UInt32)
    }

    private subscript(link: Link) -> UInt32 {
        get {
            switch link {
            case .root(let lane): rows[Int(lane)].root
            case .left(let id): records[Int(id)].left
            case .right(let id): records[Int(id)].right
            }
        }
        set {
            switch link {
            case .root(let lane): rows[Int(lane)].root = newValue
            case .left(let id): records[Int(id)].left = newValue
            case .right(let id): records[Int(id)].right = newValue
            }
        }
    }

    private mutating func plant(_ id: UInt32) {
        var link = Link.root(records[Int(id)].lane)
        let own = rank(id)
        while self[link] != Self.none, rank(self[link]) >= own {
            link = isBefore(id, self[link]) ? .left(self[link]) : .right(self[link])
        }
        // What lies below is parted in two: before it and behind it.
        var rest = self[link]
        self[link] = id
        var (before, behind) = (Link.left(id), Link.right(id))
        while rest != Self.none {
            if isBefore(rest, id) {
                self[before] = rest
                before = .right(rest)
                rest = records[Int(rest)].right
            } else {
                self[behind] = rest
                behind = .left(rest)
                rest = records[Int(rest)].left
            }
        }
        self[before] = Self.none
        self[behind] = Self.none
    }

    private mutating func uproot(_ id: UInt32) {
        var link = Link.root(records[Int(id)].lane)
        while self[link] != id {
            guard self[link] != Self.none else { return }
            link = isBefore(id, self[link]) ? .left(self[link]) : .right(self[link])
        }
        var (left, right) = (records[Int(id)].left, records[Int(id)].right)
        while left != Self.none, right != Self.none {
            if rank(left) > rank(right) {
                self[link] = left
                link = .right(left)
                left = records[Int(left)].right
            } else {
                self[link] = right
                link = .left(right)
                right = records[Int(right)].left
            }
        }
        self[link] = left != Self.none ? left : right
    }
}
