// SPDX-License-Identifier: Apache-2.0

import Mail

/// A record as a syslog message (RFC 5424), framed by counting octets (RFC 5425 §4.3).
package enum SyslogMessage {
    /// Facility 13 (log audit), severity 6 (informational).
    static let priority = 13 * 8 + 6
    static let maximumHost = 255

    // SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG
    package static func frame(_ shipment: Shipment, to output: inout [UInt8]) {
        let message = Array(text(shipment).utf8)
        output += "\(message.count) ".utf8
        output += message
    }

    // SYSLOG-MSG = "<" PRIVAL ">1" SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA SP MSG
    static func text(_ shipment: Shipment) -> String {
        "<\(priority)>1 \(shipment.at) \(host(shipment.host)) postern - \(shipment.kind.rawValue) - \(shipment.json)"
    }

    // PRINTUSASCII without a space, which would begin the next field.
    private static func host(_ text: String) -> String {
        let printable = text.utf8.filter { (33...126).contains($0) }.prefix(maximumHost)
        return printable.isEmpty ? "-" : String(decoding: printable, as: UTF8.self)
    }
}
