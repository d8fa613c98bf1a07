// SPDX-License-Identifier: Apache-2.0

extension Fact {
    /// The request that an act was asked for by, as far as a record of it needs: who, with which credentials, how
    /// connected, with what.
    ///
    /// Its texts are a stranger's, cut to `Call.longest` octets each; parameters may have 64 KB.
    package struct Call: Hashable, Sendable {
        /// Octets of one text.
        package static let longest = 256

        /// `x-amzn-RequestId`; the session's name for SMTP.
        package var request: String
        /// `ses.amazonaws.com`
        package var source: String
        /// The operation as the wire names it: `SendEmail`, `CreateUser`.
        package var name: String
        /// `userIdentity` of a record, as JSON.
        package var identity: String
        /// The user's or the role session's name.
        package var userName: String?
        package var accessKeyID: String?
        /// User-Agent of an API call, HELO name of an SMTP session.
        package var agent: String
        /// `TLSv1.3`; nil in clear.
        package var tls: String?
        /// `TLS_AES_128_GCM_SHA256`, where it is known.
        package var cipher: String?
        /// The host name that the client asked for.
        package var host: String?
        package var vpcEndpoint: String?
        /// `requestParameters` of a record, as JSON without secrets; nil where the act's own fact says it all.
        package var parameters: String?

        package init(
            request: String, source: String, name: String, identity: String, userName: String?, accessKeyID: String?,
            agent: String, tls: String? = nil, cipher: String? = nil, host: String? = nil, vpcEndpoint: String? = nil,
            parameters: String? = nil
        ) {
            self.request = Self.clipped(request)
            self.source = source
            self.name = Self.clipped(name)
            self.identity = identity
            self.userName = userName
            self.accessKeyID = accessKeyID.map(Self.clipped)
            self.agent = Self.clipped(agent)
            self.tls = tls
            self.cipher = cipher
            self.host = host.map(Self.clipped)
            self.vpcEndpoint = vpcEndpoint
            self.parameters = parameters
        }

        /// At most so much of it that it has `longest` octets.
        package static func clipped(_ text: String) -> String {
            text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self)
        }
    }

    /// An operation that ended, where no other fact tells of it: reads, what was refused, what went wrong.
    package struct Called: Hashable, Sendable {
        package var call: Call
        package var principal: String
        package var sourceAddress: String
        /// What the caller was told; nil for success.
        package var errorCode: String?
        package var errorMessage: String?
        /// What said no: `iam`, `require-mfa-for-administration`; nil where nothing did.
        package var control: String?
        /// The statement or the limit behind it.
        package var because: String?

        package init(
            call: Call, principal: String, sourceAddress: String, errorCode: String? = nil,
            errorMessage: String? = nil, control: String? = nil, because: String? = nil
        ) {
            self.call = call
            self.principal = principal
            self.sourceAddress = sourceAddress
            self.errorCode = errorCode
            self.errorMessage = errorMessage
            self.control = control
            self.because = because
        }
    }

    /// Somebody showed who they are, or failed to.
    package struct SignedIn: Hashable, Sendable {
        /// `smtp`, `console`, `api`
        package var door: String
        package var call: Call
        package var sourceAddress: String
        /// `WrongPassword`, `UnknownName`, `Locked`, …; nil for who was let in.
        package var failure: String?
        /// So many like it, where not each was written by itself.
        package var count: Int

        package init(door: String, call: Call, sourceAddress: String, failure: String? = nil, count: Int = 1) {
            self.door = door
            self.call = call
            self.sourceAddress = sourceAddress
            self.failure = failure
            self.count = count
        }
    }
}
