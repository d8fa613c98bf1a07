# SPDX-License-Identifier: Apache-2.0
"""Control 5: mail leaves by the hops the operator named, or the server does not start."""
import subprocess

import pytest


def refusal(server):
    done = subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize("delivery, words", [
    ("route: relay, relay: { host: elsewhere.example, tls: none }", "'delivery.relay.host' elsewhere.example is not among 'guardrails.next-hops'"),
    ("route: mx", "'guardrails.next-hops' pins the route")])
def test_another_route_stops_start_up(start, delivery, words):
    server = start(wait=False, extra=f"delivery: {{ {delivery} }}\nguardrails: {{ next-hops: [127.0.0.1] }}\n")
    assert words in refusal(server)


def test_the_named_hop_is_taken(start, sink):
    server = start(extra=f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }} }}\n"
                         "identities: { verification: automatic }\nguardrails: { next-hops: [127.0.0.1] }\n")
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    ses.send_email(FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]},
                   Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})
    assert sink.wait()[0][1] == ["bob@example.net"]
