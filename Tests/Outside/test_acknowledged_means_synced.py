# SPDX-License-Identifier: Apache-2.0
"""Success is answered after a sync: strace shows, for each message, bytes written, then synced, then the reply.

The message carries a marker, so that the write is its own and nobody else's.
"""
import concurrent.futures
import re
import smtplib

import pytest
from conftest import need, wait_for

pytestmark = need("strace")

TRIES = 20
CALLS = "trace=write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,sendto,sendmsg,rename,renameat2"
LINE = re.compile(r"^(?P<pid>\d+) +(?P<time>[\d.]+) (?P<rest>.*)$")
CALL = re.compile(r"^(?P<name>\w+)\((?P<first>\d+)?(?:<(?P<path>[^>]*)>)?")
SYNCS = ("fsync", "fdatasync")


@pytest.fixture
def traced(start, tmp_path):
    trace = tmp_path / "trace"
    server = start(
        extra="delivery: { route: capture, hold: true }\nidentities: { verification: automatic }\n",
        wrapper=("strace", "-f", "-y", "-ttt", "-s", "65536", "-e", CALLS, "-o", str(trace)))
    server.trace = trace
    server.ses = server.client("sesv2")
    server.ses.create_email_identity(EmailIdentity="example.com")
    return server


def calls(server):
    """(begin, end, name, path, text) of each traced call; a call that strace shows in two parts ends with the second."""
    open_calls, found = {}, []
    for number, line in enumerate(server.trace.read_text(errors="replace").splitlines()):
        match = LINE.match(line)
        if not match:
            continue
        pid, rest = match["pid"], match["rest"]
        if rest.startswith("<... "):
            if pid in open_calls:
                begin, name, path, text = open_calls.pop(pid)
                found.append((begin, number, name, path, text))
            continue
        call = CALL.match(rest)
        if not call:
            continue
        entry = (number, call["name"], call["path"] or "", rest)
        if "<unfinished ...>" in rest:
            open_calls[pid] = entry
        else:
            found.append((number, number, *entry[1:]))
    return sorted(found)


def proof(server, marker, message_id):
    """Raises unless a sync of the file that took the marker lies wholly between its write and the reply with the id."""
    found = calls(server)
    reply = reply_with(message_id, found)
    writes = [c for c in found if marker in c[4] and str(server.data) in c[3] and c[1] < reply[0]]
    assert writes, "the message was not written before the reply"
    durable = [w for w in writes if any(
        s[2] in SYNCS and s[3] == w[3] and s[0] > w[1] and s[1] < reply[0] for s in found)]
    assert durable, f"no sync of {[w[3] for w in writes]} between the write and the reply"


def reply_with(message_id, found):
    reply = next((c for c in found if message_id in c[4] and c[3].startswith(("socket:", "TCP"))), None)
    assert reply, f"no reply with {message_id} in the trace"
    return reply


def wait_for_trace(server, message_id):
    wait_for(lambda: message_id in server.trace.read_text(errors="replace"), what="the trace")


def over_smtp(server, number, size=2_000):
    marker = f"marker-{number:04d}-smtp"
    with smtplib.SMTP("127.0.0.1", server.trusted, timeout=60) as client:
        client.ehlo()
        client.mail("ada@example.com")
        client.rcpt("bob@example.net")
        body = (f"{marker} " + "x" * 60 + "\r\n") * (size // 70)
        code, text = client.data(f"From: ada@example.com\r\nSubject: s\r\n\r\n{body}".encode())
    assert code == 250
    return marker, text.split()[-1].decode()


def over_api(server, number):
    marker = f"marker-{number:04d}-api"
    return marker, server.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": marker}}}})["MessageId"]


@pytest.mark.parametrize("send", [over_smtp, over_api], ids=["smtp", "api"])
def test_each_message_is_synced_before_its_reply(traced, send):
    sent = [send(traced, number) for number in range(TRIES)]
    wait_for_trace(traced, sent[-1][1])
    for marker, message_id in sent:
        proof(traced, marker, message_id)


def test_messages_that_share_a_sync_are_synced_too(traced):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(lambda number: over_smtp(traced, number), range(TRIES)))
    for _, message_id in sent:
        wait_for_trace(traced, message_id)
    for marker, message_id in sent:
        proof(traced, marker, message_id)


def test_a_large_body_is_synced_before_its_reply(traced):
    marker, message_id = over_smtp(traced, 1, size=2_000_000)
    wait_for_trace(traced, message_id)
    found = calls(traced)
    reply = reply_with(message_id, found)
    body = [c for c in found if marker in c[4] and "/drafts/" in c[3] and c[1] < reply[0]]
    assert body, "a large body goes through a draft"
    renamed = next(c for c in found if c[2].startswith("rename") and "/bodies/" in c[4])
    synced = [c for c in found if c[2] in SYNCS and c[3] == body[-1][3] and body[-1][1] < c[0] and c[1] < renamed[0]]
    folder = [c for c in found if c[2] in SYNCS and c[3].endswith("/bodies") and renamed[1] < c[0] and c[1] < reply[0]]
    assert synced and folder, "the body is synced, renamed, and its folder synced"


def test_the_proof_can_fail(start, tmp_path):
    trace = tmp_path / "trace"
    server = start(
        extra="delivery: { route: capture, hold: true }\nidentities: { verification: automatic }\n"
        "spool: { synchronous: normal }\n",
        wrapper=("strace", "-f", "-y", "-ttt", "-s", "65536", "-e", CALLS, "-o", str(trace)))
    server.trace, server.ses = trace, server.client("sesv2")
    server.ses.create_email_identity(EmailIdentity="example.com")
    marker, message_id = over_smtp(server, 1)
    wait_for_trace(server, message_id)
    with pytest.raises(AssertionError, match="no sync"):
        proof(server, marker, message_id)
