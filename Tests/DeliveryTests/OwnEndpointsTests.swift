// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import SMTP
import Synchronization
import Testing

@Suite("Own endpoints")
struct OwnEndpointsTests {
    private func contains(_ listeners: [(String, Int)], _ host: String, _ port: Int = 25) -> Bool {
        let own = OwnEndpoints(
            listeners.map { ($0.0, $0.1) }, now: { Timestamp(seconds: 0) },
            interfaces: { [[192, 0, 2, 5], [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [5]] })
        return own.contains(host, port)
    }

    @Test(
        "a listener is where it listens",
        arguments: [
            ("192.0.2.5", ["192.0.2.5", "::ffff:192.0.2.5"]),
            ("127.0.0.1", ["127.0.0.1", "localhost", "0.0.0.0"]),
            ("::1", ["::1", "localhost", "::"]),
            ("localhost", ["localhost", "127.0.0.1"]),
            ("0.0.0.0", ["192.0.2.5", "127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0"]),
            ("::", ["192.0.2.5", "2001:db8::5", "::1", "127.0.0.1", "localhost", "::", "0.0.0.0"]),
        ])
    func ours(_ listener: String, _ hosts: [String]) {
        for host in hosts {
            #expect(contains([(listener, 587), (listener, 25)], host), "\(host)")
            #expect(!contains([(listener, 587)], host), "\(host) at another port")
        }
    }

    @Test(
        "and nowhere else",
        arguments: [
            ("192.0.2.5", ["192.0.2.6", "2001:db8::5", "127.0.0.1", "mx.example"]),
            ("127.0.0.1", ["192.0.2.5", "127.0.0.2", "::1"]),
            ("0.0.0.0", ["192.0.2.6", "2001:db8::5", "::1", "mx.example"]),
            ("::", ["192.0.2.6", "2001:db8::6", "mx.example"]),
        ])
    func others(_ listener: String, _ hosts: [String]) {
        for host in hosts { #expect(!contains([(listener, 25)], host), "\(host)") }
    }

    @Test("the machine's addresses are looked at again after a while, and not for each mail")
    func refresh() {
        let clock = ManualClock()
        let looks = Mutex(0)
        let own = OwnEndpoints([("0.0.0.0", 25)], now: clock.now) {
            looks.withLock { $0 += 1 }
            return [[192, 0, 2, UInt8(looks.withLock { $0 })]]
        }
        #expect(!own.contains("192.0.2.2", 25) && !own.contains("192.0.2.2", 25))
        clock.advance(11)
        #expect(own.contains("192.0.2.2", 25) && own.contains("192.0.2.2", 25))
        #expect(looks.withLock { $0 } == 2)
    }

    @Test("this machine has addresses")
    func interfaces() { #expect(OwnEndpoints.interfaces().contains([127, 0, 0, 1])) }
}
