// SPDX-License-Identifier: Apache-2.0

/// All shippers of a server: run together, asked together.
package struct Shippers: Sendable {
    private let all: [Shipper]

    package init(_ all: [Shipper]) { self.all = all }

    package var isEmpty: Bool { all.isEmpty }

    /// Until it is cancelled; each by itself, so that a dead sink holds up no other.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            for shipper in all { group.addTask { await shipper.run() } }
        }
    }

    package var states: [ShippingState] { all.map(\.state) }

    /// Which sink forbids new mail, its budget being at its end; nil: none. Asked for each message.
    package var refusing: String? { all.lazy.map(\.state).first { !$0.isAccepting }?.sink }
}
