# SPDX-License-Identifier: Apache-2.0
"""The id's form, the limits on size at each door, and what a slow end of the server means to a session under way."""
import re
import signal
import smtplib
import socket
import time

import botocore.config
import botocore.exceptions
import pytest
from conftest import wait_for

MEGABYTE = 1 << 20
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def send(server):
    return server.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]}, Content=CONTENT)["MessageId"]


def test_the_id_has_the_form_of_ses(relayed):
    before = int(time.time() * 1000)
    ids = [send(relayed) for _ in range(3)]
    after = int(time.time() * 1000)
    for identity in ids:
        assert re.fullmatch(r"0100[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000", identity)
        assert before <= int(identity[4:16], 16) <= after
    assert ids == sorted(ids) and len(set(ids)) == 3


@pytest.mark.parametrize("size, ok", [(9, True), (11, False)])
def test_v1_takes_ten_megabytes(relayed, size, ok):
    raw = b"From: ada@example.com\r\nTo: bob@example.net\r\nSubject: s\r\n\r\n" + b"x" * 70 + b"\r\n"
    raw += (b"y" * 70 + b"\r\n") * (size * MEGABYTE // 72)
    client = relayed.client("ses", config=botocore.config.Config(retries={"total_max_attempts": 1}))
    if ok:
        assert client.send_raw_email(RawMessage={"Data": raw})["MessageId"]
        return
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.send_raw_email(RawMessage={"Data": raw})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 413)
    assert relayed.facts("accepted") == []


@pytest.mark.parametrize("size, ok", [(38, True), (42, False)])
def test_v2_takes_forty_megabytes(relayed, size, ok):
    raw = b"From: ada@example.com\r\nTo: bob@example.net\r\nSubject: s\r\n\r\n" + (b"y" * 70 + b"\r\n") * (size * MEGABYTE // 72)
    client = relayed.client("sesv2", config=botocore.config.Config(retries={"total_max_attempts": 1}))
    if ok:
        assert client.send_email(Content={"Raw": {"Data": raw}})["MessageId"]
        assert relayed.sink.wait(1, 60)[0][2].endswith(raw[-100:])
        return
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.send_email(Content={"Raw": {"Data": raw}})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 413)
    assert relayed.facts("accepted") == []


def test_sigterm_lets_a_message_under_way_finish(relayed):
    client = smtplib.SMTP("127.0.0.1", relayed.trusted, timeout=20)
    client.ehlo()
    client.mail("ada@example.com")
    client.rcpt("bob@example.net")
    assert client.docmd("DATA")[0] == 354
    client.send(b"From: ada@example.com\r\nSubject: s\r\n\r\nhalf")
    time.sleep(0.3)
    relayed.process.send_signal(signal.SIGTERM)

    def refused():
        try:
            with socket.create_connection(("127.0.0.1", relayed.trusted), timeout=2) as stranger:
                return not stranger.recv(100).startswith(b"220")
        except OSError:
            return True

    wait_for(refused, 10, "the end of new sessions")
    client.send(b" and the rest\r\n.\r\n")
    code, text = client.getreply()
    assert code == 250
    assert relayed.process.wait(30) == 0
    # Delivered before the end, or kept for the next start: never half.
    if not relayed.sink.messages:
        relayed.start()
    content = relayed.sink.wait(1)[0][2]
    assert text.split()[-1] in content and content.endswith(b"half and the rest\r\n")
