// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
    static let sinks: [ConfigurationKey] = [
        .init("sinks.*.name"),
        .init("sinks.*.type"),
        .init("sinks.*.endpoints.*"),
        .init("sinks.*.token", secret: true),
        .init("sinks.*.ca"),
        .init("sinks.*.acknowledge", .boolean),
        .init("sinks.*.index"),
        .init("sinks.*.host"),
        .init("sinks.*.records.*"),
        .init("sinks.*.path"),
        .init("sinks.*.rotate", .integer),
        .init("sinks.*.batch.records", .integer),
        .init("sinks.*.batch.octets", .integer),
        .init("sinks.*.budget.records", .integer),
        .init("sinks.*.budget.octets", .integer),
        .init("sinks.*.when-full"),
    ]
}
