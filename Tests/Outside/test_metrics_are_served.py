# SPDX-License-Identifier: Apache-2.0
"""`GET /metrics` tells what waits."""
import urllib.request

from conftest import free_port, wait_for


def test_metrics(start, sink):
    port = free_port()
    sink.data_reply = "451 4.3.0 later"
    server = start(extra=f"""
delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }} }}
identities: {{ verification: automatic }}
metrics: {{ host: 127.0.0.1, port: {port} }}
""")
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")

    def metrics():
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    assert metrics()["postern_queue_deliveries_all"] == "0"
    for _ in range(3):
        ses.send_email(FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]},
                       Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})
    wait_for(lambda: metrics()['postern_queue_deliveries{site="relay"}'] == "3", what="three waiting deliveries")
    assert int(metrics()["postern_spool_commits_total"]) >= 3
