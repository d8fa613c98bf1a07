// SPDX-License-Identifier: Apache-2.0

import Mail
import PolicyLanguage

extension AccessControl {
    /// The global condition keys of a request ("AWS global condition context keys", IAM user guide).
    ///
    /// Keys of MFA stand only where temporary credentials could have brought them, as on AWS: BoolIfExists is the operator
    /// to ask with.
    func context(of caller: Caller, _ state: AccessState) -> PolicyContext {
        let principal = caller.principal
        let moment = directory.now()
        var keys = PolicyContext(lowercased: [
            "aws:principalarn": [principal.roleARN ?? principal.arn],
            "aws:principalaccount": [principal.account.description],
            "aws:principaltype": [Self.type(of: principal)],
            "aws:userid": [principal.userID],
            "aws:principalisawsservice": ["false"],
            "aws:viaawsservice": ["false"],
            "aws:sourceip": [caller.sourceAddress],
            "aws:securetransport": [caller.tls == nil ? "false" : "true"],
            "aws:useragent": [caller.agent],
            "aws:requestedregion": [region],
            "aws:currenttime": [Self.text(moment)],
            "aws:epochtime": ["\(moment.seconds)"],
        ])
        if case .user(let name, _, _) = principal.kind { keys["aws:username"] = [name] }
        if let endpoint = caller.vpcEndpoint { keys["aws:sourcevpce"] = [endpoint] }
        if let id = state.find(Organization.self, "organization", in: managementAccount)?.id {
            keys["aws:principalorgid"] = [id]
        }
        // A session's tags stand before those of its role.
        let tags = library.held(principal, state, managementAccount).tags + (principal.session?.tags ?? [])
        for tag in tags { keys["aws:principaltag/\(tag.key)"] = [tag.value] }
        if let session = principal.session {
            keys["aws:multifactorauthpresent"] = [session.isMFA ? "true" : "false"]
            if let shown = session.mfaAt { keys["aws:multifactorauthage"] = ["\(Int(moment - shown))"] }
            keys["aws:tokenissuetime"] = [Self.text(session.issuedAt)]
        }
        return keys
    }

    private static func type(of principal: Principal) -> String {
        switch principal.kind {
        case .root: "Account"
        case .user: "User"
        case .role: "AssumedRole"
        }
    }

    private static func text(_ moment: Timestamp) -> String { String(moment.description.dropLast(5)) + "Z" }
}

extension Principal {
    /// The tags of the user or role it is.
    func ownTags(in state: AccessState) -> [Tag] {
        switch kind {
        case .root: []
        case .user(let name, _, _): state.find(User.self, name.lowercased(), in: account)?.tags ?? []
        case .role(let name, _, _, _): state.find(Role.self, name.lowercased(), in: account)?.tags ?? []
        }
    }
}
