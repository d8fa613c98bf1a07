# SPDX-License-Identifier: Apache-2.0
"""An address is verified when somebody who reads its mail presses the button behind the link."""
import email
import re
import urllib.error
import urllib.request

import botocore.exceptions
import pytest


def settings(sink, public):
    return (f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }} }}\n"
            + ("public-url: http://PUBLIC\n" if public else ""))


def test_link(start, sink):
    server = start(extra=settings(sink, True))
    ses, v1 = server.client("sesv2"), server.client("ses")
    assert not ses.create_email_identity(EmailIdentity="Ada@example.com")["VerifiedForSendingStatus"]
    sender, recipients, content = sink.wait()[0]
    assert (sender, recipients) == ("", ["Ada@example.com"])
    text = email.message_from_bytes(content).get_payload(decode=True).decode()
    path = re.search(r"http://PUBLIC(/verify\?token=\w+)", text)[1]
    v1.verify_email_identity(EmailAddress="Ada@example.com")

    url = f"http://127.0.0.1:{server.api}{path}"
    assert b"<button>" in urllib.request.urlopen(url).read()
    status = lambda: v1.get_identity_verification_attributes(Identities=["Ada@example.com"])["VerificationAttributes"]["Ada@example.com"]
    assert status()["VerificationStatus"] == "Pending", "a scanner's GET verifies nothing"
    assert b"verified" in urllib.request.urlopen(url, data=b"").read()
    assert status()["VerificationStatus"] == "Success"
    for wrong in ("x" * 44, "../etc", "'"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url.split("=")[0] + "=" + wrong, data=b"")
        assert caught.value.code in (400, 410)
    v1.send_email(Source="Ada@example.com", Destination={"ToAddresses": ["bob@example.net"]},
                  Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}})
    # Asked again within the minute, it had sent no second link: the second mail is the one that was sent.
    assert b"DKIM-Signature" not in sink.wait(2)[1][2], "an address without its domain is sent unsigned"


def test_without_a_public_url_it_is_refused(start, sink):
    server = start(extra=settings(sink, False))
    with pytest.raises(botocore.exceptions.ClientError, match="public-url"):
        server.client("sesv2").create_email_identity(EmailIdentity="ada@example.com")
    with pytest.raises(botocore.exceptions.ClientError, match="public-url"):
        server.client("ses").verify_email_identity(EmailAddress="ada@example.com")
