// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// An SMTP server on a real socket that does what a script says, and keeps what it heard.
final class ScriptedServer: Sendable {
    struct Script: Sendable {
        var greeting = "220 mx.example ready\r\n"
        /// The reply to EHLO; under TLS, `secureKeywords` stand in the place of `keywords`.
        var keywords = ["PIPELINING", "SIZE 50000000"]
        var secureKeywords = ["PIPELINING"]
        /// Replies by the beginning of the line; the rest is 250.
        var replies: [String: String] = [:]
        var verdict = "250 2.0.0 queued\r\n"
        /// Said when so many octets of content have come; the rest is not read.
        var earlyVerdict: (after: Int, reply: String)?
        /// Lines after which, and whether after the content, the connection is closed without a word.
        var closesAfter: [String] = []
        var closesAfterContent = false
        /// Written in one piece with the 220 of STARTTLS.
        var injection = ""
        var tls: NIOSSLContext?
        /// Answers STARTTLS, but then speaks no TLS.
        var breaksHandshake = false
        /// Says one octet of its greeting now and then, for ever.
        var drips = false

        init() {}
    }

    struct Heard: Sendable {
        var connections = 0
        var peers: [String] = []
        var lines: [String] = []
        /// As it came over the wire, with its end mark.
        var contents: [[UInt8]] = []
        var isSecure: [Bool] = []
    }

    private let heard = Mutex(Heard())
    let port: Int
    private let channel: any Channel

    var record: Heard { heard.withLock { $0 } }

    private init(channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    static func with<Result>(
        _ script: Script, _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let box = Box()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Dialogue(script) { change in box.tell(change) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(channel: channel)
        box.set(server)
        defer { channel.close(promise: nil) }
        return try await body(server)
    }

    private final class Box: Sendable {
        private let server = Mutex<ScriptedServer?>(nil)
        func set(_ value: ScriptedServer) { server.withLock { $0 = value } }
        func tell(_ change: (inout Heard) -> Void) {
            let server = server.withLock { $0 }
            server?.heard.withLock { change(&$0) }
        }
    }
}

/// One connection's half of the script.
private final class Dialogue: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: ScriptedServer.Script
    private let tell: ((inout ScriptedServer.Heard) -> Void) -> Void
    private var input: [UInt8] = []
    private var isContent = false
    private var isDeaf = false
    private var isBroken = false
    private var isSecure = false

    init(_ script: ScriptedServer.Script, _ tell: @escaping ((inout ScriptedServer.Heard) -> Void) -> Void) {
        self.script = script
        self.tell = tell
    }

    func channelActive(context: ChannelHandlerContext) {
        let peer = context.remoteAddress?.ipAddress ?? ""
        tell {
            $0.connections += 1
            $0.peers.append(peer)
        }
        if script.drips { drip(context) } else { say(script.greeting, context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { isSecure = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        if isBroken { return say("this is no TLS at all, not a bit of it\r\n", context) }
        input += unwrapInboundIn(data).readableBytesView
        while isContent ? readContent(context) : readLine(context) {}
    }

    private func readLine(_ context: ChannelHandlerContext) -> Bool {
        guard let end = input.firstIndex(of: 10) else { return false }
        let line = String(decoding: input[..<end].dropLast(), as: UTF8.self)
        input.removeSubrange(...end)
        tell { $0.lines.append(line) }
        if script.closesAfter.contains(where: line.hasPrefix) {
            context.close(promise: nil)
            return false
        }
        if let reply = script.replies.first(where: { line.hasPrefix($0.key) })?.value {
            say(reply, context)
            return true
        }
        return obey(line, context)
    }

    private func obey(_ line: String, _ context: ChannelHandlerContext) -> Bool {
        if line.hasPrefix("EHLO") {
            let keywords = isSecure ? script.secureKeywords : script.keywords
            say(
                (["250-mx.example"] + keywords.map { "250-\($0)" } + ["250 HELP"]).joined(separator: "\r\n") + "\r\n",
                context)
        } else if line == "STARTTLS" {
            startTLS(context)
        } else if line == "DATA" {
            isContent = true
            say("354 go\r\n", context)
        } else {
            say(line == "QUIT" ? "221 bye\r\n" : "250 ok\r\n", context)
            if line == "QUIT" { context.close(promise: nil) }
        }
        return true
    }

    private func readContent(_ context: ChannelHandlerContext) -> Bool {
        if let early = script.earlyVerdict, input.count >= early.after {
            // Reading on would let the client come to the end of its content.
            isDeaf = true
            context.channel.setOption(.autoRead, value: false).whenComplete { _ in }
            say(early.reply, context)
            return false
        }
        let end = Array("\r\n.\r\n".utf8)
        guard input.count >= end.count,
            let start = (0...(input.count - end.count)).first(where: { input[$0..<$0 + end.count].elementsEqual(end) })
        else { return false }
        let content = Array(input[..<(start + end.count)])
        input.removeSubrange(..<(start + end.count))
        isContent = false
        let isSecure = isSecure
        tell {
            $0.contents.append(content)
            $0.isSecure.append(isSecure)
        }
        if script.closesAfterContent { context.close(promise: nil) } else { say(script.verdict, context) }
        return !script.closesAfterContent
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        say("220 go\r\n" + script.injection, context)
        if script.breaksHandshake {
            isBroken = true
            return
        }
        guard let tls = script.tls else { return }
        try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
    }

    private func drip(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        say("220-x\r\n", context)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(20)) { bound.value.0.drip(bound.value.1) }
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
