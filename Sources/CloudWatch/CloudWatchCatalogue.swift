// SPDX-License-Identifier: Apache-2.0

package import AWSWire

/// Amazon CloudWatch, 2010-08-01, in both of the protocols that clients of it speak here: JSON, and Query before it.
package enum CloudWatchCatalogue {
    package static func make(_ services: CloudWatchServices) -> [ServiceCatalogue] {
        let query = WireProtocol.query(namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/")
        return [
            ServiceCatalogue(.json(version: "1.0")), ServiceCatalogue(query, version: "2010-08-01"),
        ].map { empty in
            var catalogue = empty
            catalogue.addCloudWatch(services)
            return catalogue
        }
    }
}
