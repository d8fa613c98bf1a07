# SPDX-License-Identifier: Apache-2.0
"""What stock clients hand in reaches another MTA's sink, Postfix's smtp-sink, as files that dkimpy verifies."""
import email
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import dkim
import pytest
import test_clients_deliver_signed_mail as clients
from conftest import free_port, need, wait_for
from sides import answers, until

SENDS = [
    clients.aws_v2, clients.aws_v1_raw, clients.boto_v1_simple, clients.boto_v1_raw, clients.boto_v2_simple,
    clients.boto_v2_raw, clients.swaks_starttls, clients.swaks_implicit]

# What smtp-sink puts on top of a message: envelope lines, and a Received field of three lines that ends them.
ENVELOPE = re.compile(rb"\A(?:X-(?:Client|Helo|Mail|Rcpt)-\w+: [^\n]*\n)+Received: [^\n]*\n\t[^\n]*\n\t[^\n]*\n")


class SMTPSink:
    """smtp-sink on loopback: one file a transaction."""

    def __init__(self):
        self.port = free_port()
        # It gives up its rights and has to reach its files all the same, which pytest's own directory does not allow.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="smtp-sink-"))
        self.directory.chmod(0o777)
        rights = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            ["smtp-sink", *rights, "-d", f"{self.directory}/mail.", f"127.0.0.1:{self.port}", "100"],
            stderr=subprocess.DEVNULL)
        until(lambda: answers(self.port), 10, "smtp-sink")

    def dumps(self):
        """(sender, recipients, message) of each transaction."""
        found = []
        for path in sorted(self.directory.iterdir()):
            text = path.read_bytes()
            lines = ENVELOPE.match(text)
            if not lines or not text.endswith(b"\n\n"):
                continue
            sender = re.search(rb"^X-Mail-Args: <([^>]*)>", lines[0], re.M)[1].decode()
            recipients = [address.decode() for address in re.findall(rb"^X-Rcpt-Args: <([^>]*)>", lines[0], re.M)]
            message = text[lines.end():-1].replace(b"\n", b"\r\n")
            found.append((sender, recipients, message))
        return found

    def stop(self):
        self.process.kill()
        self.process.wait(10)
        shutil.rmtree(self.directory)


@pytest.fixture
def smtp_sink():
    sink = SMTPSink()
    yield sink
    sink.stop()


@need("smtp-sink")
@need("swaks")
def test_the_clients_messages_reach_smtp_sink(start, smtp_sink):
    server = start(relay=smtp_sink)
    server.ses = server.client("sesv2")
    server.ses.create_email_identity(EmailIdentity="example.com")
    ids = {send.__name__: send(server) for send in SENDS}
    wait_for(lambda: len(server.facts("delivered")) == len(SENDS), 30, "all deliveries")
    dumps = wait_for(lambda: (lambda d: len(d) >= len(SENDS) and d)(smtp_sink.dumps()), what="all dumps")
    _, records = server.dkim_records("example.com")
    lookup = lambda name, timeout=5: records.get(name.decode().rstrip(".") + ".", "").encode()
    arrived = []
    for sender, recipients, message in dumps:
        assert sender == "ada@example.com"
        assert sorted(recipients) == ["bob@example.net", "eve@example.org"]
        assert dkim.verify(message, dnsfunc=lookup), message.decode()
        assert not dkim.verify(message.replace(b"Subject: ", b"Subject: x", 1), dnsfunc=lookup)
        arrived.append(email.message_from_bytes(message)["Message-ID"])
    assert sorted(arrived) == sorted(f"<{message_id}@mail.example.com>" for message_id in ids.values())
