// SPDX-License-Identifier: Apache-2.0

import Mail

/// A record as the collector takes it, and as our files keep it:
/// `{"time":1741202189.123,"host":…,"source":…,"sourcetype":…,"index":…,"event":{…}}`.
package enum Envelope {
    package static func write(_ shipment: Shipment, index: String? = nil, to output: inout [UInt8]) {
        let milliseconds = max(0, shipment.at.milliseconds)
        let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
        output += "{\"time\":\(milliseconds / 1_000).\(fraction)".utf8
        output += ",\"host\":\(OneLine.quoted(shipment.host)),\"source\":\(OneLine.quoted(shipment.source))".utf8
        output += ",\"sourcetype\":\(OneLine.quoted(shipment.sourcetype))".utf8
        if let index { output += ",\"index\":\(OneLine.quoted(index))".utf8 }
        output += ",\"event\":".utf8
        output += shipment.json.utf8
        output.append(UInt8(ascii: "}"))
    }
}
