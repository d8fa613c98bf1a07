// SPDX-License-Identifier: Apache-2.0

import Access
import Authentication
import Console
import Logging
import Mail
import Sending
import ServiceLifecycle
import Settings

extension Server {
    func consoleServices(_ stores: Stores, _ trade: Trade) throws -> [any Service] {
        guard let endpoint = configuration.console else { return [] }
        let (access, book) = (trade.access, trade.book)
        // Our own signatures are checked against our own keys: captured mail was never meant for the DNS.
        let verifier = DKIMVerifier { selector, domain in
            guard let name = try? Domain(parsing: domain),
                let dkim = try? await book.identity(.domain(name), in: access.managementAccount)?.dkim,
                dkim.tokens.contains(selector)
            else { return nil }
            return DKIMKeyRecord(keyType: "rsa", publicKey: dkim.publicKey).text
        }
        if configuration.consoleIsAnonymous {
            logger.notice("the console lets anybody on this machine in: console.anonymous")
        }
        logger.info("console listens", metadata: ["address": "http://\(endpoint.host):\(endpoint.port)/"])
        return [
            try ConsoleServer(
                .init(
                    host: endpoint.host, port: endpoint.port, isAnonymous: configuration.consoleIsAnonymous,
                    firstSteps: firstSteps),
                inbox: stores.inbox, access: access,
                verify: { content in
                    await verifier.verify(content).map { verdict in
                        "dkim=\(verdict.result.rawValue) header.d=\(verdict.domain) header.s=\(verdict.selector)"
                            + (verdict.reason.isEmpty ? "" : " (\(verdict.reason))")
                    }
                }, logger: logger)
        ]
    }

    private var firstSteps: [String] {
        let api = "http://\(configuration.api.host):\(configuration.api.port)"
        var steps = [
            "aws --endpoint-url \(api) sesv2 create-email-identity --email-identity example.com",
            "aws --endpoint-url \(api) sesv2 send-email --from-email-address ada@example.com "
                + "--destination ToAddresses=bob@example.net "
                + "--content 'Simple={Subject={Data=Hello},Body={Text={Data=Hi}}}'",
        ]
        if let listener = configuration.smtp.submission.first(where: { !$0.implicitTLS }) {
            steps.append(
                "swaks --server 127.0.0.1:\(listener.endpoint.port) -tls --auth PLAIN --auth-user \(configuration.root.id) "
                    + "--auth-password PASSWORD --from ada@example.com --to bob@example.net")
        }
        return steps
    }
}
