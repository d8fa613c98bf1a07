// SPDX-License-Identifier: Apache-2.0

import Delivery
import Foundation
import Logging
import Queue
import Reports
import ServiceLifecycle
import Settings
import UnixSignals

/// The operator's files of rules (`delivery.provider-rules`, `delivery.reply-rules`), over the shipped ones.
struct OperatorRules: Sendable {
    let providerFile: String?
    let replyFile: String?

    /// What the files hold; nil where there is none.
    struct Texts: Hashable, Sendable {
        let providers: String?
        let replies: String?
    }

    /// - Throws: `ConfigurationError` where a file cannot be read.
    func texts() throws -> Texts { Texts(providers: try Self.text(providerFile), replies: try Self.text(replyFile)) }

    /// - Throws: `ConfigurationError`, which begins with file, line and column.
    func providers(_ texts: Texts) throws -> ProviderRules {
        guard let text = texts.providers, let name = providerFile else { return try ProviderRulesFile.shipped() }
        return try ProviderRulesFile.shipped(with: text, name: name)
    }

    /// - Throws: `ConfigurationError`, which begins with file, line and column.
    func replies(_ texts: Texts) throws -> ReplyRules {
        guard let text = texts.replies, let name = replyFile else { return try ReplyRulesFile.shipped() }
        return try ReplyRulesFile.shipped(with: text, name: name)
    }

    private static func text(_ path: String?) throws -> String? {
        guard let path else { return nil }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw ConfigurationError("\(path): cannot be read")
        }
        defer { try? file.close() }
        do {
            // One octet more than is allowed, so that what is longer is told.
            let octets = try file.read(upToCount: ProviderRulesFile.maximumSize + 1) ?? Data()
            return String(decoding: octets, as: UTF8.self)
        } catch {
            throw ConfigurationError("\(path): cannot be read: \(error.localizedDescription)")
        }
    }
}

/// Takes the operator's rules anew when a file changes, and on SIGHUP. A file with an error in it changes nothing, and the
/// log says where the error is.
struct RulesService: Service {
    /// Between two looks at the files.
    static let interval = Duration.seconds(5)

    let files: OperatorRules
    let judgement: ReplyJudgement
    let queue: DeliveryQueue
    let directory: MXDirectory
    let logger: Logger
    /// As they were read at the start.
    let first: OperatorRules.Texts

    func run() async throws {
        let (looks, look) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in hangUps { look.yield(true) } }
                group.addTask { while (try? await Task.sleep(for: Self.interval)) != nil { look.yield(false) } }
                await watch(looks)
                group.cancelAll()
            }
        }
    }

    private func watch(_ looks: AsyncStream<Bool>) async {
        var (seen, complaint) = (first, "")
        for await isAsked in looks {
            do {
                let texts = try files.texts()
                complaint = ""
                guard isAsked || texts != seen else { continue }
                seen = texts
                await take(texts)
            } catch {
                // A file that is away is told of once, and whenever somebody asks.
                if isAsked || complaint != "\(error)" { refuse(error) }
                complaint = "\(error)"
            }
        }
    }

    private func take(_ texts: OperatorRules.Texts) async {
        do {
            let (providers, replies) = (try files.providers(texts), try files.replies(texts))
            judgement.replace(replies: replies, providers: providers)
            directory.forget()
            await queue.setRules(providers)
            logger.notice("the rules were read again")
        } catch { refuse(error) }
    }

    private func refuse(_ error: any Error) {
        logger.error("the rules stay as they were", metadata: ["error": "\(error)"])
    }
}
