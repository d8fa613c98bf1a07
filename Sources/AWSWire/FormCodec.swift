// SPDX-License-Identifier: Apache-2.0

/// The Query protocol's way in: `Destination.ToAddresses.member.1=a` as the JSON that says the same.
enum FormCodec {
    static let maximumDepth = 16

    private indirect enum Node {
        case text(String)
        case branch([(String, Node)])
    }

    static func json(_ pairs: [(name: String, value: String)]) throws -> [UInt8] {
        var root: [(String, Node)] = []
        for (name, value) in pairs {
            let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard path.count <= maximumDepth else {
                throw InputFault.malformed("'\(name.prefix(100))' is nested too deep.")
            }
            try insert(value, at: path[...], into: &root)
        }
        return Array(render(.branch(root)).utf8)
    }

    private static func insert(_ value: String, at path: ArraySlice<String>, into branch: inout [(String, Node)]) throws
    {
        guard let name = path.first else { return }
        let index = branch.firstIndex { $0.0 == name }
        if path.count == 1 {
            guard index == nil else { throw InputFault.malformed("Duplicate key '\(name.prefix(100))'.") }
            branch.append((name, .text(value)))
            return
        }
        var children: [(String, Node)] = []
        if let index {
            guard case .branch(let existing) = branch[index].1 else {
                throw InputFault.malformed("'\(name.prefix(100))' is both a value and a structure.")
            }
            children = existing
        }
        try insert(value, at: path.dropFirst(), into: &children)
        if let index { branch[index].1 = .branch(children) } else { branch.append((name, .branch(children))) }
    }

    private static func render(_ node: Node) -> String {
        switch node {
        case .text(let text): return JSONCodec.literal(text)
        case .branch(let children):
            if children.count == 1, children[0].0 == "member", case .branch(let members) = children[0].1 {
                let ordered = members.compactMap { entry in Int(entry.0).map { ($0, entry.1) } }.sorted { $0.0 < $1.0 }
                return "[" + ordered.map { render($0.1) }.joined(separator: ",") + "]"
            }
            return "{" + children.map { "\(JSONCodec.literal($0.0)):\(render($0.1))" }.joined(separator: ",") + "}"
        }
    }
}
