// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail

/// Failures that are told of together: what they have in common, and how many they are.
struct CountedFailures {
    static let various = "Various"

    private var event: Fact.SignedIn
    private var lastAt: Timestamp

    init(_ event: Fact.SignedIn, at moment: Timestamp) {
        self.event = event
        self.event.call.request = ""
        lastAt = moment
    }

    mutating func add(_ other: Fact.SignedIn, network: String, at moment: Timestamp) {
        event.count += other.count
        lastAt = max(lastAt, moment)
        if other.failure != event.failure { event.failure = Self.various }
        if other.sourceAddress != event.sourceAddress { event.sourceAddress = network }
        let call = other.call
        if call.identity != event.call.identity {
            event.call.identity = Principal.unknownIdentity(accessKeyID: nil)
            event.call.userName = nil
            event.call.accessKeyID = nil
        }
        if call.source != event.call.source || call.name != event.call.name { event.call.name = Self.various }
        if call.agent != event.call.agent { event.call.agent = Self.various }
        if call.host != event.call.host { event.call.host = nil }
        if call.tls != event.call.tls || call.cipher != event.call.cipher {
            (event.call.tls, event.call.cipher) = (nil, nil)
        }
    }

    func fact(in account: AccountID) -> Fact {
        Fact(at: lastAt, account: account, message: nil, event: .signedIn(event))
    }
}
