# SPDX-License-Identifier: Apache-2.0
"""What was accepted arrives, whatever happens in between."""
import signal
import sqlite3

import pytest

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def send(server, to="bob@example.net"):
    return server.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": [to] if isinstance(to, str) else to}, Content=CONTENT)["MessageId"]


def facts(server):
    with sqlite3.connect(server.directory / "data/spool.db") as db:
        return [row[0] for row in db.execute("SELECT event FROM fact ORDER BY sequence")]


def test_temporary_failure_is_retried(relayed):
    relayed.sink.data_reply = "451 4.3.0 later"
    send(relayed)
    from conftest import wait_for
    wait_for(lambda: any("deferred" in fact for fact in facts(relayed)), what="a deferral")
    relayed.sink.data_reply = "250 2.0.0 Ok"
    relayed.sink.wait()
    wait_for(lambda: any("delivered" in fact for fact in facts(relayed)), what="the delivery")


def test_each_recipient_has_its_own_outcome(relayed):
    from conftest import wait_for
    relayed.sink.rcpt_replies = {"gone@example.net": "550 5.1.1 no such user", "busy@example.net": "450 4.2.0 later"}
    send(relayed, ["bob@example.net", "gone@example.net", "busy@example.net"])
    wait_for(lambda: any('"bounced"' in fact and "gone@example.net" in fact for fact in facts(relayed)), what="the bounce")
    assert relayed.sink.wait()[0][1] == ["bob@example.net"]
    relayed.sink.rcpt_replies = {}
    assert relayed.sink.wait(2)[1][1] == ["busy@example.net"]
    assert not any("gone" in str(recipients) for _, recipients, _ in relayed.sink.messages)


def test_kill_and_restart_lose_nothing(relayed):
    relayed.sink.data_reply = "451 4.3.0 later"
    ids = {send(relayed) for _ in range(20)}
    relayed.stop(kill=True)
    relayed.sink.data_reply = "250 2.0.0 Ok"
    relayed.start()
    relayed.sink.wait(20)
    arrived = {content.split(b"Message-ID: <")[1].split(b"@")[0].decode() for _, _, content in relayed.sink.messages}
    assert arrived == ids


def test_sigterm_drains(relayed):
    send(relayed)
    relayed.sink.wait()
    relayed.process.send_signal(signal.SIGTERM)
    assert relayed.process.wait(30) == 0


@pytest.mark.parametrize("count", [3])
def test_capture_inbox_shows_what_was_sent(start, count):
    import json
    import urllib.request
    from conftest import wait_for
    server = start(extra="delivery: { route: capture }\n")
    server.ses = server.client("sesv2")
    assert server.ses.create_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"]
    ids = {send(server) for _ in range(count)}

    def get(path):
        return urllib.request.urlopen(f"http://127.0.0.1:{server.console}{path}").read().decode()

    messages = wait_for(lambda: (lambda m: m if len(m) == count else None)(json.loads(get("/api/messages"))["messages"]))
    assert {message["messageId"] for message in messages} == ids
    page = get(f"/messages/{messages[0]['id']}")
    assert "dkim=pass" in page and "ada@example.com" in page
