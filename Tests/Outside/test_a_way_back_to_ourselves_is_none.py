# SPDX-License-Identifier: Apache-2.0
"""A relay or an exchanger that is a listener of this very server: the mail bounces with that reason, and goes round never."""
import pytest
from conftest import need, wait_for

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def send(server, to="bob@example.net"):
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    ses.send_email(FromEmailAddress="ada@example.com", Destination={"ToAddresses": [to]}, Content=CONTENT)


def assert_bounced(server, words):
    bounce = wait_for(lambda: server.facts("bounced"), what="the bounce")
    assert len(bounce) == 1 and "554 5.4.6" in str(bounce) and words in str(bounce)
    # The bounce and the end of the delivery are one transaction: nothing is under way any more that could come back.
    assert len(server.facts("accepted")) == 1, "it came back in"
    assert server.facts("delivered") == server.facts("deferred") == []


def rewrite(server, delivery, listener="127.0.0.1"):
    """The server's own trusted port is known only now."""
    text = server.config.read_text().replace("DELIVERY", delivery.format(port=server.trusted))
    own = f"host: 127.0.0.1, port: {server.trusted}"
    assert own in text
    server.config.write_text(text.replace(own, f'host: "{listener}", port: {server.trusted}', 1))
    server.start()


@pytest.mark.parametrize("host, listener", [
    ("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("127.0.0.1", "::")])
def test_a_relay(start, host, listener):
    server = start(wait=False, extra="delivery: { DELIVERY, retry: [0.2] }\nidentities: { verification: automatic }\n")
    rewrite(server, f"route: relay, relay: {{{{ host: {host}, port: {{port}}, tls: none }}}}", listener)
    send(server)
    assert_bounced(server, "is this server itself")


@need("nsd")
def test_an_exchanger(start, name_server):
    name_server.zone("rome.example", "@ IN MX 10 mx", "mx IN A 127.0.0.1")
    server = start(wait=False, extra=f"""
delivery: {{ DELIVERY, retry: [0.2] }}
resolver: {{ servers: ["{name_server.address}"], trust-anchor: {name_server.anchor()} }}
identities: {{ verification: automatic }}
""")
    rewrite(server, "route: mx, mx-port: {port}")
    send(server, "bob@rome.example")
    assert_bounced(server, "loops back to this server")
