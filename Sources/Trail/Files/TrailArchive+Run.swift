// SPDX-License-Identifier: Apache-2.0

extension TrailArchive {
    /// Writes what is due, until the task is cancelled.
    /// - Parameters:
    ///   - interval: seconds between two looks.
    ///   - report: told of every round that failed; the next one tries again.
    package func run(
        _ book: TrailBook, every interval: Double = 5, report: @Sendable (any Error) -> Void
    ) async {
        while !Task.isCancelled {
            do {
                try await work(try await book.copies())
            } catch is CancellationError {
            } catch {
                report(error)
            }
            try? await Task.sleep(for: .seconds(interval))
        }
    }
}
