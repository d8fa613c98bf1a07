// SPDX-License-Identifier: Apache-2.0

/// What a queue must never do, as somebody sees it who looks on from outside.
package enum Breach: String, CaseIterable, Sendable {
    /// More tries at once by one path than the rule allows, or than a reply taught.
    case connections
    /// More starts in some stretch of time than the rule allows, or than a reply taught.
    case rate
    /// More messages from an address on a day, or from it to one site, than its warm-up allows.
    case warmUp
    /// Mail of a pool left from an address of another, or from none that exists.
    case pool
    /// A start where a reply had closed the path or the site.
    case suspended
    /// More under way at one time than the server allows.
    case inFlight
    /// Something under way, or ended, was started.
    case startedTwice
    /// Something was started before it was due.
    case early
    /// Something ended that was not under way.
    case endedTwice
    /// Mail went to another site than its domain's.
    case site
    /// Something was due, and overtaken by what came later, until its time was over; or it was due and the queue did not
    /// know of it.
    case forgotten
    /// Mail that nothing held back did not go: see `Liveness`. Counted once a minute and site.
    case stalled
    /// Something was accepted and has no end.
    case lost
}
