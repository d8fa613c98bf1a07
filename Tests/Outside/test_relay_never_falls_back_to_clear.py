# SPDX-License-Identifier: Apache-2.0
"""`delivery.relay.tls: require`: a verified certificate for the relay's name, or the message waits. Never in clear."""
import time

import pytest
from conftest import need, wait_for

pytestmark = need("postfix")
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def relaying(start, host, port, tls, trust=()):
    server = start(extra=f"""
delivery:
  route: relay
  relay: {{ host: {host}, port: {port}, tls: {tls} }}
  tls: {{ trust: [{", ".join(map(str, trust))}] }}
  retry: [0.3]
identities: {{ verification: automatic }}
""")
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@rome.example"]}, Content=CONTENT)
    return server


def test_a_verified_relay_gets_the_message(start, far_side):
    certificate = far_side.configuration / "cert.pem"
    server = relaying(start, "localhost", far_side.port, "require", [certificate])
    assert len(far_side.wait(1)) == 1
    assert "tls" in str(wait_for(lambda: server.facts("delivered"), what="the delivery")).lower()


@pytest.mark.parametrize("host, trusted", [("localhost", False), ("127.0.0.1", True)],
                         ids=["nobody vouches for it", "the name is another's"])
def test_an_unverified_relay_gets_nothing(start, far_side, host, trusted):
    trust = [far_side.configuration / "cert.pem"] if trusted else []
    server = relaying(start, host, far_side.port, "require", trust)
    wait_for(lambda: len(server.facts("deferred")) >= 2, 20, "two deferrals")
    assert far_side.messages() == [] and server.facts("delivered") == []


def test_a_relay_without_starttls_gets_nothing(start, sink):
    server = relaying(start, "localhost", sink.port, "require")
    wait_for(lambda: len(server.facts("deferred")) >= 2, 20, "two deferrals")
    time.sleep(0.2)
    assert sink.messages == [] and sink.connections >= 1


def test_opportunistic_takes_what_there_is(start, far_side):
    relaying(start, "localhost", far_side.port, "opportunistic")
    assert len(far_side.wait(1)) == 1
    assert "TLS" in far_side.messages()[0].split(b"\r\n\r\n")[0].decode()
