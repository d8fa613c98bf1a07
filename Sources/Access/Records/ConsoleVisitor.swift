// SPDX-License-Identifier: Apache-2.0

import Journal

/// Whoever asks the console for something.
package struct ConsoleVisitor: Sendable {
    /// Nil where the console lets anybody in.
    package let accessKeyID: String?
    package let sourceAddress: String
    package let agent: String

    package init(accessKeyID: String?, sourceAddress: String, agent: String) {
        self.accessKeyID = accessKeyID
        self.sourceAddress = sourceAddress
        self.agent = agent
    }
}

extension AccessControl {
    /// Puts on record that captured mail is about to be deleted, all of it.
    /// - Throws: where it cannot be kept; then nothing may be deleted.
    package func recordDeletionOfCapturedMessages(by visitor: ConsoleVisitor) async throws {
        let principal = visitor.accessKeyID.map { _ in rootPrincipal }
        let call = Fact.Call(
            request: makeSessionName(), source: "postern.amazonaws.com", name: "DeleteCapturedMessages",
            identity: principal?.recordIdentity(accessKeyID: visitor.accessKeyID)
                ?? Principal.unknownIdentity(accessKeyID: nil),
            userName: principal?.recordUserName, accessKeyID: visitor.accessKeyID, agent: visitor.agent)
        let event = Fact.Administered(
            operation: "postern:DeleteCapturedMessages", principal: principal?.arn ?? "anonymous", resource: "*",
            sourceAddress: visitor.sourceAddress, call: call)
        try await directory.record(
            Fact(at: directory.now(), account: managementAccount, message: nil, event: .administered(event)))
    }
}
