// SPDX-License-Identifier: Apache-2.0

/// Lanes that wait for the same thing, in fair turn.
///
/// Accounts take turns; within an account its identities do, and within an identity its lanes. Of an account's turns
/// four go to small mail for one that goes to bulky, while both wait. So what one account puts in, however much, delays
/// another's by one turn.
struct Turn: Sendable {
    static let smallPerBulky = 4

    struct Ticket: Sendable {
        let lane: Int32
        let account: Int32
        let identity: Int32
        let isBulky: Bool
    }

    private struct Share: Sendable {
        var small = Rota()
        var bulky = Rota()
        var smallInARow = 0

        var isEmpty: Bool { small.isEmpty && bulky.isEmpty }

        mutating func push(_ ticket: Ticket) {
            if ticket.isBulky {
                bulky.push(ticket.lane, of: ticket.identity)
            } else {
                small.push(ticket.lane, of: ticket.identity)
            }
        }

        mutating func pop() -> Int32? {
            if bulky.isEmpty || (!small.isEmpty && smallInARow < Turn.smallPerBulky) {
                smallInARow += 1
                return small.pop()
            }
            smallInARow = 0
            return bulky.pop()
        }
    }

    private var accounts = Fifo<Int32>()
    private var shares: [Int32: Share] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func push(_ ticket: Ticket) {
        count += 1
        if shares[ticket.account]?.push(ticket) != nil { return }
        var share = Share()
        share.push(ticket)
        shares[ticket.account] = share
        accounts.push(ticket.account)
    }

    mutating func pop() -> Int32? {
        guard let account = accounts.pop(), let place = shares.index(forKey: account) else { return nil }
        let lane = shares.values[place].pop()
        if shares.values[place].isEmpty { shares.remove(at: place) } else { accounts.push(account) }
        count -= 1
        return lane
    }
}

/// One account's identities in turn, each with its lanes in the order of their coming.
private struct Rota: Sendable {
    private var identities = Fifo<Int32>()
    private var lines: [Int32: Fifo<Int32>] = [:]

    var isEmpty: Bool { identities.isEmpty }

    mutating func push(_ lane: Int32, of identity: Int32) {
        if lines[identity]?.push(lane) != nil { return }
        var line = Fifo<Int32>()
        line.push(lane)
        lines[identity] = line
        identities.push(identity)
    }

    mutating func pop() -> Int32? {
        guard let identity = identities.pop(), let place = lines.index(forKey: identity) else { return nil }
        let lane = lines.values[place].pop()
        if lines.values[place].isEmpty { lines.remove(at: place) } else { identities.push(identity) }
        return lane
    }
}
