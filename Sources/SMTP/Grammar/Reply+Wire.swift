// SPDX-License-Identifier: Apache-2.0

package import Mail

extension Reply {
    /// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF ; RFC 5321 §4.2
    package var wire: [UInt8] {
        var bytes: [UInt8] = []
        for (index, line) in lines.enumerated() {
            let separator = index + 1 < lines.count ? "-" : " "
            let code = enhanced.map { "\($0) " } ?? ""
            bytes += Array("\(self.code)\(separator)\(code)".utf8)
            // A line of a reply never carries a line end of its own.
            bytes += line.utf8.map { $0 < 32 || $0 == 127 ? 32 : $0 }
            bytes += [13, 10]
        }
        return bytes
    }
}
