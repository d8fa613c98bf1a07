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
    /// The entries' numbers, in their order: what is looked through.
    private var marks: [UInt64] = []

    package init(_ values: [String: [String]] = [:]) {
        entries.reserveCapacity(values.count + 8)
        for (name, list) in values { self[name] = list }
    }

    /// - Parameter values: with keys in lower case, none twice and none without values.
    package init(lowercased values: KeyValuePairs<String, [String]>) {
        entries.reserveCapacity(values.count + 16)
        marks.reserveCapacity(values.count + 16)
        for (name, list) in values { append(Entry(name: ContextName(name), values: list)) }
    }

    /// Empty for an absent key.
    package subscript(_ name: String) -> [String] {
        get { values(of: ContextName(name.lowercased())) }
        set { set(ContextName(name.lowercased()), newValue) }
    }

    func values(of name: ContextName) -> [String] {
        index(of: name).map { entries[$0].values } ?? []
    }

    private func index(of name: ContextName) -> Int? {
        for index in marks.indices where marks[index] == name.mark && entries[index].name == name {
            return index
        }
        return nil
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        marks.append(entry.name.mark)
    }

    package var names: [String] { entries.map(\.name.text).sorted() }

    package mutating func merge(_ other: PolicyContext) {
        for entry in other.entries { set(entry.name, entry.values) }
    }

    private mutating func set(_ name: ContextName, _ values: [String]) {
        if let index = index(of: name) {
            entries[index].values = values
            guard values.isEmpty else { return }
            entries.remove(at: index)
            marks.remove(at: index)
        } else if !values.isEmpty {
            append(Entry(name: name, values: values))
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
    let mark: UInt64
    private let isASCII: Bool

    init(_ lowercased: String) {
        text = lowercased
        var mark: UInt64 = 0xcbf2_9ce4_8422_2325
        var octets: UInt8 = 0
        for octet in lowercased.utf8 {
            mark = (mark ^ UInt64(octet)) &* 0x100_0000_01b3
            octets |= octet
        }
        self.mark = mark
        isASCII = octets < 0x80
    }

    // ASCII has one spelling only, and comparing it is quick.
    static func == (left: ContextName, right: ContextName) -> Bool {
        left.isASCII && right.isASCII ? left.text == right.text : left.text.isExactly(right.text)
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
