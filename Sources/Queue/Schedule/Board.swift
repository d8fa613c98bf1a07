// SPDX-License-Identifier: Apache-2.0

/// Who has the most: members by their number of things, kept while each number goes up or down. A change costs the same
/// however many members there are.
struct Board: Sendable {
    /// Each member's neighbours on the board it is on; boards with different members share them.
    struct Links: Sendable {
        fileprivate var previous: ContiguousArray<Int32> = []
        fileprivate var next: ContiguousArray<Int32> = []

        fileprivate mutating func reserve(_ member: Int32) {
            while previous.count <= Int(member) {
                previous.append(-1)
                next.append(-1)
            }
        }
    }

    /// The first member of each number.
    private var heads: ContiguousArray<Int32> = []
    private var highest = 0

    /// A member that has the most.
    var top: (member: Int32, number: Int)? { highest == 0 ? nil : (heads[highest], highest) }

    /// A member has `new` things, and had `old`; with none it is on no board.
    mutating func move(_ member: Int32, from old: Int, to new: Int, _ links: inout Links) {
        guard old != new else { return }
        links.reserve(member)
        if old > 0 { unlink(member, old, &links) }
        if new > 0 { link(member, new, &links) }
        highest = max(highest, new)
        while highest > 0, heads[highest] < 0 { highest -= 1 }
    }

    private mutating func link(_ member: Int32, _ number: Int, _ links: inout Links) {
        while heads.count <= number { heads.append(-1) }
        let first = heads[number]
        links.previous[Int(member)] = -1
        links.next[Int(member)] = first
        if first >= 0 { links.previous[Int(first)] = member }
        heads[number] = member
    }

    private func unlink(_ member: Int32, _ links: inout Links) -> (Int32, Int32) {
        let (before, after) = (links.previous[Int(member)], links.next[Int(member)])
        if before >= 0 { links.next[Int(before)] = after }
        if after >= 0 { links.previous[Int(after)] = before }
        return (before, after)
    }

    private mutating func unlink(_ member: Int32, _ number: Int, _ links: inout Links) {
        let (before, after) = unlink(member, &links)
        if before < 0 { heads[number] = after }
    }
}
