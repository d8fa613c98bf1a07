// SPDX-License-Identifier: Apache-2.0

import JSON

/// The data of an item of an alarm's history.
enum AlarmHistoryText {
    static func object(_ members: [(String, String)]) -> String {
        JSONValue.object(members.map { .init(name: $0, value: .string($1)) }).text
    }
}
