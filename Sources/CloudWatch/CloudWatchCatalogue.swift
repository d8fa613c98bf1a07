// SPDX-License-Identifier: Apache-2.0

package import AWSWire

/// Amazon CloudWatch, 2010-08-01, in all protocols that clients of it speak: CBOR, JSON, and Query before them.
package enum CloudWatchCatalogue {
    // Of the errors that are in the model, by code; the other codes are those of all services.
    private static let errorShapes = [
        "InvalidNextToken": "InvalidNextToken",
        "InvalidParameterCombination": "InvalidParameterCombinationException",
        "InvalidParameterValue": "InvalidParameterValueException", "LimitExceeded": "LimitExceededFault",
        "MissingParameter": "MissingRequiredParameterException", "ResourceNotFound": "ResourceNotFound",
        "ResourceNotFoundException": "ResourceNotFoundException",
    ].mapValues { "com.amazonaws.cloudwatch#\($0)" }

    package static func make(_ services: CloudWatchServices) -> [ServiceCatalogue] {
        let query = WireProtocol.query(namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/")
        return [
            ServiceCatalogue(.cbor(service: "GraniteServiceVersion20100801"), errorShapes: errorShapes),
            ServiceCatalogue(.json(version: "1.0")), ServiceCatalogue(query, version: "2010-08-01"),
        ].map { empty in
            var catalogue = empty
            catalogue.addCloudWatch(services)
            return catalogue
        }
    }
}
