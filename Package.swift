// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// The house: one target per room. `docs/architecture.md` has the picture, `scripts/check` holds the imports to it.

import PackageDescription

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func room(_ name: String, uses: Target.Dependency...) -> Target {
    .target(name: name, dependencies: uses, swiftSettings: house)
}

func tests(_ name: String, uses: Target.Dependency...) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + uses, swiftSettings: house)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "postern",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "postern", targets: ["postern"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Ground floor: pure values.
        room("Mail"),
        room("MIME", uses: "Mail"),
        room("SMTP", uses: "Mail"),
        room("DNS"),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        room("Authentication", uses: "Mail", "MIME", "COpenSSL", crypto, cryptoExtras, x509, asn1),
        room("AWSWire", uses: "JSON", "Compression", crypto),
        room("JSON"),
        room("Measures"),
        room("PolicyLanguage", uses: "JSON"),
        room("Templating", uses: "JSON"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        room("Compression", uses: "CZlib"),
        .systemLibrary(name: "CMalloc"),
        .target(
            name: "Reports", dependencies: ["Mail", "MIME", "Compression"],
            resources: [.embedInCode("Replies/replies.yaml")],
            swiftSettings: house),

        // First floor: the trade.
        room("Journal", uses: "Mail", "JSON"),
        room("Access", uses: "Mail", "Journal", "PolicyLanguage", crypto),
        .target(
            name: "Queue", dependencies: ["Mail", "Journal"], resources: [.embedInCode("Shaping/providers.yaml")],
            swiftSettings: house),
        room(
            "Sending", uses: "Mail", "MIME", "DNS", "Authentication", "PolicyLanguage", "Templating", "Access", "Queue",
            "Journal"),
        room(
            "Delivery", uses: "Mail", "MIME", "DNS", "SMTP", "Authentication", "Compression", "Reports", "Measures",
            "Queue",
            "Journal",
            log),

        room("Trail", uses: "Mail", "JSON", "Authentication", "Compression", "Journal", "Access", crypto, cryptoExtras),
        room("Shipping", uses: "Mail", "JSON", "Measures", "Compression", "Journal", "Trail", crypto),

        room("Monitoring", uses: "Mail", "JSON", "Measures", "Journal"),
        room("Notify", uses: "Mail", "JSON", "Journal", "Access", crypto, cryptoExtras, x509, asn1),

        room("Receiving", uses: "Mail", "MIME", "Reports", "Journal", "Queue", crypto, log),

        // Second floor: doors.
        room(
            "SMTPListener", uses: "Mail", "SMTP", "Access", "Sending", "Queue", "Receiving", nio, nioPosix, nioTLS,
            nioSSL,
            log, lifecycle),
        room("SMTPTransport", uses: "Mail", "SMTP", "Delivery", "Queue", nio, nioPosix, nioSSL, nioTLS),
        .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
        room("Resolver", uses: "DNS", "CUnbound"),
        room(
            "WebClient",
            uses: "Mail", "DNS", "Authentication", "Reports", "Delivery", "Notify", httpClient, nio, nioHTTP1, nioSSL),
        room("AWSAccess", uses: "Mail", "JSON", "AWSWire", "Access", "Journal"),
        room("CloudTrail", uses: "Mail", "JSON", "AWSWire", "AWSAccess", "Access", "Journal", "Trail"),
        room("CloudWatch", uses: "Mail", "JSON", "AWSWire", "AWSAccess", "Access", "Journal", "Monitoring"),
        room("CloudWatchLogs", uses: "Mail", "JSON", "AWSWire", "AWSAccess", "Access", "Journal"),
        room("SNS", uses: "Mail", "JSON", "AWSWire", "AWSAccess", "Access", "PolicyLanguage", "Notify"),
        room("S3", uses: "Mail", "AWSWire", "AWSAccess", "Access", "Trail", crypto),
        room("Sinks", uses: "Mail", "Shipping", httpClient, nio, nioPosix, nioHTTP1, nioSSL),
        room("SESv1", uses: "Mail", "MIME", "Templating", "AWSWire", "AWSAccess", "Access", "Sending", "Queue"),
        room("SESv2", uses: "Mail", "MIME", "Templating", "AWSWire", "AWSAccess", "Access", "Sending", "Queue"),
        room("IAM", uses: "Mail", "AWSWire", "AWSAccess", "Access", "PolicyLanguage", "Journal"),
        room("Organizations", uses: "Mail", "AWSWire", "AWSAccess", "Access", "Journal"),
        room("STS", uses: "Mail", "AWSWire", "AWSAccess", "Access"),
        room(
            "Operator", uses: "Mail", "Journal", "Authentication", "PolicyLanguage", "AWSWire", "AWSAccess", "Access",
            "Queue", "Sending", "Trail"),
        room(
            "API",
            uses: "Measures", "AWSWire", hummingbird, hummingbirdCore, hummingbirdTLS, nio, nioSSL, log, lifecycle,
            httpTypes),
        room(
            "Console", uses: "Mail", "MIME", "Access", "Authentication", "Delivery", hummingbird, nio, log,
            .product(name: "Mustache", package: "swift-mustache")),
        room(
            "SQLite", uses: "Mail", "Measures", "Journal", "Access", "Queue", "Sending", "Delivery", "Trail",
            "Monitoring", "Notify",
            .product(name: "GRDB", package: "GRDB.swift")),

        // Apart.
        room("AWSClient", uses: "AWSWire"),
        room("Simulator", uses: "Mail", "Queue", "Reports"),

        // Roof.
        room(
            "Settings",
            uses: "Mail", "Queue", "Reports", .product(name: "Configuration", package: "swift-configuration"),
            .product(name: "Yams", package: "Yams")),
        .executableTarget(
            name: "postern",
            dependencies: [
                "Mail", "MIME", "SMTP", "DNS", "Authentication", "AWSWire", "Journal", "Access", "Queue", "Sending",
                "Delivery", "Measures", "Reports", "Receiving", "SMTPListener", "SMTPTransport", "Resolver",
                "WebClient", "SESv1", "SESv2",
                "IAM", "Organizations", "STS", "Trail", "CloudTrail", "S3", "Shipping", "Sinks",
                "Monitoring", "Notify", "CloudWatch", "CloudWatchLogs", "SNS",
                "PolicyLanguage", "Operator", "API",
                "Console", "SQLite", "AWSClient", "AWSAccess", "Settings", "Simulator", "CMalloc", nio, nioPosix,
                nioSSL, log,
                lifecycle,
                signals, crypto,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),

        // Beside.
        tests("Mail"),
        tests("MIME", uses: "Mail"),
        tests("SMTP", uses: "Mail"),
        tests("DNS"),
        tests("Authentication", uses: "Mail", "MIME", crypto, cryptoExtras, x509, asn1),
        tests("AWSWire", uses: "Compression"),
        tests("SESv2", uses: "AWSWire", "JSON"),
        tests("JSON"),
        tests("Measures"),
        tests("PolicyLanguage"),
        tests("Templating"),
        .executableTarget(
            name: "PolicyOracle", dependencies: ["PolicyLanguage"], path: "Tests/PolicyOracle", swiftSettings: house),
        tests("Access", uses: "Mail", "Journal"),
        tests("Journal"),
        tests("Queue", uses: "Mail", "Journal"),
        tests("Sending", uses: "Mail", "DNS", "Access", "Queue", "Journal"),
        tests("Receiving", uses: "Mail", "Reports", "Journal", "Queue", log),
        tests("Delivery", uses: "Mail", "MIME", "SMTP", "Queue", "DNS", "Journal", "Authentication", "Reports", log),
        tests(
            "SMTPTransport", uses: "Mail", "SMTP", "Delivery", "Queue", "Authentication", "Reports", nio, nioPosix,
            nioSSL,
            crypto),
        tests(
            "SQLite", uses: "Mail", "Queue", "Journal", "Delivery", "Reports", "Trail", "Monitoring", "Notify",
            .product(name: "GRDB", package: "GRDB.swift")),
        tests("Resolver", uses: "DNS"),
        tests("WebClient", uses: "Mail", "DNS", "Delivery", "Reports", "Notify", nio, nioPosix),
        .testTarget(
            name: "ReportsTests", dependencies: ["Reports", "Mail", "MIME", "Settings", "CZlib", "Compression"],
            resources: [.copy("Fixtures")], swiftSettings: house),
        tests("AWSAccess", uses: "Mail", "JSON", "AWSWire", "Access", "Journal"),
        tests("CloudTrail", uses: "Trail", "Mail", "JSON", "AWSWire", "Access", "Journal"),
        tests("Shipping", uses: "Mail", "JSON", "CZlib", "Compression", "Measures", "Journal", "Trail"),
        tests("Sinks", uses: "Mail", "Shipping", nio, nioPosix, nioSSL),
        tests("Trail", uses: "Compression", "Mail", "JSON", "Journal", "Access"),
        tests("Monitoring", uses: "Mail", "Journal", "Measures"),
        tests("CloudWatch", uses: "AWSWire", "Mail", "Monitoring"),
        tests("CloudWatchLogs", uses: "AWSWire", "Mail", "Journal"),
        tests("Notify", uses: "Mail", "Journal", "Access", crypto, cryptoExtras, x509, asn1),
        tests("SNS", uses: "AWSWire", "Mail", "Notify", "PolicyLanguage"),
        tests("Settings", uses: "Mail", "Queue", "Reports"),
        tests("Simulator", uses: "Mail", "Queue", "Reports"),
    ],
    swiftLanguageModes: [.v6]
)

// Fuzz targets are in the manifest only when `scripts/fuzz` asks for them: no other build links the fuzzer.
if Context.environment["POSTERN_FUZZ"] != nil {
    for (name, rooms) in [
        ("FuzzSMTP", ["SMTP", "Mail"]), ("FuzzMIME", ["MIME"]), ("FuzzAddress", ["Mail", "MIME"]),
        ("FuzzSigV4", ["AWSWire"]),
        ("FuzzDKIM", ["Authentication"]), ("FuzzTLS", ["Authentication", "Reports"]),
        ("FuzzPolicy", ["PolicyLanguage"]), ("FuzzTemplate", ["Templating"]),
        ("FuzzDSN", ["Reports", "Mail"]), ("FuzzARF", ["Reports", "Mail"]), ("FuzzCBOR", ["AWSWire"]),
    ] {
        package.products.append(.executable(name: name, targets: [name]))
        package.targets.append(
            .executableTarget(
                name: name, dependencies: rooms.map { .byName(name: $0) }, path: "Fuzz/\(name)", exclude: [],
                swiftSettings: house + [.unsafeFlags(["-parse-as-library"])]))
    }
}

// What the benchmarks compare with; `scripts/bench` asks for it.
if Context.environment["POSTERN_BENCH"] != nil {
    package.products.append(.executable(name: "BareRoute", targets: ["BareRoute"]))
    package.products.append(.executable(name: "Decisions", targets: ["Decisions"]))
    package.products.append(.executable(name: "Readers", targets: ["Readers"]))
    package.targets.append(
        .executableTarget(
            name: "Readers", dependencies: ["Mail", "Journal", "Trail", "Monitoring", "SQLite", "Compression"],
            path: "Benchmarks/Readers", swiftSettings: house))
    package.targets.append(
        .executableTarget(
            name: "Decisions", dependencies: ["PolicyLanguage"], path: "Benchmarks/Decisions", swiftSettings: house))
    package.targets.append(
        .executableTarget(
            name: "BareRoute", dependencies: [hummingbird, log], path: "Benchmarks/BareRoute", swiftSettings: house))
}
