# SPDX-License-Identifier: Apache-2.0
"""The whole way: an identity verified by its records in the DNS, MX, TLS, and a real Postfix that keeps the mail."""
import email
import email.policy

import dkim
import dns.exception
import dns.resolver
import pytest
from conftest import need, wait_for

pytestmark = [need("nsd"), need("postfix")]

BODY = "Bonjour,\r\n.a line that begins with a dot\r\n..two\r\n" + "x" * 900 + "\r\ntrailing space \r\n\r\n\r\n"


@pytest.fixture
def posted(start, name_server, far_side):
    """A server that delivers by MX to Postfix, with example.com verified through the DNS."""
    for domain in far_side.DOMAINS:
        name_server.zone(domain, "@ IN MX 10 mx", "mx IN A 127.0.0.1")
    for domain in ("example.com", "example.net"):
        name_server.zone(domain, "@ IN TXT nothing")
    server = start(extra=f"""
delivery: {{ route: mx, mx-port: {far_side.port}, retry: [0.3] }}
identities: {{ check-interval: 0.2 }}
resolver: {{ servers: ["{name_server.address}"], trust-anchor: "{name_server.anchor()}" }}
""")
    server.ses = server.client("sesv2")
    assert not server.ses.create_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"]
    name_server.zone("example.com", server.dkim_records("example.com")[0])
    wait_for(
        lambda: server.ses.get_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"], 30,
        "the verification")
    server.far_side, server.name_server = far_side, name_server
    return server


def from_the_zone(name_server):
    """dkimpy's look-up, asking the name server itself."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], name_server.port

    def lookup(name, timeout=5):
        try:
            answer = resolver.resolve(name.decode().rstrip("."), "TXT", lifetime=timeout)
        except dns.exception.DNSException:
            return b""
        return b"".join(answer[0].strings)

    return lookup


def as_sent(stored):
    """Without the lines that Postfix put on top for its own mailbox."""
    return stored[stored.index(b"DKIM-Signature:"):]


def test_smtp_to_two_domains(posted):
    header = "From: Ada <ada@example.com>\r\nTo: bob@rome.example, eve@oslo.example\r\nSubject: by MX\r\nX-Kept: yes\r\n"
    client = posted.smtp()
    client.mail("ada@example.com")
    assert [client.rcpt(to)[0] for to in ("bob@rome.example", "eve@oslo.example")] == [250, 250]
    code, text = client.data((header + "\r\n" + BODY).encode())
    assert code == 250 and text.split()[0].lower() == b"ok"
    message_id = text.split()[-1].decode()
    for stored in posted.far_side.wait(2):
        content = as_sent(stored)
        assert dkim.verify(content, dnsfunc=from_the_zone(posted.name_server))
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert message["Message-ID"] == f"<{message_id}@mail.example.com>"
        assert (message["Subject"], message["X-Kept"], message["From"]) == ("by MX", "yes", "Ada <ada@example.com>")
        assert content.split(b"\r\n\r\n", 1)[1].rstrip(b"\r\n") == BODY.encode().rstrip(b"\r\n")
    facts = wait_for(lambda: (lambda f: f if len(f) == 2 else None)(posted.facts("delivered")), what="two deliveries")
    assert all("tlsv1" in str(fact).lower() for fact in facts), "Postfix offers STARTTLS, so it is used"


def test_api_with_an_attachment(posted):
    data = bytes(range(256)) * 400
    message_id = posted.ses.send_email(
        FromEmailAddress="Ada <ada@example.com>", Destination={"ToAddresses": ["bob@rome.example"]},
        Content={"Simple": {
            "Subject": {"Data": "Überraschung"}, "Body": {"Text": {"Data": "Grüße 你好"}, "Html": {"Data": "<p>Grüße</p>"}},
            "Attachments": [{"FileName": "data.bin", "RawContent": data, "ContentType": "application/octet-stream"}]}},
    )["MessageId"]
    content = as_sent(posted.far_side.wait(1)[0])
    assert dkim.verify(content, dnsfunc=from_the_zone(posted.name_server))
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message["Message-ID"] == f"<{message_id}@mail.example.com>"
    assert message["Subject"] == "Überraschung"
    assert message.get_body(["plain"]).get_content().strip() == "Grüße 你好"
    assert [part.get_content() for part in message.iter_attachments()] == [data]


def test_a_domain_that_is_not_there_bounces(posted):
    posted.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@nowhere.example.net"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})
    bounces = wait_for(lambda: posted.facts("bounced"), what="the bounce")
    assert "5.1.2" in str(bounces) and "does not exist" in str(bounces)
