# SPDX-License-Identifier: Apache-2.0
"""What is refused is refused in each protocol's own form, and nothing is sent."""
import datetime
import smtplib
import socket
import ssl
import subprocess
import urllib.request

import botocore.exceptions
import pytest
from conftest import KEY, PASSWORD

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def code(call):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["Error"].get("Message"), response["ResponseMetadata"]["HTTPStatusCode"]


def send(client, **options):
    arguments = {"FromEmailAddress": "ada@example.com", "Destination": {"ToAddresses": ["bob@example.net"]}, "Content": CONTENT}
    return lambda: client.send_email(**(arguments | options))


def test_unverified_identity(relayed):
    text = "Email address is not verified. The following identities failed the check in region US-EAST-1: x@other.example"
    assert code(send(relayed.ses, FromEmailAddress="x@other.example")) == ("MessageRejected", text, 400)
    v1 = relayed.client("ses")
    assert code(lambda: v1.send_email(
        Source="x@other.example", Destination={"ToAddresses": ["b@example.net"]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}})) == ("MessageRejected", text, 400)


def test_sender_behind_from_must_be_verified_too(relayed):
    assert code(send(relayed.ses, FeedbackForwardingEmailAddress="x@other.example"))[0] == "MessageRejected"


def test_too_many_recipients(relayed):
    many = {"ToAddresses": [f"r{i}@example.net" for i in range(51)]}
    assert code(send(relayed.ses, Destination=many))[0] == "BadRequestException"


@pytest.mark.parametrize("member", ["subject", "header", "from"])
def test_header_injection(relayed, member):
    evil = "x\r\nBcc: eve@evil.example"
    content = {"Simple": {"Subject": {"Data": evil if member == "subject" else "s"}, "Body": {"Text": {"Data": "t"}}}}
    if member == "header":
        content["Simple"]["Headers"] = [{"Name": "X-A", "Value": evil}]
    sender = f"{evil} <ada@example.com>" if member == "from" else "ada@example.com"
    assert code(send(relayed.ses, Content=content, FromEmailAddress=sender))[0] == "BadRequestException"
    assert relayed.sink.messages == []


def test_unknown_operations(relayed):
    assert code(relayed.ses.list_contact_lists)[0] == "UnknownOperationException"
    assert code(relayed.client("ses").list_receipt_rule_sets)[:2] == (
        "InvalidAction", "Could not find operation ListReceiptRuleSets for version 2010-12-01")


def test_wrong_keys(relayed):
    assert code(send(relayed.client("sesv2", aws_secret_access_key="wrong")))[0] == "InvalidSignatureException"
    assert code(send(relayed.client("sesv2", aws_access_key_id="AKIAWRONG")))[0] == "UnrecognizedClientException"
    assert code(relayed.client("ses", aws_secret_access_key="wrong").get_send_quota)[0] == "SignatureDoesNotMatch"
    assert code(relayed.client("ses", aws_access_key_id="AKIAWRONG").get_send_quota)[0] == "InvalidClientTokenId"
    assert code(relayed.client("ses", region_name="eu-west-1").get_send_quota)[0] == "SignatureDoesNotMatch"


def test_clock_skew(relayed, monkeypatch):
    import botocore.auth
    late = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=6)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *a, **k: late.replace(tzinfo=None))
    error, message, status = code(relayed.client("ses").get_send_quota)
    assert (error, status) == ("SignatureDoesNotMatch", 403) and message.startswith("Signature expired")


def test_malformed_json(relayed):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    url = f"http://127.0.0.1:{relayed.api}/v2/email/outbound-emails"
    request = AWSRequest("POST", url, data=b'{"Content": [', headers={"Content-Type": "application/json"})
    from conftest import SECRET
    SigV4Auth(Credentials(KEY, SECRET), "ses", "us-east-1").add_auth(request)
    with pytest.raises(urllib.request.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, data=request.body, headers=dict(request.headers), method="POST"))
    assert caught.value.code == 400 and caught.value.headers["x-amzn-ErrorType"] == "SerializationException"


def session(server):
    smtp = smtplib.SMTP("127.0.0.1", server.submission)
    context = ssl._create_unverified_context()
    smtp.starttls(context=context)
    smtp.ehlo()
    return smtp


def test_smtp_authentication(relayed):
    plain = smtplib.SMTP("127.0.0.1", relayed.submission)
    plain.ehlo()
    assert plain.docmd("AUTH", "PLAIN AAAA")[0] == 530
    assert plain.docmd("MAIL", "FROM:<ada@example.com>")[0] == 530
    smtp = session(relayed)
    assert smtp.docmd("MAIL", "FROM:<ada@example.com>")[0] == 530
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        smtp.login(KEY, PASSWORD.swapcase())
    assert caught.value.smtp_code == 535


def test_smtp_refusals(relayed):
    smtp = session(relayed)
    smtp.login(KEY, PASSWORD)
    with pytest.raises(smtplib.SMTPDataError) as caught:
        smtp.sendmail("x@other.example", ["bob@example.net"], "From: x@other.example\r\n\r\nhi\r\n")
    assert caught.value.smtp_code == 554 and b"Email address is not verified" in caught.value.smtp_error
    smtp.rset()
    assert smtp.docmd("DATA")[0] == 503
    assert smtp.docmd("MAIL", "FROM:<a@example.com> SIZE=99999999")[0] == 552
    assert smtp.docmd("MAIL", "FROM:<@a.example:b@example.com>")[0] == 553
    assert smtp.docmd("X" * 3000)[0] == 500
    smtp.docmd("MAIL", "FROM:<ada@example.com>")
    replies = [smtp.docmd("RCPT", f"TO:<r{i}@example.net>")[0] for i in range(51)]
    assert replies == [250] * 50 + [452]
    assert relayed.sink.messages == []


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused(relayed, version):
    context = ssl._create_unverified_context()
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", relayed.implicit)) as raw, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(raw)


def test_configuration_mistakes_are_named(binary, tmp_path, start):
    bad = tmp_path / "bad.yaml"
    bad.write_text('data-directory: x\naccount-id: "111122223333"\nroot: {access-key-id: a, secret-access-key: b}\nregoin: x\n')
    run = subprocess.run([binary, "serve", "--config", bad], capture_output=True, text=True, timeout=20)
    assert run.returncode != 0 and "unknown configuration key 'regoin'" in run.stderr and "'region'" in run.stderr
    server = start()
    other = server.config.read_text().replace("/data", "/data2")
    bad.write_text(other)
    run = subprocess.run([binary, "serve", "--config", bad], capture_output=True, text=True, timeout=20)
    assert run.returncode != 0 and "cannot listen on 127.0.0.1:" in run.stderr
