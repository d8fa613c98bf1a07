// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
package import Access
package import Journal
package import Mail

/// Where every operation is found.
let logs = Route.json(prefix: "Logs_20140328")

/// A log group: what is kept elsewhere, looked at as a log. Nothing is written into it, and it cannot be deleted.
package struct LogGroup: Sendable {
    let name: String
    let log: any AccountLog
    /// Days; nil where entries do not expire.
    let retention: Int?

    package init(_ name: String, log: any AccountLog, retention: Int?) {
        self.name = name
        self.log = log
        self.retention = retention
    }
}

/// What the operations on logs stand on.
package struct LogsServices: Sendable {
    let access: AccessControl
    let region: String
    /// By name.
    let groups: [LogGroup]
    let records: any RecordStore
    let now: Now

    package init(
        access: AccessControl, region: String, groups: [LogGroup], records: any RecordStore, now: @escaping Now
    ) {
        self.access = access
        self.region = region
        self.groups = groups.sorted { $0.name < $1.name }
        self.records = records
        self.now = now
    }

    func arn(_ group: String, in account: AccountID) -> String {
        "arn:aws:logs:\(region):\(account):log-group:\(group)"
    }

    /// The caller, once they may do this. Everything but tagging is asked of a stream, with an empty name where none is
    /// meant: so does AWS, and policies end in `:*`.
    func caller(
        _ operation: String, group: String = "", stream: String? = "", _ context: RequestContext
    ) throws -> Caller {
        let caller = try Caller(context)
        let arn = arn(group, in: caller.account) + (stream.map { ":log-stream:\($0)" } ?? "")
        try access.require("logs:\(operation)", on: .init(arn), as: caller, code: "AccessDeniedException")
        return caller
    }

    /// The group that a request names by its name or its ARN, once the caller may do this to it.
    func group(
        name: String?, identifier: String?, stream: String? = "", for operation: String, _ context: RequestContext
    ) throws -> (group: LogGroup, caller: Caller) {
        guard (name == nil) != (identifier == nil), let given = name ?? identifier else {
            throw Self.invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")
        }
        let base = arn("", in: try Caller(context).account)
        var asked = Substring(given)
        if identifier != nil, asked.hasPrefix(base) {
            asked = asked.dropFirst(base.count)
            if asked.hasSuffix(":*") { asked = asked.dropLast(2) }
        }
        guard Self.isName(asked) else { throw Self.invalid("The log group's name or ARN is not valid.") }
        let caller = try caller(operation, group: String(asked), stream: stream, context)
        guard let group = groups.first(where: { $0.name == asked }) else {
            throw Self.notFound("The specified log group does not exist.")
        }
        return (group, caller)
    }

    /// - Throws: where the account has no such stream.
    func day(_ stream: String, of group: LogGroup, for caller: Caller) async throws -> LogDay {
        guard let day = LogDay(name: stream), let range = try await group.log.range(of: caller.account),
            (LogDay(range.lowerBound)...LogDay(range.upperBound)).contains(day)
        else { throw Self.notFound("The specified log stream does not exist.") }
        return day
    }

    // log-group names: [\.\-_/#A-Za-z0-9]+, 1 to 512
    private static func isName(_ text: Substring) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { isNameOctet($0) }
    }

    static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 48...57, 65...90, 97...122: true
        default: ".-_/#".utf8.contains(octet)
        }
    }

    static func invalid(_ why: String) -> ServiceError { ServiceError("InvalidParameterException", why) }

    static func notFound(_ why: String) -> ServiceError { ServiceError("ResourceNotFoundException", why) }

    static func limit(_ given: Int?, of most: Int) throws -> Int {
        let limit = given ?? most
        guard (1...most).contains(limit) else { throw invalid("limit is 1 to \(most).") }
        return limit
    }
}

/// CloudWatch Logs, 2014-03-28: the read side of it, over what the server keeps anyway.
package enum LogsCatalogue {
    package static func make(_ services: LogsServices) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(.json(version: "1.1"), keepsNames: true)
        catalogue.add(DescribeLogGroups(services: services))
        catalogue.add(DescribeLogStreams(services: services))
        catalogue.add(GetLogEvents(services: services))
        catalogue.add(FilterLogEvents(services: services))
        catalogue.add(TagResource(services: services))
        catalogue.add(UntagResource(services: services))
        catalogue.add(ListTagsForResource(services: services))
        return catalogue
    }
}
