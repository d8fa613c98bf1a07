// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import Testing

@testable import Notify

@Suite("Filter policies")
struct FilterPolicyTests {
    private static func attributes(_ pairs: [(String, String, String)]) throws -> [String: MessageAttribute] {
        var attributes: [String: MessageAttribute] = [:]
        for (name, type, value) in pairs { attributes[name] = try MessageAttribute(type: type, value: value) }
        return attributes
    }

    @Test(
        "look at attributes",
        arguments: [
            (#"{"store":["example"]}"#, ["store", "String", "example"], true),
            (#"{"store":["example"]}"#, ["store", "String", "Example"], false),
            (#"{"store":["example"]}"#, ["shop", "String", "example"], false),
            (#"{"store":["a","b"]}"#, ["store", "String", "b"], true),
            (#"{"store":["e\u0301"]}"#, ["store", "String", "\u{e9}"], false),
            (#"{"store":["b"]}"#, ["store", "String.Array", #"["a","b"]"#], true),
            (#"{"store":["c"]}"#, ["store", "String.Array", #"["a","b"]"#], false),
            (#"{"n":[100]}"#, ["n", "Number", "100.0"], true),
            (#"{"n":[100]}"#, ["n", "String", "100"], false),
            (#"{"n":[true]}"#, ["n", "String.Array", "[1,true]"], true),
            (#"{"s":[{"prefix":"mail-"}]}"#, ["s", "String", "mail-out"], true),
            (#"{"s":[{"prefix":"mail-"}]}"#, ["s", "String", "out-mail-"], false),
            (#"{"s":[{"suffix":"-out"}]}"#, ["s", "String", "mail-out"], true),
            (#"{"s":[{"suffix":"-out"}]}"#, ["s", "String", "mail-outs"], false),
            (#"{"s":[{"equals-ignore-case":"Mail"}]}"#, ["s", "String", "mAIL"], true),
            (#"{"s":[{"anything-but":["a","b"]}]}"#, ["s", "String", "c"], true),
            (#"{"s":[{"anything-but":["a","b"]}]}"#, ["s", "String", "a"], false),
            (#"{"s":[{"anything-but":["a","b"]}]}"#, ["s", "String.Array", #"["a","c"]"#], true),
            (#"{"s":[{"anything-but":"a"}]}"#, ["other", "String", "c"], false),
            (#"{"s":[{"anything-but":{"prefix":"a"}}]}"#, ["s", "String", "ab"], false),
            (#"{"s":[{"anything-but":[100]}]}"#, ["s", "Number", "101"], true),
            (#"{"n":[{"numeric":["=",3.5]}]}"#, ["n", "Number", "3.5"], true),
            (#"{"n":[{"numeric":[">",0,"<=",150]}]}"#, ["n", "Number", "150"], true),
            (#"{"n":[{"numeric":[">",0,"<=",150]}]}"#, ["n", "Number", "0"], false),
            (#"{"n":[{"numeric":["<",0]}]}"#, ["n", "String", "-1"], false),
            (#"{"s":[{"exists":true}]}"#, ["s", "Binary", "AA=="], true),
            (#"{"s":[{"exists":false}]}"#, ["s", "Binary", "AA=="], false),
            (#"{"s":[{"exists":false}]}"#, ["t", "String", "x"], true),
            (#"{"s":["x"],"t":[{"exists":false}]}"#, ["s", "String", "x"], true),
            (#"{"s":["x"],"t":["y"]}"#, ["s", "String", "x"], false),
        ] as [(String, [String], Bool)])
    func attributes(_ policy: String, _ attribute: [String], _ expected: Bool) throws {
        let read = try FilterPolicy(parsing: policy, scope: .messageAttributes)
        let attributes = try Self.attributes([(attribute[0], attribute[1], attribute[2])])
        #expect(read.accepts("not looked at", attributes) == expected)
    }

    @Test(
        "look into bodies",
        arguments: [
            (#"{"eventType":["Bounce"]}"#, #"{"eventType":"Bounce"}"#, true),
            (#"{"eventType":["Bounce"]}"#, #"{"eventType":"Send"}"#, false),
            (#"{"eventType":["Bounce"]}"#, "plain text", false),
            (#"{"eventType":["Bounce"]}"#, #"["Bounce"]"#, false),
            (#"{"mail":{"tags":{"team":["a"]}}}"#, #"{"mail":{"tags":{"team":["b","a"]}}}"#, true),
            (#"{"mail":{"tags":{"team":["a"]}}}"#, #"{"mail":{"tags":"a"}}"#, false),
            (#"{"rows":{"a":[1],"b":[2]}}"#, #"{"rows":[{"a":1},{"a":1,"b":2}]}"#, true),
            (#"{"rows":{"a":[1],"b":[2]}}"#, #"{"rows":[{"a":1},{"b":2}]}"#, false),
            (#"{"x":{"y":[{"exists":false}]}}"#, #"{"z":1}"#, true),
            (#"{"x":[null]}"#, #"{"x":null}"#, true),
        ])
    func bodies(_ policy: String, _ message: String, _ expected: Bool) throws {
        #expect(try FilterPolicy(parsing: policy, scope: .messageBody).accepts(message, [:]) == expected)
    }

    @Test(
        "refuse what they would have to pass over",
        arguments: [
            "", "[]", "{", #"{"a":"b"}"#, #"{"a":[]}"#, #"{"a":{"b":["c"]}}"#, #"{"a":[["b"]]}"#,
            #"{"a":[{"cidr":"10.0.0.0/8"}]}"#, #"{"a":[{"prefix":"x","suffix":"y"}]}"#, #"{"a":[{"prefix":""}]}"#,
            #"{"a":[{"exists":"true"}]}"#, #"{"a":[{"numeric":["<"]}]}"#, #"{"a":[{"numeric":["~",1]}]}"#,
            #"{"a":[{"numeric":[">",5,"<",5]}]}"#, #"{"a":[{"numeric":["<",5,">",1]}]}"#, #"{"a":[2000000000]}"#,
            #"{"a":[{"anything-but":[]}]}"#, #"{"a":[{"anything-but":[{"exists":true}]}]}"#, #"{"$or":[{"a":["b"]}]}"#,
            #"{"a":["b"],"a":["c"]}"#,
        ])
    func refused(_ policy: String) {
        #expect(throws: NotifyFailure.self) { try FilterPolicy(parsing: policy, scope: .messageAttributes) }
    }

    @Test("are bounded in names, combinations, depth and octets")
    func limits() throws {
        let names = (0..<6).map { #""n\#($0)":["x"]"# }.joined(separator: ",")
        #expect(throws: NotifyFailure.filterPolicyLimit) {
            try FilterPolicy(parsing: "{\(names)}", scope: .messageAttributes)
        }
        let values = { (count: Int) in "[" + (0..<count).map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        _ = try FilterPolicy(parsing: #"{"a":\#(values(15)),"b":\#(values(10))}"#, scope: .messageAttributes)
        #expect(throws: NotifyFailure.filterPolicyLimit) {
            try FilterPolicy(parsing: #"{"a":\#(values(151))}"#, scope: .messageAttributes)
        }
        _ = try FilterPolicy(parsing: #"{"a":[{"anything-but":\#(values(150))}]}"#, scope: .messageBody)
        #expect(throws: NotifyFailure.filterPolicyLimit) {
            try FilterPolicy(parsing: #"{"a":[{"anything-but":\#(values(151))}]}"#, scope: .messageBody)
        }
        let deep = String(repeating: #"{"a":"#, count: 6) + "[1]" + String(repeating: "}", count: 6)
        #expect(throws: NotifyFailure.self) { try FilterPolicy(parsing: deep, scope: .messageBody) }
        let long = #"{"a":["\#(String(repeating: "x", count: FilterPolicy.maximumOctets))"]}"#
        #expect(throws: NotifyFailure.self) { try FilterPolicy(parsing: long, scope: .messageBody) }
    }

    @Test("let nothing through where the stored one cannot be read")
    func unreadable() throws {
        let arn = try #require(
            SubscriptionARN("arn:aws:sns:us-east-1:111122223333:alarms:00000000-0000-4000-8000-000000000001"))
        var subscription = Subscription(
            arn, .https, "https://hooks.example.com/", by: "p",
            pending: .init(tokenHash: "t", since: Timestamp(seconds: 0)), exit: "e")
        try subscription.set(["FilterPolicy": #"{"kind":["a"]}"#])
        let message = try OutgoingMessage(subject: nil, message: "m")
        #expect(try !subscription.wants(message))
        let stored = String(decoding: try JSONEncoder().encode(subscription), as: UTF8.self)
        let damaged = stored.replacing("kind", with: "$or")
        #expect(damaged != stored)
        let read = try JSONDecoder().decode(Subscription.self, from: Data(damaged.utf8))
        #expect(throws: NotifyFailure.self) { try read.wants(message) }
    }
}
