// SPDX-License-Identifier: Apache-2.0

/// What the name server of the tests serves.
enum Zones {
    static let signed: Set = ["signed.example"]

    static let digest = String(repeating: "0a", count: 32)
    /// In the zone its first octets are others than those that were signed.
    static let altered = "deadbeef" + String(repeating: "0a", count: 28)

    static let longText = String(repeating: "0123456789abcdef", count: 40)

    static let all = [
        "plain.example": head("plain.example") + """
            @ IN MX 20 MX2.Plain.Example.
            @ IN MX 10 mx1
            mx1 IN A 192.0.2.1
            mx1 IN A 192.0.2.2
            mx1 IN AAAA 2001:db8::1
            four IN A 192.0.2.4
            six IN AAAA 2001:db8::6
            null IN MX 0 .
            text IN TXT "one" " two" ""
            text IN TXT "other"
            long IN TXT \(strings(longText))
            token._domainkey IN CNAME token.dkim.other.example.
            dangling IN CNAME nowhere.other.example.
            loop IN CNAME pool
            pool IN CNAME loop
            _25._tcp IN TLSA 3 1 1 \(digest)
            outside IN CNAME host.unserved.example.

            """,
        "other.example": head("other.example") + "token.dkim IN TXT \(strings("v=DKIM1; k=rsa; p=" + longText))\n",
        "signed.example": head("signed.example") + """
            @ IN MX 10 mx
            mx IN A 192.0.2.66
            mx IN AAAA 2001:db8::66
            half IN AAAA 2001:db8::bad
            bogus IN TXT "ALTER-ME"
            text IN TXT "secure"
            away IN CNAME text.plain.example.
            lame IN A 192.0.2.67
            lame IN AAAA 2001:db8::bad
            alias IN CNAME mx
            _25._tcp.mx IN TLSA 3 1 1 \(digest)
            _25._tcp.mx IN TLSA 2 0 2 \(digest)\(digest)
            _25._tcp.alias IN CNAME _25._tcp.mx
            _25._tcp.away IN CNAME _25._tcp.plain.example.
            _25._tcp.broken IN TLSA 3 1 1 \(altered)

            """,
    ]

    static func configuration(port: UInt16, directory: String) -> String {
        """
        server:
          ip-address: 127.0.0.1@\(port)
          username: ""
          server-count: 1
          database: ""
          zonesdir: "\(directory)"
          pidfile: "\(directory)/pid"
          logfile: "\(directory)/log"
          xfrdfile: "\(directory)/xfrd.state"
          zonelistfile: "\(directory)/zone.list"
          xfrdir: "\(directory)"
          rrl-ratelimit: 0
          rrl-whitelist-ratelimit: 0
        remote-control:
          control-enable: no

        """
    }

    private static func head(_ zone: String) -> String {
        "$ORIGIN \(zone).\n$TTL 300\n@ IN SOA ns h 1 3600 600 86400 60\n@ IN NS ns\nns IN A 192.0.2.53\n"
    }

    /// Character strings of at most 255 octets.
    private static func strings(_ text: String) -> String {
        stride(from: 0, to: text.count, by: 255).map { "\"\(text.dropFirst($0).prefix(255))\"" }.joined(separator: " ")
    }
}
