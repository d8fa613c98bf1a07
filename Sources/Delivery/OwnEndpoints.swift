// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Mail
import Synchronization

/// The addresses and ports this server itself takes mail at: a way out that leads there is a loop (RFC 5321 §5.1).
package final class OwnEndpoints: Sendable {
    /// The addresses of this machine, in network order.
    package typealias Interfaces = @Sendable () -> Set<[UInt8]>

    /// For so many seconds the list of this machine's addresses is believed.
    private static let lifetime = 10.0

    private struct Listener {
        var addresses: Set<[UInt8]> = []
        /// Lengths of the addresses it takes all of: 4, 16.
        var families: Set<Int> = []
    }

    private let listeners: [Int: Listener]
    private let interfaces: Interfaces
    private let now: Now
    private let seen = Mutex<(at: Timestamp?, addresses: Set<[UInt8]>)>((nil, []))

    /// - Parameter endpoints: as they are configured: an address, a wildcard, or a name, which is looked up here and now
    ///   as it is for listening.
    package init(
        _ endpoints: [(host: String, port: Int)], now: @escaping Now,
        interfaces: @escaping Interfaces = OwnEndpoints.interfaces
    ) {
        self.interfaces = interfaces
        self.now = now
        var listeners: [Int: Listener] = [:]
        for endpoint in endpoints {
            for address in Self.addresses(of: endpoint.host) {
                if Self.isWildcard(address) {
                    // Linux gives a listener on `::` what comes over IPv4 too.
                    listeners[endpoint.port, default: Listener()].families.formUnion([4, address.count])
                } else {
                    listeners[endpoint.port, default: Listener()].addresses.insert(address)
                }
            }
        }
        self.listeners = listeners
    }

    package func contains(_ host: String, _ port: Int) -> Bool {
        guard let listener = listeners[port] else { return false }
        let addresses = host == "localhost" ? Self.loopback : [Self.octets(host)].compactMap(\.self)
        return addresses.contains { address in
            // To connect to the wildcard is to connect to this machine.
            let address = Self.isWildcard(address) ? Self.loopback(like: address) : address
            if listener.addresses.contains(address) { return true }
            return listener.families.contains(address.count) && isHere(address)
        }
    }

    private func isHere(_ address: [UInt8]) -> Bool {
        if Self.isLoopback(address) { return true }
        let moment = now()
        return seen.withLock { seen in
            if seen.at.map({ moment - $0 > Self.lifetime }) ?? true { seen = (moment, interfaces()) }
            return seen.addresses.contains(address)
        }
    }
}

// MARK: - Addresses

extension OwnEndpoints {
    private static let loopback: [[UInt8]] = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]

    private static func loopback(like address: [UInt8]) -> [UInt8] { loopback[address.count == 4 ? 0 : 1] }

    private static func isWildcard(_ address: [UInt8]) -> Bool { address.allSatisfy { $0 == 0 } }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address == loopback[1]
    }

    private static func octets(_ text: String) -> [UInt8]? {
        var v4 = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &v4) == 1 { return v4 }
        var v6 = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &v6) == 1 ? unwrapped(v6) : nil
    }

    // ::ffff:192.0.2.1 is the IPv4 address it wraps.
    private static func unwrapped(_ v6: [UInt8]) -> [UInt8] {
        v6.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] ? Array(v6.suffix(4)) : v6
    }

    private static func addresses(of host: String) -> [[UInt8]] {
        if let address = octets(host) { return [address] }
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, nil, &list) == 0, let first = list else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first, next: { $0.pointee.ai_next }).compactMap { octets($0.pointee.ai_addr) }
    }

    /// The addresses of the interfaces of this machine.
    package static let interfaces: Interfaces = {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0, let first = list else { return [] }
        defer { freeifaddrs(first) }
        return Set(sequence(first: first, next: { $0.pointee.ifa_next }).compactMap { octets($0.pointee.ifa_addr) })
    }

    private static func octets(_ socket: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
        guard let socket else { return nil }
        let raw = UnsafeRawPointer(socket)
        switch Int32(socket.pointee.sa_family) {
        case AF_INET: return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
        case AF_INET6:
            return unwrapped(withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) })
        default: return nil
        }
    }
}
