// SPDX-License-Identifier: Apache-2.0

import Mail

extension Principal {
    /// `userIdentity` of a record, as JSON: who, and with temporary credentials whose session and since when
    /// (CloudTrail user guide, "CloudTrail userIdentity element").
    package func recordIdentity(accessKeyID: String?) -> String {
        var members: [(String, String)] = []
        switch kind {
        case .root: members.append(("type", "Root"))
        case .user: members.append(("type", "IAMUser"))
        case .role: members.append(("type", "AssumedRole"))
        }
        members += [("principalId", userID), ("arn", arn), ("accountId", account.description)]
        if let accessKeyID { members.append(("accessKeyId", accessKeyID)) }
        if case .user(let name, _, _) = kind { members.append(("userName", name)) }
        var json = Self.members(members)
        if let session { json += ",\"sessionContext\":{\(sessionContext(session))}" }
        return "{\(json)}"
    }

    /// What `LookupEvents` finds it by under Username.
    package var recordUserName: String {
        switch kind {
        case .root: "root"
        case .user(let name, _, _): name
        case .role(_, _, _, let session): session
        }
    }

    /// `userIdentity` of somebody who did not prove who they are: the key they named, where they named one.
    package static func unknownIdentity(accessKeyID: String?) -> String {
        "{\(members([("type", "Unknown")] + (accessKeyID.map { [("accessKeyId", $0)] } ?? [])))}"
    }

    private func sessionContext(_ session: SessionFacts) -> String {
        var json = ""
        if case .role(let name, _, let id, _) = kind {
            let issuer = [
                ("type", "Role"), ("principalId", id), ("arn", roleARN ?? ""), ("accountId", account.description),
                ("userName", name),
            ]
            json = "\"sessionIssuer\":{\(Self.members(issuer))},"
        }
        let attributes = [
            ("creationDate", "\(session.issuedAt.description.prefix(19))Z"), ("mfaAuthenticated", "\(session.isMFA)"),
        ]
        return json + "\"attributes\":{\(Self.members(attributes))}"
    }

    // Octet by octet, because every send has one.
    private static func members(_ members: [(String, String)]) -> String {
        var json: [UInt8] = []
        json.reserveCapacity(256)
        for (name, value) in members {
            json += json.isEmpty ? "\"".utf8 : ",\"".utf8
            json += name.utf8
            json += "\":\"".utf8
            for octet in value.utf8 { json.append(isPlain(octet) ? octet : UInt8(ascii: "?")) }
            json.append(UInt8(ascii: "\""))
        }
        return String(decoding: json, as: UTF8.self)
    }

    // IAM's names have no others (IAM user guide, "IAM name requirements"); whatever else came here is not worth the risk.
    private static func isPlain(_ octet: UInt8) -> Bool {
        (33...126).contains(octet) && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
    }
}
