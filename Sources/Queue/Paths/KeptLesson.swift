// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What was learned of a path or a site, as it is kept over a restart.
package struct KeptLesson: Hashable, Sendable {
    /// The address; empty for the one that the system chooses, nil where it is about the site from anywhere.
    package let address: String?
    package let site: String
    package let act: Act
    package let until: Timestamp
    package let rule: String
    package let reply: String

    package enum Act: Hashable, Sendable {
        case closed(Closure.Kind)
        case connections(Int)
        case rate(Rate)
    }

    package init(address: String?, site: String, act: Act, until: Timestamp, rule: String, reply: String) {
        self.address = address
        self.site = site
        self.act = act
        self.until = until
        self.rule = rule
        self.reply = reply
    }

    /// `unreachable`, `suspended`, `blocked`, `connections 3`, `rate 100 60.0`; reads itself back.
    package var actText: String {
        switch act {
        case .closed(let kind): kind.rawValue
        case .connections(let count): "connections \(count)"
        case .rate(let rate): "rate \(rate.messages) \(rate.period)"
        }
    }

    package static func act(parsing text: String) -> Act? {
        let words = text.split(separator: " ")
        if words.count == 1 { return Closure.Kind(rawValue: text).map(Act.closed) }
        if words.count == 2, words[0] == "connections" { return Int(words[1]).map(Act.connections) }
        guard words.count == 3, words[0] == "rate", let messages = Int(words[1]), let period = Double(words[2]) else {
            return nil
        }
        return Rate(messages: messages, period: period).map(Act.rate)
    }
}
