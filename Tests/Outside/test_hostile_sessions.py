# SPDX-License-Identifier: Apache-2.0
"""SMTP smuggling, STARTTLS injection and floods: one message or a refusal, never two, and the server goes on."""
import concurrent.futures
import contextlib
import socket
import struct
import time

import pytest
from conftest import wait_for

ENDINGS = [b"\n.\n", b"\r.\r", b"\r.\n", b"\n.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"]
HEADER = b"From: ada@example.com\r\nTo: bob@example.net\r\nSubject: first\r\n\r\nbody"
SECOND = b"MAIL FROM:<ada@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\nFrom: ada@example.com\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"


class Talk:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.file = self.socket.makefile("rb")
        self.reply()

    def say(self, data):
        self.socket.sendall(data)

    def reply(self):
        while True:
            line = self.file.readline()
            if not line or line[3:4] != b"-":
                return line

    def ask(self, line):
        self.say(line + b"\r\n")
        return self.reply()


def begin(server):
    talk = Talk(server.trusted)
    for line in (b"EHLO x", b"MAIL FROM:<ada@example.com>", b"RCPT TO:<bob@example.net>"):
        assert talk.ask(line).startswith(b"250")
    return talk


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
@pytest.mark.parametrize("way", ["DATA", "BDAT"])
def test_smuggling(relayed, ending, way):
    talk = begin(relayed)
    if way == "DATA":
        assert talk.ask(b"DATA").startswith(b"354")
        talk.say(HEADER + ending + SECOND + b"\r\n.\r\n")
    else:
        content = HEADER + ending + SECOND
        talk.say(b"BDAT %d LAST\r\n" % len(content) + content)
    talk.reply()
    talk.say(b"QUIT\r\n")
    while talk.file.readline():
        pass
    time.sleep(0.3)
    assert len(relayed.sink.messages) <= 1
    assert all(recipients == ["bob@example.net"] for _, recipients, _ in relayed.sink.messages)
    assert relayed.healthy()


def test_starttls_injection(relayed):
    talk = Talk(relayed.submission)
    talk.ask(b"EHLO x")
    talk.say(b"STARTTLS\r\nRSET\r\n")
    answer = talk.file.read()
    assert b"220" not in answer and b"250" not in answer


def test_recipient_flood(relayed):
    talk = begin(relayed)
    answers = [talk.ask(b"RCPT TO:<bob@example.net>") for _ in range(69)]
    assert [answer[:3] for answer in answers] == [b"250"] * 49 + [b"452"] * 20
    assert talk.reply().startswith(b"421 4.7.0 Too many errors")
    flood = begin(relayed)
    with contextlib.suppress(ConnectionError):
        flood.say(b"RCPT TO:<bob@example.net>\r\n" * 100_000)
        assert flood.file.read().count(b"250 2.1.5") <= 49
    assert relayed.healthy()


def test_deeply_nested_parts(relayed):
    talk = begin(relayed)
    assert talk.ask(b"DATA").startswith(b"354")
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(100_000))
    talk.say(b"From: ada@example.com\r\nSubject: \xc3\xbc\r\n" + parts + b"\xff\r\n.\r\n")
    assert talk.reply()[:3] in (b"250", b"554")
    assert relayed.healthy()


@pytest.mark.parametrize("header", [b"X: " + b"a" * 2000, b"X: y\r\n" * 20_000, b"no colon here"], ids=["long line", "many", "no field"])
def test_bad_headers(relayed, header):
    talk = begin(relayed)
    assert talk.ask(b"DATA").startswith(b"354")
    talk.say(b"From: ada@example.com\r\n" + header + b"\r\n\r\nx\r\n.\r\n")
    assert talk.reply().startswith(b"554")


def test_large_message_streams(relayed):
    talk = begin(relayed)
    assert talk.ask(b"DATA").startswith(b"354")
    body = (b"0123456789" * 7 + b"\r\n") * 400_000
    talk.say(HEADER + b"\r\n" + body + b".\r\n")
    assert talk.reply().startswith(b"250")
    _, _, content = relayed.sink.wait(seconds=60)[0]
    assert content.endswith(body)
    talk = begin(relayed)
    assert talk.ask(b"DATA").startswith(b"354")
    talk.say(HEADER + b"\r\n" + body + body + b".\r\n")
    assert talk.reply().startswith(b"552")
    assert talk.ask(b"NOOP").startswith(b"250")


def test_clients_that_drop_in_a_large_content_hurt_nobody_else(relayed):
    line = b"%06d" + b"0123456789" * 7 + b"\r\n"
    abandoned = HEADER + b"\r\n" + b"x" * 70 + b"\r\n" + (b"evil" * 18 + b"\r\n") * 8_000
    whole = [b"".join(line % (number * 10_000 + i) for i in range(8_000)) for number in range(10)]

    def drop():
        talk = begin(relayed)
        assert talk.ask(b"DATA").startswith(b"354")
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(ConnectionError):
            talk.say(abandoned)
        talk.file.close()
        talk.socket.close()

    def send(body):
        talk = begin(relayed)
        assert talk.ask(b"DATA").startswith(b"354")
        talk.say(HEADER + b"\r\n" + body + b".\r\n")
        assert talk.reply().startswith(b"250")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        drops = [pool.submit(drop) for _ in range(100)]
        for done in [pool.submit(send, body) for body in whole] + drops:
            done.result()
    arrived = [content for _, _, content in relayed.sink.wait(len(whole), 60)]
    assert sorted(content[content.index(b"body\r\n") + 6:] for content in arrived) == whole
    wait_for(lambda: not any((relayed.data / "drafts").iterdir()), what="the drafts removed")
    wait_for(lambda: not any((relayed.data / "bodies").iterdir()), what="the bodies removed")
    assert relayed.healthy()


def test_a_large_content_over_the_api_is_a_file(start):
    server = start(extra="delivery: { route: capture, hold: true }\nidentities: { verification: automatic }\n")
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    text = ("0123456789" * 7 + "\r\n") * 10_000
    ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": text}}}})
    (body,) = (server.data / "bodies").iterdir()
    assert body.read_bytes().rstrip() == text.encode().rstrip()
    server.stop()
    server.config.write_text(server.config.read_text().replace("hold: true", "hold: false"))
    server.start()
    (message,) = wait_for(server.captured, what="the delivery")
    assert text.encode().rstrip() in server.source(message["id"])
    wait_for(lambda: not any((server.data / "bodies").iterdir()), what="the body removed")
