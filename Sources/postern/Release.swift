// SPDX-License-Identifier: Apache-2.0

/// Which Postern this is.
enum Release {
    /// As CHANGELOG.md has it.
    static let version = "unreleased"
}
