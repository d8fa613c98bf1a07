// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What one listener offers and allows.
package struct ServerSettings: Sendable {
    package var hostname: String
    /// Octets of one message; SES: 40 MB.
    package var maximumMessageSize = 40 * 1024 * 1024
    package var maximumRecipients = Envelope.maximumRecipients
    /// Octets of a command line with its extensions' parameters (RFC 5321 §4.5.3.1.4 asks for 512 and more).
    package var maximumLineLength = 2048
    /// AUTH responses are longer (RFC 4954 §4).
    package var maximumAuthenticationLength = 12_288
    /// Errors in one session before it is ended.
    package var maximumErrors = 20
    package var maximumAuthenticationFailures = 3
    /// STARTTLS can be had.
    package var offersTLS = true
    /// Nothing but EHLO, STARTTLS and QUIT before TLS.
    package var requiresTLS = true
    /// Nobody sends before AUTH; false on a trusted listener and on an inbound one.
    package var requiresAuthentication = true
    /// `MAIL FROM:<>` is taken: what reports come from (RFC 5321 §4.5.5).
    package var allowsNullReversePath = false
    /// Each recipient is asked about before it is answered.
    package var asksAboutRecipients = false
    /// Whose postmaster `RCPT TO:<postmaster>` means; nil where nobody may write there.
    package var postmasterDomain: Domain?

    package init(hostname: String) { self.hostname = hostname }
}
