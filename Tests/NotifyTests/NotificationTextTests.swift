// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Foundation
import Mail
import SwiftASN1
import Testing
import X509

@testable import Notify

@Suite("What subscribers read, and its signature")
struct NotificationTextTests {
    private let topic = TopicARN("arn:aws:sns:us-east-1:111122223333:alarms")!
    private let moment = Timestamp(milliseconds: 1_796_000_000_120)

    private func notification(_ subject: String?) -> NotificationText {
        NotificationText(
            .notification(subject: subject, unsubscribeURL: "https://u/"), messageID: "m-1", topic: topic,
            message: "line one\nline \"two\" é \u{2028}", at: moment,
            attributes: [
                "b": try! MessageAttribute(type: "Number", value: "5"),
                "a": try! MessageAttribute(type: "String", value: "x"),
            ])
    }

    private func confirmation() -> NotificationText {
        NotificationText(
            .subscriptionConfirmation(token: "t0", subscribeURL: "https://s/?Action=ConfirmSubscription"),
            messageID: "m-2", topic: topic, message: "You have chosen", at: moment)
    }

    @Test("canonical strings are SNS's own, octet for octet")
    func canonical() {
        #expect(
            notification("Hi").canonical
                == "Message\nline one\nline \"two\" é \u{2028}\nMessageId\nm-1\nSubject\nHi\nTimestamp\n2026-11-30T00:53:20.120Z\n"
                + "TopicArn\narn:aws:sns:us-east-1:111122223333:alarms\nType\nNotification\n")
        #expect(
            notification(nil).canonical
                == "Message\nline one\nline \"two\" é \u{2028}\nMessageId\nm-1\nTimestamp\n2026-11-30T00:53:20.120Z\n"
                + "TopicArn\narn:aws:sns:us-east-1:111122223333:alarms\nType\nNotification\n")
        #expect(
            confirmation().canonical
                == "Message\nYou have chosen\nMessageId\nm-2\nSubscribeURL\nhttps://s/?Action=ConfirmSubscription\n"
                + "Timestamp\n2026-11-30T00:53:20.120Z\nToken\nt0\nTopicArn\narn:aws:sns:us-east-1:111122223333:alarms\n"
                + "Type\nSubscriptionConfirmation\n")
    }

    @Test("the document says what is signed, in SNS's names")
    func document() throws {
        let signature = NotificationSignature(version: .sha256, octets: [1, 2, 3], certificateURL: "https://c/x.pem")
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(notification("Hi").json(signature))) as? [String: Any])
        #expect(
            Set(read.keys) == [
                "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
                "SigningCertURL", "UnsubscribeURL", "MessageAttributes",
            ])
        #expect(read["Message"] as? String == "line one\nline \"two\" é \u{2028}")
        #expect(read["SignatureVersion"] as? String == "2" && read["Signature"] as? String == "AQID")
        #expect(
            read["MessageAttributes"] as? [String: [String: String]]
                == ["a": ["Type": "String", "Value": "x"], "b": ["Type": "Number", "Value": "5"]])
        let other = try #require(
            try JSONSerialization.jsonObject(with: Data(confirmation().json(signature))) as? [String: String])
        #expect(
            Set(other.keys) == [
                "Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion",
                "Signature", "SigningCertURL",
            ])
    }

    @Test("the certificate that is served verifies both versions, and nothing that was changed")
    func signatures() async throws {
        let house = House()
        let keys = house.keys()
        let key = try await keys.current()
        let pem = try #require(try await keys.certificate(named: key.fileName))
        let certificate = try Certificate(pemEncoded: pem)
        let publicKey = try #require(_RSA.Signing.PublicKey(certificate.publicKey))
        #expect(publicKey.keySizeInBits == 2048 && certificate.issuer == certificate.subject)
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        let text = notification("Hi").canonical
        func holds(_ octets: [UInt8], _ text: String, _ version: SignatureVersion) -> Bool {
            let signature = _RSA.Signing.RSASignature(rawRepresentation: Data(octets))
            return version == .sha1
                ? publicKey.isValidSignature(
                    signature, for: Insecure.SHA1.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
                : publicKey.isValidSignature(
                    signature, for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
        }
        for version in [SignatureVersion.sha1, .sha256] {
            let octets = try key.sign(text, version)
            #expect(holds(octets, text, version) && !holds(octets, text + "x", version))
            #expect(!holds(octets, text, version == .sha1 ? .sha256 : .sha1))
        }
    }

    @Test("the key lies sealed, outlives a restart, and gives way in time; its certificate stays until its end")
    func rotation() async throws {
        let house = House()
        let first = try await house.keys().current()
        #expect(try await house.keys().current() == first)
        let record = try #require(try await house.store.record("notification-keys", "keys", in: House.account))
        let secret = try #require(first.privateKey).exposed
        #expect(
            !String(decoding: record, as: UTF8.self).contains(Data(secret.prefix(64)).base64EncodedString().prefix(40)))
        house.pass(341 * 86_400)
        let keys = house.keys()
        let second = try await keys.current()
        #expect(second.id != first.id && second.fileName.hasSuffix(".pem"))
        #expect(try await keys.certificate(named: first.fileName) == first.certificate)
        #expect(try await keys.certificate(named: "SimpleNotificationService-0.pem") == nil)
        house.pass(341 * 86_400)
        _ = try await keys.current()
        #expect(try await keys.certificate(named: first.fileName) == nil)
        #expect(house.store.operations == Array(repeating: "postern:RotateNotificationKey by postern", count: 3))
    }

    @Test("many who ask at once get one key")
    func oneKey() async throws {
        let keys = House().keys()
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await keys.current().id } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }
}
