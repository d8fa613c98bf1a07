// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("Policies are read strictly, and faults name their place")
struct ParsingTests {
    private func fault(_ text: String, as kind: Policy.Kind = .identity) -> PolicyFault? {
        do {
            _ = try Policy(parsing: text, as: kind)
            return nil
        } catch {
            return error
        }
    }

    private static func document(_ statement: String) -> String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:*","Resource":"*"},\#(statement)]}"#
    }

    @Test(arguments: [
        (#"{"Effect":"allow","Action":"ses:*","Resource":"*"}"#, "/Statement/1/Effect", "Effect is Allow or Deny"),
        (#"{"Action":"ses:*","Resource":"*"}"#, "/Statement/1", "Missing required field Effect"),
        (#"{"Effect":"Allow","Resource":"*"}"#, "/Statement/1", "Policy statement must contain actions."),
        (#"{"Effect":"Allow","Action":"ses:*"}"#, "/Statement/1", "Policy statement must contain resources."),
        (
            #"{"Effect":"Allow","Action":["ses:*","Send"],"Resource":"*"}"#, "/Statement/1/Action/1",
            "prefaced by a vendor"
        ),
        (#"{"Effect":"Allow","Action":"ses:a:b","Resource":"*"}"#, "/Statement/1/Action", "only one colon"),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"bucket"}"#, "/Statement/1/Resource",
            "must be in ARN format"
        ),
        (
            #"{"Effect":"Allow","Action":"ses:*","NotResource":["*","bucket"]}"#, "/Statement/1/NotResource/1",
            "must be in ARN format"
        ),
        (#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, "/Statement/1/Action", "must contain actions"),
        (#"{"Effect":"Deny","NotAction":[],"Resource":"*"}"#, "/Statement/1/NotAction", "must contain actions"),
        (#"{"Effect":"Allow","Action":"a:b","Resource":[]}"#, "/Statement/1/Resource", "must contain resources"),
        (#"{"Effect":"Deny","Action":"a:b","NotResource":[]}"#, "/Statement/1/NotResource", "must contain resources"),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"*","a/b~c":1}"#, "/Statement/1/a~1b~0c", "Unknown element"
        ),
        (
            #"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"aws:PrincipalTag/x~y":["true",null]}}}"#,
            "/Statement/1/Condition/Bool/aws:PrincipalTag~1x~0y/1", "string, number or boolean"
        ),
        (
            #"{"Effect":"Allow","Action":"ses:*","NotAction":"iam:*","Resource":"*"}"#, "/Statement/1",
            "exclude each other"
        ),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"*","Principal":"*"}"#, "/Statement/1/Principal",
            "prohibited field"
        ),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"*","Conditions":{}}"#, "/Statement/1/Conditions",
            "Unknown element"
        ),
        (#"{"Sid":"a b","Effect":"Allow","Action":"ses:*","Resource":"*"}"#, "/Statement/1/Sid", "alpha-numeric"),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"*","Condition":{"StringIs":{"a:b":"c"}}}"#,
            "/Statement/1/Condition/StringIs", "Invalid Condition type : StringIs."
        ),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"*","Condition":{"StringEquals":{"b":"c"}}}"#,
            "/Statement/1/Condition/StringEquals/b", "prefaced by a vendor"
        ),
        (
            #"{"Effect":"Allow","Action":"ses:*","Resource":"*","Condition":{"Bool":{"a:b":{}}}}"#,
            "/Statement/1/Condition/Bool/a:b", "string, number or boolean"
        ),
    ])
    func names(statement: String, path: String, words: String) throws {
        let fault = try #require(self.fault(Self.document(statement)))
        #expect(fault.path == path)
        #expect(fault.message.contains(words), "\(fault)")
    }

    @Test(arguments: [
        "", "[]", "{", "{}", #"{"Statement":[]}"#, #"{"Version":"2020-01-01","Statement":[]}"#, "{\"a\":1}x", "nul",
        #"{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"a:b","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Sid":"\ud800"}}"#,
        """
        {"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"},
        {"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"}]}
        """,
        String(repeating: "[", count: 100_000),
        number("01"), number("-01"), number("00"), number("1."), number(".5"), number("+1"), number("1e"),
    ])
    func refuses(text: String) { #expect(fault(text) != nil) }

    private static func number(_ literal: String) -> String {
        #"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"NumericEquals":{"a:b":\#(literal)}}}}"#
    }

    @Test(arguments: ["0", "-0", "10", "0.5", "-0.50", "1e3", "1E+3", "0e0"])
    func numbers(literal: String) throws {
        let condition = try #require(try policy(Self.number(literal)).statements.first?.conditions.first)
        #expect(condition.values == [literal])
    }

    @Test func aDocumentHasItsLimit() throws {
        let text = allowing("ses:SendEmail")
        let room = Policy.maximumLength - text.unicodeScalars.count
        #expect(fault(text + String(repeating: " ", count: room)) == nil)
        #expect(
            fault(text + String(repeating: " ", count: room + 1))?.message == "A policy has at most 131072 characters.")
    }

    @Test(
        arguments: [
            ("Action", "ses:", "/Statement/1/Action"), ("Resource", "arn:aws:ses:::", "/Statement/1/Resource"),
            ("StringLike", "", "/Statement/1/Condition/StringLike/a:b/0"),
            ("ArnNotEquals", "arn:a:b:c:d:", "/Statement/1/Condition/ArnNotEquals/a:b/0"),
            ("StringEquals", "", nil),
        ] as [(String, String, String?)])
    func aPatternHasItsLimit(element: String, begin: String, path: String?) throws {
        for (length, place) in [(Policy.maximumPatternLength, nil), (Policy.maximumPatternLength + 1, path)] {
            let text = begin + String(repeating: "a", count: length - begin.utf8.count)
            var parts = [#""Action":"ses:*""#, #""Resource":"*""#]
            switch element {
            case "Action": parts[0] = "\"Action\":\"\(text)\""
            case "Resource": parts[1] = "\"Resource\":\"\(text)\""
            default: parts.append("\"Condition\":{\"\(element)\":{\"a:b\":[\"\(text)\"]}}")
            }
            #expect(fault(Self.document(#"{"Effect":"Deny",\#(parts.joined(separator: ","))}"#))?.path == place)
        }
    }

    @Test func saysLineAndColumn() throws {
        let fault = try #require(self.fault("{\n  \"Version\": 2012-10-17\n}"))
        #expect(fault.message == "Syntax errors in policy. Line 2, column 18: ',' or '}' was expected.")
    }

    @Test(arguments: [
        (#""*""#, true), (#"{"AWS":"*"}"#, true), (#"{"AWS":["111122223333","arn:aws:iam::111122223333:root"]}"#, true),
        (#"{"Service":"ses.amazonaws.com"}"#, true), (#"{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}"#, true),
        (#"{"AWS":"arn:aws:iam::111122223333:role/*"}"#, false), (#"{"AWS":"1234"}"#, false), ("{}", false),
        (#"{"Google":"x"}"#, false), (#""111122223333""#, false),
        (#"{"AWS":"arn:aws:iam::111122223333:user/"}"#, false), (#"{"AWS":[]}"#, false),
        (#"{"AWS":"111122223333","Service":[]}"#, false),
    ])
    func principals(json: String, isValid: Bool) {
        let text = #"{"Statement":{"Effect":"Allow","Principal":\#(json),"Action":"ses:SendEmail","Resource":"*"}}"#
        #expect((fault(text, as: .resource) == nil) == isValid)
    }

    @Test func trustPoliciesNameNoResource() {
        let trust = #"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#
        #expect(fault(trust, as: .trust) == nil)
        #expect(
            fault(trust.replacing("}}", with: #","Resource":"*"}}"#), as: .trust)?.message
                == "Has prohibited field Resource")
        let but =
            #"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"a:b","Resource":"*"}}"#
        #expect(fault(but, as: .resource)?.message == "Allow with NotPrincipal is not allowed.")
    }
}
