// SPDX-License-Identifier: Apache-2.0

import Foundation
import Templating
import Testing

@Suite("Templates render as SES renders them")
struct TemplateTests {
    private func render(_ template: String, _ data: String) throws -> String {
        try Template(parsing: template).render(try JSONDecoder().decode(TemplateValue.self, from: Data(data.utf8)))
    }

    @Test(arguments: [
        ("Hi {{name}}", #"{"name":"<Ada>"}"#, "Hi <Ada>"),
        ("{{{a.b}}} {{ a.c.1 }}", #"{"a":{"b":1,"c":["x","y"]}}"#, "1 y"),
        ("{{#each l}}{{@index}}{{this}},{{else}}none{{/each}}", #"{"l":["a","b"]}"#, "0a,1b,"),
        ("{{#each l}}x{{else}}none{{/each}}", #"{"l":[]}"#, "none"),
        ("{{#each l}}{{n}}{{../sep}}{{/each}}", #"{"sep":";","l":[{"n":1},{"n":2}]}"#, "1;2;"),
        ("{{#each o}}{{@key}}={{this}} {{/each}}", #"{"o":{"b":2,"a":1}}"#, "a=1 b=2 "),
        ("{{#if a}}A{{else if b}}B{{else}}C{{/if}}", #"{"b":true}"#, "B"),
        ("{{#if a}}A{{else}}C{{/if}}", "{}", "C"),
        ("{{#unless a}}no{{/unless}}", #"{"a":0}"#, "no"),
        ("{{#with p}}{{n}}{{/with}}", #"{"p":{"n":"x"}}"#, "x"),
        ("{{! a }}{{!-- {{b}} --}}x", "{}", "x"),
        (#"{{#* inline "f"}}<{{n}}>{{/inline}}{{> f}}{{> f}}"#, #"{"n":1}"#, "<1><1>"),
        ("{{~a~}}  b", #"{"a":"x"}"#, "xb"),
    ])
    func renders(template: String, data: String, expected: String) throws {
        #expect(try render(template, data) == expected)
    }

    @Test func sayWhatIsMissing() throws {
        #expect(throws: TemplateFault(description: "Attribute 'name' is not present in the rendering data.")) {
            try render("Hi {{name}}", "{}")
        }
    }

    @Test(arguments: ["{{#if a}}", "{{a", "{{/if}}", "{{#for a}}{{/for}}", "{{a b}}", "{{#if a}}{{/each}}"])
    func refuses(template: String) { #expect(throws: TemplateFault.self) { try Template(parsing: template) } }

    @Test func staysWithinBounds() throws {
        let list = "[" + Array(repeating: "1", count: 300).joined(separator: ",") + "]"
        #expect(throws: TemplateFault.self) {
            try render("{{#each l}}{{#each ../l}}{{#each ../../l}}x{{/each}}{{/each}}{{/each}}", #"{"l":\#(list)}"#)
        }
        #expect(throws: TemplateFault.self) { try render(#"{{#* inline "f"}}{{> f}}{{/inline}}{{> f}}"#, "{}") }
        #expect(throws: TemplateFault.self) { try Template(parsing: String(repeating: "{{#if a}}", count: 1_000)) }
    }

    @Test func mergesDeeply() throws {
        func value(_ text: String) throws -> TemplateValue {
            try JSONDecoder().decode(TemplateValue.self, from: Data(text.utf8))
        }
        let merged = try value(#"{"a":{"b":1,"c":2},"l":[1,2]}"#).merged(with: value(#"{"a":{"c":3},"l":[9]}"#))
        #expect(merged == (try value(#"{"a":{"b":1,"c":3},"l":[9]}"#)))
    }
}
