// SPDX-License-Identifier: Apache-2.0

/// The Query protocol's way in: `Destination.ToAddresses.member.1=a` as the JSON that says the same.
///
/// Nothing is dropped: a name that cannot be understood is an error. Limits: 16 levels, names of 1,000 octets.
enum FormCodec {
    static let maximumDepth = 16
    static let maximumNameLength = 1_000

    private final class Node {
        var text: String?
        var names: [String] = []
        var children: [String: Node] = [:]

        func child(_ name: String) -> Node {
            if let child = children[name] { return child }
            let child = Node()
            names.append(name)
            children[name] = child
            return child
        }
    }

    static func json(_ pairs: [(name: String, value: String)]) throws -> [UInt8] {
        let root = Node()
        for (name, value) in pairs {
            guard name.utf8.count <= maximumNameLength else {
                throw InputFault.malformed("A parameter's name is longer than \(maximumNameLength) octets.")
            }
            let path = name.split(separator: ".", omittingEmptySubsequences: false)
            guard path.count <= maximumDepth else {
                throw InputFault.malformed("'\(name.prefix(100))' is nested too deep.")
            }
            var node = root
            for part in path {
                guard node.text == nil else {
                    throw InputFault.malformed("'\(name.prefix(100))' is both a value and a structure.")
                }
                node = node.child(String(part))
            }
            guard node.text == nil, node.names.isEmpty else {
                throw InputFault.malformed("Duplicate key '\(name.prefix(100))'.")
            }
            node.text = value
        }
        var output = ""
        try render(root, into: &output)
        return Array(output.utf8)
    }

    private static func render(_ node: Node, into output: inout String) throws {
        if let text = node.text {
            output += JSONCodec.literal(text)
        } else if node.names == ["member"], let members = node.children["member"], members.text == nil {
            try renderList(members, into: &output)
        } else {
            output += "{"
            for (index, name) in node.names.enumerated() {
                output += "\(index > 0 ? "," : "")\(JSONCodec.literal(name)):"
                if let child = node.children[name] { try render(child, into: &output) }
            }
            output += "}"
        }
    }

    // Members in the order of their numbers, which may have gaps.
    private static func renderList(_ members: Node, into output: inout String) throws {
        var numbered: [(number: Int, name: String)] = []
        for name in members.names {
            guard let number = Int(name), number >= 0, String(number) == name else {
                throw InputFault.malformed("'member.\(name.prefix(100))' is not a numbered member.")
            }
            numbered.append((number, name))
        }
        output += "["
        for (index, entry) in numbered.sorted(by: { $0.number < $1.number }).enumerated() {
            if index > 0 { output += "," }
            if let member = members.children[entry.name] { try render(member, into: &output) }
        }
        output += "]"
    }
}
