// SPDX-License-Identifier: Apache-2.0

/// What Splunk's HTTP Event Collector means with the `code` of an answer (Splunk, "Troubleshoot HTTP Event Collector").
enum HECCode {
    enum Meaning: Hashable, Sendable {
        case taken
        /// Taken, with little room left.
        case takenButFull
        case later
        case oneIsWrong
        case allIsWrong
        case act
    }

    static func meaning(_ code: Int) -> Meaning? {
        switch code {
        case 0: .taken
        // Token disabled, required, of a wrong scheme, unknown; the index; the channel; acknowledgement; the query string.
        case 1, 2, 3, 4, 7, 10, 11, 14, 16, 21, 22: .act
        case 5: .allIsWrong
        case 6, 12, 13, 15: .oneIsWrong
        // Internal, busy, healthy (which no event is answered with), queues full, shutting down, too many requests.
        case 8, 9, 17, 18, 19, 20, 23, 26, 27: .later
        case 24, 25: .takenButFull
        default: nil
        }
    }

    /// An answer without a known code, as a proxy gives it. What is refused in a way that we do not know is kept.
    static func meaning(status: Int) -> Meaning {
        switch status {
        case 413: .allIsWrong
        case 408, 425, 429, 500...599, 200...299: .later
        default: .act
        }
    }
}
