// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Tags a managed policy.
struct TagPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.policyArn, try Optional(input.tags).checked)
        let call = try IAMCall(Self.name, on: .policy(name), access, context, keys: tags.keys)
        try await call.change { state in try state.tag(try state.requireManaged(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a managed policy.
struct UntagPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var tagKeys: TagKeys
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.policyArn, input.tagKeys)
        let call = try IAMCall(Self.name, on: .policy(name), access, context, keys: tags.keys)
        try await call.change { state in state.untag(try state.requireManaged(name, in: call.account), tags.list) }
        return Empty()
    }
}

/// The tags of a managed policy.
struct ListPolicyTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> TagsOutput {
        let name = input.policyArn
        let call = try IAMCall(Self.name, on: .policy(name), access, context)
        let tags = try call.read { state in try state.requireManaged(name, in: call.account).tags }
        return try TagsOutput(tags, marker: input.marker, maxItems: input.maxItems)
    }
}

/// Tags a virtual MFA device.
struct TagMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
        var tags: [WireTag]
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.serialNumber, try Optional(input.tags).checked)
        let call = try IAMCall(Self.name, on: .device(name), access, context, keys: tags.keys)
        try await call.change { state in try state.tag(try state.requireDevice(name, in: call.account), tags) }
        return Empty()
    }
}

/// Takes tags from a virtual MFA device.
struct UntagMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
        var tagKeys: TagKeys
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (name, tags) = (input.serialNumber, input.tagKeys)
        let call = try IAMCall(Self.name, on: .device(name), access, context, keys: tags.keys)
        try await call.change { state in state.untag(try state.requireDevice(name, in: call.account), tags.list) }
        return Empty()
    }
}

/// The tags of a virtual MFA device.
struct ListMFADeviceTags: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
        var marker: String?
        var maxItems: Number?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> TagsOutput {
        let name = input.serialNumber
        let call = try IAMCall(Self.name, on: .device(name), access, context)
        let tags = try call.read { state in try state.requireDevice(name, in: call.account).tags }
        return try TagsOutput(tags, marker: input.marker, maxItems: input.maxItems)
    }
}
