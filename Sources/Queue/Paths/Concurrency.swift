// SPDX-License-Identifier: Apache-2.0

/// How many connections a path bears, found by trying: Postfix's concurrency feedback (SCHEDULER_README).
///
/// It begins low. A success adds 1/N to a balance, where N is the present window, so that a whole window of successes is
/// worth one connection more; a failure to connect takes as much away. The window moves only when a whole unit has come
/// together, and that forgets what had come together the other way: so it does not swing with each reply. A window full
/// of failures without one success between them (a cohort) means that nobody is there: the path is dead, and later tried
/// by one connection alone.
struct Concurrency: Sendable {
    /// Connections at once.
    private(set) var window: Int
    /// Times in a row that the path was found dead.
    private(set) var deaths = 0
    private var gained = 0.0
    private var lost = 0.0
    private var failedCohorts = 0.0
    // Thirds and sevenths do not add up to one in binary.
    private static let nearly = 1 - 1e-6

    init(initial: Int) { window = max(1, initial) }

    /// The peer answered.
    mutating func succeeded(maximum: Int) {
        failedCohorts = 0
        deaths = 0
        guard window < maximum else { return }
        gained += 1 / Double(window)
        if gained >= Self.nearly {
            window += 1
            (gained, lost) = (0, 0)
        }
    }

    /// Nobody answered.
    /// - Returns: whether the path is dead now.
    mutating func failed() -> Bool {
        failedCohorts += 1 / Double(window)
        if failedCohorts >= Self.nearly {
            self = Concurrency(initial: 1, deaths: min(deaths + 1, 16))
            return true
        }
        lost += 1 / Double(window)
        if lost >= Self.nearly, window > 1 {
            window -= 1
            (gained, lost) = (0, 0)
        }
        return false
    }

    /// A limit that kept it lower than it would have begun is gone.
    mutating func widen(to initial: Int) {
        if deaths == 0 { window = max(window, initial) }
    }

    /// Begins slowly again after a long rest.
    mutating func rest(initial: Int) {
        if window > initial { self = Concurrency(initial: initial, deaths: deaths) }
    }

    private init(initial: Int, deaths: Int) {
        window = max(1, initial)
        self.deaths = deaths
    }
}
