// SPDX-License-Identifier: Apache-2.0

import Access
import DNS
import Logging
import MIME
import Mail
import NIOPosix
import Notify
import Queue
import SNS
import SQLite
import ServiceLifecycle
import Settings
import WebClient

/// Topics and whoever tells their subscribers.
struct Notifications: Sendable {
    let publisher: Publisher
    let delivery: NoticeDelivery
    let pages: SNSPages
    let keys: NotificationKeys

    init(
        _ server: Server, _ stores: Stores, access: AccessControl, dns: any DNSLookup, mail: any SystemMail
    ) throws {
        let configuration = server.configuration
        let scheme = configuration.apiTLS == nil ? "http" : "https"
        let base =
            configuration.notifications.publicURL ?? configuration.publicURL
            ?? "\(scheme)://\(configuration.smtp.hostname):\(configuration.api.port)"
        let book = TopicBook(stores.records, region: configuration.region, now: server.now, random: server.random)
        keys = NotificationKeys(
            stores.records, sealer: access.sealer, management: configuration.accountID,
            host: WebhookAddress(base)?.host ?? configuration.smtp.hostname, now: server.now)
        let poster = try WebhookClient(
            .init(trust: configuration.delivery.trust, allowedNetworks: configuration.notifications.allowedNetworks),
            dns: dns, group: MultiThreadedEventLoopGroup.singleton)
        let hostname = configuration.smtp.hostname
        delivery = NoticeDelivery(
            .init(
                book: book, store: stores.notices, writer: NoticeWriter(keys: keys, publicURL: base), poster: poster,
                mail: { notice in
                    try await mail.send(try Self.message(notice, from: hostname, random: server.random))
                }, record: { try await stores.records.record($0) },
                report: { [logger = server.logger] in logger.error("notification", metadata: ["error": "\($0)"]) }),
            now: server.now)
        publisher = Publisher(
            book: book, store: stores.notices, record: { try await stores.records.record($0) },
            wake: { [delivery] in delivery.wake() })
        pages = SNSPages(book: book, keys: keys)
    }

    private static func message(_ notice: NoticeMail, from hostname: String, random: RandomBits) throws -> SystemMessage
    {
        let sender = try Mailbox(localPart: "no-reply", domain: try Domain(parsing: hostname))
        // A name of a stranger's: as words of one phrase, or not at all.
        let name = notice.displayName.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
        var composer = MessageComposer(from: "\(name.isEmpty ? "Postern Notifications" : name) <\(sender)>")
        composer.to = [notice.to.description]
        composer.subject = notice.subject
        composer.text = notice.text
        composer.headers = [(name: "Auto-Submitted", value: "auto-generated")]
        return SystemMessage(account: notice.account, to: notice.to, content: try composer.compose(random: random))
    }
}

/// Delivers notices until the shutdown reaches it; what waits then waits in the store.
struct NoticeService: Service {
    let delivery: NoticeDelivery

    func run() async throws { await cancelWhenGracefulShutdown { await delivery.run() } }
}
