// SPDX-License-Identifier: Apache-2.0

/// Which actions administer: all that change something and are not sends.
package enum Administration {
    private static let harmless = [
        "get", "list", "describe", "batchget", "simulate", "generate", "send", "decode", "test", "lookup", "head",
    ]
    package static func contains(_ action: String) -> Bool {
        let halves = action.lowercased().split(separator: ":", maxSplits: 1)
        // Assuming a role is not administering; what the role then does is looked at again.
        guard halves.count == 2, halves[0] != "sts" else { return false }
        return !harmless.contains { halves[1].hasPrefix($0) }
    }
}
