// SPDX-License-Identifier: Apache-2.0

extension FactStream {
    /// The sequence of the newest fact, `sequence` where there is none after it: found with reads of one fact, twice the
    /// logarithm of how many there are.
    package func newest(after sequence: Int64 = 0) async throws -> Int64 {
        var low = sequence
        guard try await exists(after: low) else { return low }
        var stride: Int64 = 1
        while stride < 1 << 40, try await exists(after: low + stride) {
            low += stride
            stride *= 2
        }
        var high = low + stride
        while low < high {
            let middle = low + (high - low) / 2
            if try await exists(after: middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func exists(after sequence: Int64) async throws -> Bool {
        try await !facts(after: sequence, limit: 1).isEmpty
    }
}
