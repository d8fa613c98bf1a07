// SPDX-License-Identifier: Apache-2.0

/// How evenly the accounts are served while they compete.
///
/// A site is *free* if it is ready, no provider rule limits it, and it has taken something before. At the full minute an account *could fill its share* if
/// it has deliveries waiting for free sites where nothing is under way by anybody, and for as many such sites as its part of
/// the server's slots: these need nothing but slots. A minute is *contended* if at its beginning and at its end all slots
/// are taken and every account could fill its share. Over the contended minutes each account's starts are added up; Jain's
/// index of these sums, (Σx)² / (n · Σx²), is 1 where all have the same and 1/n where one has all.
struct Fairness {
    /// Starts of the present minute, by account.
    private var starts: [Int]
    private var sums: [Int]
    private var wasContended = false
    private(set) var contendedMinutes = 0
    /// The most uneven contended minute's index.
    private(set) var worst = 1.0

    init(accounts: Int) {
        starts = [Int](repeating: 0, count: accounts)
        sums = starts
    }

    mutating func started(_ account: Int) { starts[account] += 1 }

    /// A minute is over.
    /// - Parameter isContended: whether all slots are taken now, and every account could fill its share.
    mutating func close(isContended: Bool) {
        if wasContended, isContended {
            contendedMinutes += 1
            for account in sums.indices { sums[account] += starts[account] }
            worst = min(worst, Self.index(starts))
        }
        wasContended = isContended
        for account in starts.indices { starts[account] = 0 }
    }

    /// Nil where no minute was contended.
    var index: Double? { contendedMinutes == 0 ? nil : Self.index(sums) }

    private static func index(_ values: [Int]) -> Double {
        let sum = values.reduce(0.0) { $0 + Double($1) }
        let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
        return squares == 0 ? 1 : sum * sum / (Double(values.count) * squares)
    }
}
