// SPDX-License-Identifier: Apache-2.0

/// What a tag may be (AWS tagging user guide, "Tag naming limits and requirements"); each service says no in its own words.
package enum TagText {
    /// - Returns: whether the key has 1 to 128 letters and is not AWS's own, and the value at most 256.
    package static func isAllowed(_ key: String, _ value: String) -> Bool {
        (1...128).contains(key.unicodeScalars.count) && value.unicodeScalars.count <= 256
            && !key.lowercased().hasPrefix("aws:")
    }
}
