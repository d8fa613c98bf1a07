// SPDX-License-Identifier: Apache-2.0

/// The provider rules that come with Postern, as they are written.
package enum ShippedProviders {
    package static let fileName = "providers.yaml"
    package static var yaml: String { String(decoding: PackageResources.providers_yaml, as: UTF8.self) }
}
