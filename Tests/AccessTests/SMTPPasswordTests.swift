// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Testing

@Suite("SMTP password")
struct SMTPPasswordTests {
    // SES's documented derivation; Terraform's `ses_smtp_password_v4` gives the same.
    @Test(
        "follows SES's derivation",
        arguments: [
            ("us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
            ("us-west-2", "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
            ("eu-west-1", "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
        ])
    func derives(region: String, password: String) {
        let secret = SecretBytes(Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8))
        #expect(SMTPPassword.derive(secretAccessKey: secret, region: region) == password)
    }
}
