// SPDX-License-Identifier: Apache-2.0

/// Lines over time as an SVG picture, small enough to read as text.
package struct Curve: Sendable {
    package struct Line: Sendable {
        package let name: String
        package let points: [(x: Double, y: Double)]

        package init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    private static let width = 960.0
    private static let height = 420.0
    private static let margin = 64.0
    private static let colours = ["#0b6e4f", "#c8553d", "#28536b", "#8f5fbf", "#b8860b", "#555555"]

    package let title: String
    package let xName: String
    package let yName: String
    package let lines: [Line]

    package init(title: String, xName: String, yName: String, lines: [Line]) {
        self.title = title
        self.xName = xName
        self.yName = yName
        self.lines = lines
    }

    package var svg: String {
        let points = lines.flatMap(\.points)
        let right = max(points.map(\.x).max() ?? 1, 1e-9)
        let top = max(points.map(\.y).max() ?? 1, 1e-9)
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            "<text x=\"\(Int(Self.margin))\" y=\"24\" font-size=\"16\">\(Self.escaped(title))</text>",
        ]
        for step in 0...4 { parts += grid(Double(step) / 4, right: right, top: top) }
        for (index, line) in lines.enumerated() { parts += draw(line, index, right: right, top: top) }
        parts.append(
            "<text x=\"\(Int(Self.width / 2))\" y=\"\(Int(Self.height - 12))\" text-anchor=\"middle\">\(Self.escaped(xName))</text>"
        )
        parts.append("<text x=\"8\" y=\"44\">\(Self.escaped(yName))</text>")
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }

    private func grid(_ share: Double, right: Double, top: Double) -> [String] {
        let (x, y) = (Self.place(share, right: 1), Self.level(share, top: 1))
        let low = Int(Self.height - Self.margin)
        return [
            "<path d=\"M\(Int(Self.margin)) \(y)H\(Int(Self.width - Self.margin))\" stroke=\"#dddddd\"/>",
            "<text x=\"\(Int(Self.margin) - 6)\" y=\"\(y + 4)\" text-anchor=\"end\">\(Self.short(share * top))</text>",
            "<text x=\"\(x)\" y=\"\(low + 18)\" text-anchor=\"middle\">\(Self.short(share * right))</text>",
        ]
    }

    private func draw(_ line: Line, _ index: Int, right: Double, top: Double) -> [String] {
        let colour = Self.colours[index % Self.colours.count]
        let path = line.points.map { "\(Self.place($0.x, right: right)),\(Self.level($0.y, top: top))" }
        let y = 44 + index * 16
        return [
            "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\" points=\"\(path.joined(separator: " "))\"/>",
            "<text x=\"\(Int(Self.width - Self.margin))\" y=\"\(y)\" text-anchor=\"end\" fill=\"\(colour)\">\(Self.escaped(line.name))</text>",
        ]
    }

    private static func place(_ x: Double, right: Double) -> Double {
        rounded(margin + x / right * (width - 2 * margin))
    }

    private static func level(_ y: Double, top: Double) -> Double {
        rounded(height - margin - y / top * (height - 2 * margin))
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func short(_ value: Double) -> String {
        switch abs(value) {
        case 1e6...: "\(rounded(value / 1e6))M"
        case 1e4...: "\(rounded(value / 1e3))k"
        default: "\(rounded(value))"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }
}
