// SPDX-License-Identifier: Apache-2.0

package import Mail

extension ServerSession {
    mutating func data() {
        reply(Reply(354, nil, "End data with <CR><LF>.<CR><LF>"))
        mode = .data(ContentScanner(removesDots: true))
    }

    mutating func chunk(_ length: Int, _ isLast: Bool) {
        mode = .chunk(chunks ?? ContentScanner(removesDots: false), remaining: length, isLast: isLast)
    }

    mutating func readData(_ scanner: ContentScanner) -> Bool {
        guard position < input.count else { return false }
        var scanner = scanner
        let (content, consumed, ended) = scan(&scanner, limit: input.count - position)
        position += consumed
        mode = .data(scanner)
        deliver(content)
        if ended { finish(scanner) }
        return true
    }

    mutating func readChunk(_ scanner: ContentScanner, _ remaining: Int, _ isLast: Bool) -> Bool {
        guard position < input.count || remaining == 0 else { return false }
        var scanner = scanner
        let (content, consumed, _) = scan(&scanner, limit: min(remaining, input.count - position))
        position += consumed
        deliver(content)
        if remaining > consumed {
            mode = .chunk(scanner, remaining: remaining - consumed, isLast: isLast)
        } else if isLast {
            finish(scanner)
        } else {
            chunks = scanner
            mode = .command
            reply(Reply(250, .init(2, 0, 0), "\(contentSize) octets received"))
        }
        return true
    }

    private func scan(_ scanner: inout ContentScanner, limit: Int) -> (content: [UInt8], consumed: Int, ended: Bool) {
        var content: [UInt8] = []
        content.reserveCapacity(limit)
        let (consumed, ended) = input.withUnsafeBytes { bytes in
            scanner.read(UnsafeRawBufferPointer(rebasing: bytes[position..<position + limit]), into: &content)
        }
        return (content, consumed, ended)
    }

    // Content beyond the limit is counted and dropped: the refusal comes at its end.
    private mutating func deliver(_ content: [UInt8]) {
        guard !content.isEmpty else { return }
        let fitted = contentSize <= settings.maximumMessageSize
        contentSize += content.count
        if contentSize <= settings.maximumMessageSize {
            pending.append(.content(content))
        } else if fitted {
            pending.append(.discardContent)
        }
    }

    private mutating func finish(_ scanner: ContentScanner) {
        let isTooLong = contentSize > settings.maximumMessageSize
        guard case .transaction(let envelope, _) = phase, !isTooLong, !scanner.isAmbiguous, !scanner.endsInsideLineEnd
        else {
            mode = .command
            forgetTransaction()
            return fail(
                isTooLong
                    ? Reply(552, .init(5, 3, 4), "Message is too long.")
                    : Reply(
                        550, .init(5, 5, 2),
                        "Transaction failed: lines must end in CRLF; bare CR, bare LF and NUL are refused"))
        }
        contentSize = 0
        chunks = nil
        phase = .ready
        mode = .waiting
        pending.append(.submit(envelope, is8Bit: scanner.is8Bit))
    }

    /// What became of the message that was handed over.
    package mutating func submitted(_ reply: Reply) {
        mode = .command
        self.reply(reply)
    }
}
