// SPDX-License-Identifier: Apache-2.0

import AWSWire

/// A send as most of them are: parts named one by one, without attachments.
extension SendEmail.Input: UsualInput {
    init?(usual object: WireObject) {
        var content: SendEmail.Body?
        self.init(content: SendEmail.Body())
        for index in object.indices {
            let isUsual =
                switch object.name(index) {
                case "FromEmailAddress": set(&fromEmailAddress, object.text(index))
                case "Destination":
                    set(&destination, object.object(index).flatMap { SendEmail.Destination(usual: $0) })
                case "Content": set(&content, object.object(index).flatMap { SendEmail.Body(usual: $0) })
                case "ReplyToAddresses": set(&replyToAddresses, object.texts(index))
                case "FeedbackForwardingEmailAddress": set(&feedbackForwardingEmailAddress, object.text(index))
                case "ConfigurationSetName": set(&configurationSetName, object.text(index))
                case "EmailTags":
                    set(&emailTags, pairs(object.objects(index)).map { $0.map { .init(name: $0.0, value: $0.1) } })
                default: false
                }
            guard isUsual else { return nil }
        }
        guard let content else { return nil }
        self.content = content
    }
}

extension SendEmail.Destination {
    fileprivate init?(usual object: WireObject) {
        self.init()
        for index in object.indices {
            let isUsual =
                switch object.name(index) {
                case "ToAddresses": set(&toAddresses, object.texts(index))
                case "CcAddresses": set(&ccAddresses, object.texts(index))
                case "BccAddresses": set(&bccAddresses, object.texts(index))
                default: false
                }
            guard isUsual else { return nil }
        }
    }
}

extension SendEmail.Body {
    fileprivate init?(usual object: WireObject) {
        guard object.indices.count == 1, object.name(0) == "Simple", let inner = object.object(0),
            let simple = SendEmail.Simple(usual: inner)
        else { return nil }
        self.init(simple: simple)
    }
}

extension SendEmail.Simple {
    fileprivate init?(usual object: WireObject) {
        var subject: SendEmail.Text?
        var body: SendEmail.Bodies?
        var headers: [SendEmail.Header]?
        for index in object.indices {
            let isUsual =
                switch object.name(index) {
                case "Subject": set(&subject, object.object(index).flatMap { SendEmail.Text(usual: $0) })
                case "Body": set(&body, object.object(index).flatMap { SendEmail.Bodies(usual: $0) })
                case "Headers":
                    set(&headers, pairs(object.objects(index)).map { $0.map { .init(name: $0.0, value: $0.1) } })
                default: false
                }
            guard isUsual else { return nil }
        }
        guard let subject, let body else { return nil }
        self.init(subject: subject, body: body, headers: headers)
    }
}

extension SendEmail.Bodies {
    fileprivate init?(usual object: WireObject) {
        self.init()
        for index in object.indices {
            let isUsual =
                switch object.name(index) {
                case "Text": set(&text, object.object(index).flatMap { SendEmail.Text(usual: $0) })
                case "Html": set(&html, object.object(index).flatMap { SendEmail.Text(usual: $0) })
                default: false
                }
            guard isUsual else { return nil }
        }
    }
}

extension SendEmail.Text {
    fileprivate init?(usual object: WireObject) {
        var data: String?
        var charset: String?
        for index in object.indices {
            let isUsual =
                switch object.name(index) {
                case "Data": set(&data, object.text(index))
                case "Charset": set(&charset, object.text(index))
                default: false
                }
            guard isUsual else { return nil }
        }
        guard let data else { return nil }
        self.init(data: data, charset: charset)
    }
}

// Tags and headers: objects of a Name and a Value.
private func pairs(_ objects: [WireObject]?) -> [(String, String)]? {
    guard let objects else { return nil }
    var pairs: [(String, String)] = []
    for object in objects {
        var name: String?
        var value: String?
        for index in object.indices {
            let isUsual =
                switch object.name(index) {
                case "Name": set(&name, object.text(index))
                case "Value": set(&value, object.text(index))
                default: false
                }
            guard isUsual else { return nil }
        }
        guard let name, let value else { return nil }
        pairs.append((name, value))
    }
    return pairs
}

// A member that stands twice, or is not what it should be, sets nothing.
private func set<Value>(_ member: inout Value?, _ value: Value?) -> Bool {
    guard member == nil, let value else { return false }
    member = value
    return true
}
