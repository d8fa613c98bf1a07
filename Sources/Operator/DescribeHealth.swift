// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access

/// How a server is, part by part, with what is wrong in words: what `postern doctor` prints.
package struct HealthReport: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable, Comparable {
        case ok
        /// Mail goes on, and somebody should look.
        case degraded
        /// The part does not do its work.
        case failing

        package static func < (left: State, right: State) -> Bool { left.rank < right.rank }
        private var rank: Int {
            switch self {
            case .ok: 0
            case .degraded: 1
            case .failing: 2
            }
        }
    }

    package struct Part: Hashable, Sendable, Codable {
        /// `stores`, `trail`, `sinks`, …
        package let part: String
        /// Which of several: a sink's name and what it copies, a trail's ARN.
        package let subject: String?
        package let state: State
        /// What is, or what is wrong. It can hold what a far side said.
        package let detail: String
        /// What to do about it; nil where there is nothing.
        package let advice: String?

        package init(
            _ part: String, _ state: State, _ detail: String, subject: String? = nil, advice: String? = nil
        ) {
            self.part = part
            self.subject = subject
            self.state = state
            self.detail = detail
            self.advice = advice
        }
    }

    /// The worst of all.
    package let state: State
    package let parts: [Part]

    package init(parts: [Part]) {
        self.parts = parts
        state = parts.map(\.state).max() ?? .ok
    }

    /// The worst of each part, in their order: what strangers may know, without names and reasons.
    package var summary: [(part: String, state: State)] {
        var order: [String] = []
        var worst: [String: State] = [:]
        for part in parts {
            if worst[part.part] == nil { order.append(part.part) }
            worst[part.part] = max(worst[part.part] ?? .ok, part.state)
        }
        return order.map { ($0, worst[$0] ?? .ok) }
    }
}

/// How the server is, with names and reasons.
struct DescribeHealth: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {}
    let services: QueueServices
    let health: @Sendable () async -> HealthReport

    func run(_ input: Input, as context: RequestContext) async throws -> HealthReport {
        try services.requireManagement("DescribeHealth", as: try Caller(context))
        return await health()
    }
}
