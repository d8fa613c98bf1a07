// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage

/// Whatever is read as a policy decides, explains itself, and proves or gives up, without end or trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let caller = PolicyPrincipal(
        account: "111122223333", kind: .roleSession, arn: "arn:aws:sts::111122223333:assumed-role/app/s1",
        role: "arn:aws:iam::111122223333:role/app")
    let request = PolicyRequest(
        principal: caller, action: "ses:SendEmail",
        resource: "arn:aws:ses:us-east-1:111122223333:identity/example.com", resourceAccount: "111122223333",
        context: PolicyContext([
            "ses:FromAddress": ["ops@example.com"], "ses:Recipients": ["a@example.com", "b@example.net"],
            "aws:SourceIp": ["2001:db8::1"], "aws:CurrentTime": ["2026-11-24T00:00:00Z"],
        ]))
    for kind in [Policy.Kind.identity, .resource, .trust, .organization] {
        guard let policy = try? Policy(parsing: text, as: kind) else { continue }
        var set = PolicySet()
        let named = [NamedPolicy(name: "fuzzed", policy: policy)]
        if kind == .identity || kind == .organization { set.identity = named } else { set.resource = named }
        _ = set.decide(request).explanation(of: request)
        let narrowed = set.narrowed(to: request.action, on: request.resource)
        precondition(narrowed.decide(request).isAllowed == set.decide(request).isAllowed)
    }
    return 0
}
