// SPDX-License-Identifier: Apache-2.0

package import Mail

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

    /// The sequence of the last fact before a moment, where facts are in the order of their moments; 0 where none is.
    package func last(before moment: Timestamp) async throws -> Int64 {
        var (low, high) = (Int64(0), try await newest())
        while low < high {
            let middle = low + (high - low) / 2
            if let next = try await facts(after: middle, limit: 1).first, next.fact.at < moment {
                low = next.sequence
            } else {
                high = middle
            }
        }
        return low
    }

    private func exists(after sequence: Int64) async throws -> Bool {
        try await !facts(after: sequence, limit: 1).isEmpty
    }
}
