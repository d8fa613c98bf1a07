// SPDX-License-Identifier: Apache-2.0

import Templating

/// Whatever is read as a template renders within its budget, or says why not.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let template = try? Template(parsing: text) else { return 0 }
    let items = (0..<50).map { "{\"name\":\"item \($0)\"}" }.joined(separator: ",")
    guard let data = try? TemplateValue(data: "{\"a\":[\(items)],\"b\":\"<b>\",\"c\":{\"a\":[\(items)]},\"d\":1e16}") else {
        preconditionFailure("the data is sound")
    }
    var budget = TemplateBudget()
    _ = try? template.render(data, within: &budget)
    return 0
}
