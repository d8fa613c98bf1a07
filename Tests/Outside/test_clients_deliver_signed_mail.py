# SPDX-License-Identifier: Apache-2.0
"""Stock clients, unmodified, deliver through the relay route; dkimpy verifies each signature."""
import email
import email.message
import json
import subprocess
import sys

import dkim
import pytest
from conftest import KEY, PASSWORD, need

SIMPLE = {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "hällo\n.dot\n"}, "Html": {"Data": "<p>hi</p>"}}}


def boto_v2_simple(s):
    return s.ses.send_email(
        FromEmailAddress="Ada Ü <ada@example.com>", Destination={"ToAddresses": ["bob@example.net"], "BccAddresses": ["eve@example.org"]},
        Content={"Simple": SIMPLE | {
            "Headers": [{"Name": "X-Campaign", "Value": "a"}],
            "Attachments": [{"FileName": "résumé.pdf", "RawContent": b"%PDF\x00\xff" * 500, "ContentType": "application/pdf"}]}},
        EmailTags=[{"Name": "campaign", "Value": "test"}])["MessageId"]


def raw():
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Bcc"], message["Subject"] = "ada@example.com", "bob@example.net", "eve@example.org", "raw"
    message["X-SES-MESSAGE-TAGS"] = "a=b"
    message.set_content("plain LF lines\n.\nü\n", cte="8bit")
    return message.as_bytes()


def boto_v2_raw(s):
    return s.ses.send_email(Content={"Raw": {"Data": raw()}})["MessageId"]


def boto_v1_simple(s):
    return s.client("ses").send_email(
        Source="ada@example.com", Destination={"ToAddresses": ["bob@example.net"], "BccAddresses": ["eve@example.org"]},
        Message={"Subject": {"Data": "v1"}, "Body": {"Text": {"Data": "hällo"}}})["MessageId"]


def boto_v1_raw(s):
    return s.client("ses").send_raw_email(RawMessage={"Data": raw()})["MessageId"]


def aws(s, *arguments):
    run = subprocess.run(
        [sys.executable, "-m", "awscli", *arguments, "--output", "json"], env=s.environment(), check=True, capture_output=True)
    return json.loads(run.stdout)["MessageId"]


def aws_v2(s):
    return aws(s, "sesv2", "send-email", "--from-email-address", "ada@example.com", "--destination",
               "ToAddresses=bob@example.net,BccAddresses=eve@example.org", "--content", json.dumps({"Simple": SIMPLE}))


def aws_v1_raw(s):
    return aws(s, "ses", "send-raw-email", "--raw-message", json.dumps({"Data": raw().decode()}))


def swaks(s, *arguments):
    run = subprocess.run(
        ["swaks", *arguments, "--auth-user", KEY, "--auth-password", PASSWORD, "--from", "ada@example.com",
         "--to", "bob@example.net,eve@example.org", "--header", "Subject: swaks", "--header", "To: bob@example.net"], check=True, capture_output=True, text=True)
    return next(line for line in run.stdout.splitlines() if " 250 Ok " in line).split()[-1]


def swaks_starttls(s):
    return swaks(s, "--server", f"127.0.0.1:{s.submission}", "-tls", "--auth", "PLAIN")


def swaks_implicit(s):
    return swaks(s, "--server", f"127.0.0.1:{s.implicit}", "--tlsc", "--auth", "LOGIN")


@need("swaks")
@pytest.mark.parametrize("send", [
    boto_v2_simple, boto_v2_raw, boto_v1_simple, boto_v1_raw, aws_v2, aws_v1_raw, swaks_starttls, swaks_implicit],
    ids=lambda f: f.__name__)
def test_clients_deliver_signed_mail(relayed, send):
    message_id = send(relayed)
    _, records = relayed.dkim_records("example.com")
    sender, recipients, content = relayed.sink.wait()[0]
    assert sender == "ada@example.com"
    assert sorted(recipients) == ["bob@example.net", "eve@example.org"]
    assert all(byte < 128 for byte in content)
    assert b"eve@example.org" not in content, "Bcc must not show"
    assert b"X-SES-" not in content
    message = email.message_from_bytes(content)
    assert message["Message-ID"] == f"<{message_id}@mail.example.com>"
    assert message["Date"].endswith("+0000")
    lookup = lambda name, timeout=5: records.get(name.decode().rstrip(".") + ".", "").encode()
    assert dkim.verify(content, dnsfunc=lookup)
    assert not dkim.verify(content + b"x\r\n", dnsfunc=lookup)
