// SPDX-License-Identifier: Apache-2.0

import Templating
import Testing

private func render(_ template: String, _ data: String) throws -> String {
    var budget = TemplateBudget()
    return try Template(parsing: template).render(try TemplateValue(data: data), within: &budget)
}

@Suite("Templates render as SES renders them")
struct TemplateTests {
    @Test(arguments: [
        ("Hi {{name}}", #"{"name":"<Ada>"}"#, "Hi <Ada>"),
        ("{{{a.b}}} {{&a.b}} {{& a.b }} {{ a.c.1 }}", #"{"a":{"b":1,"c":["x","y"]}}"#, "1 1 1 y"),
        ("{{a.c.[0]}}{{a/c/[1]}}{{a.[two words]}}{{a.c.length}}", #"{"a":{"c":["x","y"],"two words":"z"}}"#, "xyz2"),
        ("{{this.a}}{{./a}}{{this/a}}", #"{"a":1}"#, "111"),
        ("{{! a }}{{!-- {{b}} --}}x", "{}", "x"),
        (#"{{#* inline "f"}}<{{n}}>{{/inline}}{{> f}}{{>f}}"#, #"{"n":1}"#, "<1><1>"),
        ("{{#* inline \"f\"}}<{{n}}>{{/inline}}\n{{> 'f'}}", #"{"n":1}"#, "<1>"),
        ("{{lookup l 1}}{{lookup o k}}", #"{"l":["a","b"],"o":{"x":"y"},"k":"x","1":1}"#, "by"),
    ])
    func fillsVariables(template: String, data: String, expected: String) throws {
        #expect(try render(template, data) == expected)
    }

    @Test(arguments: [
        ("{{#each l}}{{@index}}{{this}},{{else}}none{{/each}}", #"{"l":["a","b"]}"#, "0a,1b,"),
        ("{{#each l}}x{{else}}none{{/each}}", #"{"l":[]}"#, "none"),
        ("{{#each l}}x{{^}}none{{/each}}", "{}", "none"),
        ("{{#each l}}{{n}}{{../sep}}{{/each}}", #"{"sep":";","l":[{"n":1},{"n":2}]}"#, "1;2;"),
        ("{{#each l}}{{.}}{{#unless @last}}, {{/unless}}{{/each}}", #"{"l":[1,2,3]}"#, "1, 2, 3"),
        ("{{#each l}}{{#if @first}}^{{/if}}{{.}}{{@root.x}}{{/each}}", #"{"l":[1,2],"x":"!"}"#, "^1!2!"),
        ("{{#each l}}{{#each this}}{{@../index}}{{@index}} {{/each}}{{/each}}", #"{"l":[[7],[8,9]]}"#, "00 10 11 "),
        (
            "{{#each l}}{{#with p}}{{@index}}{{n}}{{/with}}{{/each}}", #"{"l":[{"p":{"n":"a"}},{"p":{"n":"b"}}]}"#,
            "0a1b"
        ),
        ("{{#each o}}{{@key}}={{this}} {{/each}}", #"{"o":{"b":2,"a":1}}"#, "b=2 a=1 "),
        ("{{#if a}}A{{else if b}}B{{else}}C{{/if}}", #"{"b":true}"#, "B"),
        ("{{#if a}}A{{else if b}}B{{else}}C{{/if}}", "{}", "C"),
        ("{{#if a}}A{{else unless b}}B{{/if}}", "{}", "B"),
        ("{{#unless a}}no{{/unless}}{{#if b}}yes{{/if}}", #"{"a":0.0e5,"b":-0.5}"#, "noyes"),
        ("{{#with p}}{{n}}{{else}}-{{/with}}", #"{"p":{"n":"x"}}"#, "x"),
        ("{{#with p}}{{n}}{{else}}-{{/with}}", #"{"p":null}"#, "-"),
    ])
    func rendersBlocks(template: String, data: String, expected: String) throws {
        #expect(try render(template, data) == expected)
    }

    @Test(arguments: [
        ("{{~a~}}  b", #"{"a":"x"}"#, "xb"),
        ("b \n {{~a}} c", #"{"a":"x"}"#, "bx c"),
        ("b {{~#if a~}} y {{~else~}} n {{~/if~}} c", #"{"a":1}"#, "byc"),
        ("b {{~! c ~}} d {{~!-- {{e}} --~}} f", "{}", "bdf"),
        ("b {{~{a}~}} c", #"{"a":"x"}"#, "bxc"),
        (#"\{{a}} {{a}}"#, #"{"a":"x"}"#, "{{a}} x"),
        (#"\\{{a}} c:\d {"#, #"{"a":"x"}"#, #"\x c:\d {"#),
        ("{ {{a}}} }", #"{"a":"x"}"#, "{ x} }"),
        ("\u{1F600}é{{a}}", #"{"a":"\ud83d\ude00"}"#, "\u{1F600}é\u{1F600}"),
    ])
    func keepsAndTrimsText(template: String, data: String, expected: String) throws {
        #expect(try render(template, data) == expected)
    }

    @Test(arguments: [
        "1234567890123456", "1e16", "12345678901234567890123456789", "1.50", "-0", "1.0E+2", "0.1",
    ])
    func keepsNumbersAsTheyWereWritten(literal: String) throws {
        #expect(
            try render("{{n}} {{l}}", #"{"n":\#(literal),"l":[\#(literal),true,null]}"#)
                == "\(literal) \(literal),true,")
    }

    @Test(arguments: [
        ("Hi {{name}}", "{}", "name"), ("{{a.b}}", #"{"a":{}}"#, "a.b"), ("{{../x}}", "{}", "../x"),
        ("{{@index}}", "{}", "@index"), ("{{o}}", #"{"o":{}}"#, "o"), ("{{lookup l 5}}", #"{"l":[],"5":5}"#, "l.5"),
    ])
    func sayWhatIsMissing(template: String, data: String, name: String) throws {
        #expect(throws: TemplateFault(description: "Attribute '\(name)' is not present in the rendering data.")) {
            try render(template, data)
        }
    }

    @Test(arguments: [
        "{{#if a}}", "{{a", "{{/if}}", "{{else}}", "{{#for a}}{{/for}}", "{{a b}}", "{{#if a}}{{/each}}", "{{}}",
        "{{{a}}", "{{#if (eq a b)}}{{/if}}", "{{#each l as |x|}}{{/each}}", "{{^a}}{{/a}}", "{{#a}}{{/a}}",
        "{{> f a=1}}", "{{> (f)}}", "{{#> f}}{{/f}}", "{{{{raw}}}}{{{{/raw}}}}", "{{\"a\"}}", "{{a..b}}", "{{a.}}",
        "{{@x}}", "{{* d}}", "{{log a}}", "{{#if a}}{{else}}{{else}}{{/if}}", "{{a+b}}", "{{>}}", "{{#if}}{{/if}}",
        "{{!-- a }}",
    ])
    func refuses(template: String) { #expect(throws: TemplateFault.self) { try Template(parsing: template) } }

    @Test(arguments: [
        "[]", "1", "null", "{", #"{"a":01}"#, #"{"a":1,}"#, #"{"a":tru}"#, #"{"a":"\x"}"#, #"{"a":"\ud800"}"#,
        "{\"a\":\"\n\"}", "{} {}", #"{a:1}"#, #"{"a":.5}"#, #"{"a":NaN}"#, "{'a':1}",
    ])
    func refusesData(_ text: String) { #expect(throws: TemplateDataFault.self) { try TemplateValue(data: text) } }

    @Test func mergesDeeply() throws {
        let merged = try TemplateValue(data: #"{"a":{"b":1,"c":2},"l":[1,2]}"#).merged(
            with: TemplateValue(data: #"{"a":{"c":3},"l":[9]}"#))
        #expect(merged == (try TemplateValue(data: #"{"a":{"b":1,"c":3},"l":[9]}"#)))
        #expect(try TemplateValue(data: "") == TemplateValue(data: "{}"))
    }
}

@Suite("Rendering stays within bounds")
struct TemplateBoundTests {
    private static let list = "[" + Array(repeating: "1", count: 300).joined(separator: ",") + "]"

    @Test(arguments: [
        // Loops that write much, and loops that write nothing.
        "{{#each l}}{{#each ../l}}{{#each ../../l}}x{{/each}}{{/each}}{{/each}}",
        "{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}",
        "{{#each l}}{{#each ../l}}{{#each ../../l}}{{#if a.b.c.d}}{{/if}}{{/each}}{{/each}}{{/each}}",
        // The members of a list that is written again and again.
        "{{#each l}}{{#each ../l}}{{../../l}}{{/each}}{{/each}}",
        #"{{#* inline "f"}}{{> f}}{{/inline}}{{> f}}"#,
        #"{{#* inline "a"}}{{> b}}{{> b}}{{/inline}}{{#* inline "b"}}{{> c}}{{> c}}{{/inline}}{{#* inline "c"}}{{> a}}{{/inline}}{{> a}}"#,
    ])
    func ofWork(template: String) throws {
        let start = ContinuousClock.now
        #expect(throws: TemplateFault.self) { try render(template, #"{"l":\#(Self.list)}"#) }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func aBudgetServesAWholeMessage() throws {
        let template = try Template(parsing: "{{#each l}}{{this}}{{/each}}")
        let data = try TemplateValue(data: #"{"l":\#(Self.list)}"#)
        var budget = TemplateBudget()
        #expect(throws: TemplateFault.self) { for _ in 0..<3_000 { _ = try template.render(data, within: &budget) } }
    }

    @Test func ofLength() throws {
        let text = String(repeating: "x", count: 200_000)
        #expect(throws: TemplateFault(description: "The rendered message is too large.")) {
            try render(
                "{{#each l}}{{../t}}{{/each}}",
                #"{"t":"\#(text)","l":[\#(Array(repeating: "1", count: 60).joined(separator: ","))]}"#)
        }
        #expect(throws: TemplateFault.self) { try Template(parsing: "{{\(String(repeating: "a", count: 1_001))}}") }
        #expect(throws: TemplateDataFault.self) {
            try TemplateValue(data: #"{"a":"\#(String(repeating: "x", count: 262_144))"}"#)
        }
    }

    @Test func ofDepth() throws {
        #expect(throws: TemplateFault.self) { try Template(parsing: String(repeating: "{{#if a}}", count: 1_000)) }
        let chain = "{{#if a}}" + String(repeating: "{{else if a}}", count: 100_000) + "{{/if}}"
        #expect(throws: TemplateFault.self) { try Template(parsing: chain) }
        #expect(throws: TemplateDataFault.self) {
            try TemplateValue(data: #"{"a":"# + String(repeating: "[", count: 100_000))
        }
    }
}
