// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Reads which cipher suite the peer chose out of its ServerHello (RFC 8446 §4.1.3), which goes over the wire in clear in
/// every version, because the TLS library does not say. Passes everything on and is done after that message, or at
/// anything that does not look like it.
final class CipherWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Record header, handshake header, version, random, the longest session id, cipher suite.
    private static let enough = 5 + 4 + 2 + 32 + 1 + 32 + 2

    private(set) var cipher: String?
    private var head: [UInt8] = []
    private var isDone = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isDone { look(unwrapInboundIn(data)) }
        context.fireChannelRead(data)
    }

    private func look(_ buffer: ByteBuffer) {
        head += buffer.readableBytesView.prefix(Self.enough - head.count)
        switch Self.suite(head) {
        case .found(let suite):
            cipher = Self.names[suite] ?? "0x" + String(suite, radix: 16, uppercase: true)
            isDone = true
        case .other: isDone = true
        case .incomplete: isDone = head.count >= Self.enough
        }
        if isDone { head = [] }
    }

    private enum Found {
        case found(UInt16)
        case incomplete, other
    }

    // struct { ProtocolVersion legacy_version; Random random; opaque legacy_session_id_echo<0..32>;
    //          CipherSuite cipher_suite; … } ServerHello;
    private static func suite(_ bytes: [UInt8]) -> Found {
        let handshake: UInt8 = 22
        let serverHello: UInt8 = 2
        guard let type = bytes.first else { return .incomplete }
        guard type == handshake else { return .other }
        let session = 5 + 4 + 2 + 32
        guard bytes.count > session else { return .incomplete }
        guard bytes[5] == serverHello, bytes[session] <= 32 else { return .other }
        let place = session + 1 + Int(bytes[session])
        guard bytes.count > place + 1 else { return .incomplete }
        return .found(UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1]))
    }

    /// Names of the IANA registry "TLS Cipher Suites", of the suites that our library speaks.
    private static let names: [UInt16: String] = [
        0x1301: "TLS_AES_128_GCM_SHA256",
        0x1302: "TLS_AES_256_GCM_SHA384",
        0x1303: "TLS_CHACHA20_POLY1305_SHA256",
        0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
        0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
        0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
        0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    ]
}
