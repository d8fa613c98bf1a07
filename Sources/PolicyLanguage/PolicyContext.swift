// SPDX-License-Identifier: Apache-2.0

/// The keys a request brings and their values. Names are compared without regard to case; a key without values is absent.
///
/// A request brings some twenty keys and is asked for them a hundred times: each is found by a number made of its name.
package struct PolicyContext: Sendable {
    private struct Entry: Sendable {
        let name: ContextName
        var values: [String]
    }

    private var entries: [Entry] = []

    package init(_ values: [String: [String]] = [:]) {
        entries.reserveCapacity(values.count + 8)
        for (name, list) in values { self[name] = list }
    }

    /// - Parameter values: with keys in lower case, and none without values.
    package init(lowercased values: [String: [String]]) {
        entries.reserveCapacity(values.count + 8)
        for (name, list) in values { entries.append(Entry(name: ContextName(name), values: list)) }
    }

    /// Empty for an absent key.
    package subscript(_ name: String) -> [String] {
        get { values(of: ContextName(name.lowercased())) }
        set { set(ContextName(name.lowercased()), newValue) }
    }

    func values(of name: ContextName) -> [String] {
        for entry in entries where entry.name == name { return entry.values }
        return []
    }

    package var names: [String] { entries.map(\.name.text).sorted() }

    package mutating func merge(_ other: PolicyContext) {
        for entry in other.entries { set(entry.name, entry.values) }
    }

    private mutating func set(_ name: ContextName, _ values: [String]) {
        if let index = entries.firstIndex(where: { $0.name == name }) {
            if values.isEmpty { entries.remove(at: index) } else { entries[index].values = values }
        } else if !values.isEmpty {
            entries.append(Entry(name: name, values: values))
        }
    }

    private var table: [String: [String]] {
        Dictionary(entries.map { ($0.name.text, $0.values) }, uniquingKeysWith: { first, _ in first })
    }
}

extension PolicyContext: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.table == right.table }
    package func hash(into hasher: inout Hasher) { hasher.combine(table) }
}

/// A condition key's name in lower case, with a number by which it is told from others before it is compared.
struct ContextName: Sendable {
    let text: String
    // FNV-1a: nothing depends on it but speed.
    private let mark: UInt64

    init(_ lowercased: String) {
        text = lowercased
        var mark: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in lowercased.utf8 { mark = (mark ^ UInt64(octet)) &* 0x100_0000_01b3 }
        self.mark = mark
    }

    static func == (left: ContextName, right: ContextName) -> Bool {
        left.mark == right.mark && left.text.isExactly(right.text)
    }
}

/// What a policy is asked: may this principal do this to that?
package struct PolicyRequest: Hashable, Sendable {
    package var principal: PolicyPrincipal
    /// `ses:SendEmail`
    package var action: String { didSet { actionInLowerCase = action.lowercased() } }
    /// An ARN, or `*` for an action that takes no resource.
    package var resource: String { didSet { resourceFields = ARNPattern.plainFields(of: resource) } }
    /// Whose the resource is; the principal's own account for `*`.
    package var resourceAccount: String
    package var context: PolicyContext
    private(set) var actionInLowerCase: String
    /// The ARN's six components; fewer for what is none.
    private(set) var resourceFields: [Substring]

    package init(
        principal: PolicyPrincipal, action: String, resource: String, resourceAccount: String, context: PolicyContext
    ) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.context = context
        actionInLowerCase = action.lowercased()
        resourceFields = ARNPattern.plainFields(of: resource)
    }
}
