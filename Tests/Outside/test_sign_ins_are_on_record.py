# SPDX-License-Identifier: Apache-2.0
"""Whoever shows who they are, or fails to, is on record: by SMTP, over the API and at the console."""
import base64
import json
import smtplib
import sqlite3
import urllib.error
import urllib.request

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import KEY, PASSWORD, SECRET

ROOT = {"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333", "accessKeyId": KEY}
STRANGER = "AKIANOBODYATALL00001"
MESSAGE = "From: ada@example.com\r\nTo: bob@example.net\r\n\r\nhi\r\n"


def outbox(server, name, kind):
    with sqlite3.connect(f"file:{server.data}/{name}.db?mode=ro", uri=True) as db:
        events = [json.loads(row[0]) for row in db.execute("SELECT event FROM fact ORDER BY sequence")]
    return [event[kind] for event in events if kind in event]


def shown(event):
    return event["door"], event["call"]["name"], event["call"].get("accessKeyID"), event.get("failure"), event["count"]


def turned_away(client, user, password):
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        client.login(user, password)
    return caught.value.smtp_code


def test_every_auth_leaves_a_fact_before_its_answer(start):
    server = start()
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    for name in (KEY, STRANGER, "hunter2 in the wrong field"):
        with server.smtp(login=False) as client:
            assert turned_away(client, name, "guess") == 535
    assert [shown(event) for event in outbox(server, "spool", "signedIn")] == [
        ("smtp", "SmtpAuthenticate", name, failure, 1) for name, failure in
        # smtplib tries both mechanisms, PLAIN and LOGIN.
        2 * [(KEY, "WrongPassword")] + 2 * [(STRANGER, "UnknownName")] + 2 * [(None, "UnknownName")]]
    with server.smtp(login=False) as client:
        client.login(KEY, PASSWORD)
        event = outbox(server, "spool", "signedIn")[-1]
        assert shown(event) == ("smtp", "SmtpAuthenticate", KEY, None, 1)
        for _ in range(2):
            client.sendmail("ada@example.com", ["bob@example.net"], MESSAGE)
        calls = [accepted["call"] for accepted in outbox(server, "spool", "accepted")]
    call = event["call"]
    assert json.loads(call["identity"]) == ROOT and call["userName"] == "root"
    assert (event["sourceAddress"], call["source"], call["tls"]) == ("127.0.0.1", "ses.amazonaws.com", "TLSv1.3")
    assert call["agent"] == client.local_hostname and len(call["request"]) == 36
    # What is sent in the session is told of by the session.
    assert calls == 2 * [call | {"name": "SendRawEmail"}]
    assert "hunter2" not in server.log.read_text()


def test_trusted_mail_tells_of_its_session(start):
    server = start()
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    with smtplib.SMTP("127.0.0.1", server.trusted, local_hostname="printer.example.com") as client:
        client.sendmail("ada@example.com", ["bob@example.net"], MESSAGE)
    call = outbox(server, "spool", "accepted")[0]["call"]
    assert json.loads(call["identity"]) == {name: value for name, value in ROOT.items() if name != "accessKeyId"}
    assert (call["name"], call["agent"], call.get("tls"), call.get("accessKeyID")) == ("SendRawEmail", "printer.example.com", None, None)
    assert outbox(server, "spool", "signedIn") == []


def test_nobody_hears_an_answer_that_is_not_on_record(start):
    server = start()
    with server.smtp(login=False) as client, sqlite3.connect(server.data / "spool.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        assert turned_away(client, KEY, PASSWORD) == 454
        db.execute("ROLLBACK")
    assert outbox(server, "spool", "signedIn") == []
    server.smtp().quit()
    assert [event.get("failure") for event in outbox(server, "spool", "signedIn")] == [None]


def refused(server, service="sts", key=KEY, secret=SECRET, call=lambda client: client.get_caller_identity(), **options):
    client = server.client(
        service, aws_access_key_id=key, aws_secret_access_key=secret, config=Config(retries={"max_attempts": 0}), **options)
    with pytest.raises(ClientError):
        call(client)


def test_signatures_that_do_not_count_are_on_record(start):
    server = start()
    refused(server, secret="guess")
    refused(server, key=STRANGER)
    refused(server, region_name="eu-west-1")
    refused(server, "iam", secret="guess", call=lambda client: client.create_user(UserName="x"))
    refused(server, "iam", key="ASIASESSION000000001", aws_session_token="forged", call=lambda client: client.list_users())
    events = outbox(server, "postern", "signedIn")
    assert [(*shown(event), event["call"]["source"]) for event in events] == [
        ("api", "GetCallerIdentity", KEY, "SignatureDoesNotMatch", 1, "sts.amazonaws.com"),
        # The body has not been read yet where the head is wrong.
        ("api", "UnknownOperation", STRANGER, "UnknownKey", 1, "sts.amazonaws.com"),
        ("api", "UnknownOperation", KEY, "Scope", 1, "sts.amazonaws.com"),
        ("api", "CreateUser", KEY, "SignatureDoesNotMatch", 1, "iam.amazonaws.com"),
        ("api", "UnknownOperation", "ASIASESSION000000001", "UnknownKey", 1, "iam.amazonaws.com")]
    assert json.loads(events[1]["call"]["identity"]) == {"type": "Unknown", "accessKeyId": STRANGER}
    assert events[0]["call"]["agent"].startswith("Boto3/") and events[0]["call"]["host"] == f"127.0.0.1:{server.api}"


def test_a_stranger_does_not_fill_the_disk(start):
    server = start()
    for _ in range(25):
        refused(server, key=STRANGER)
    for _ in range(5):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{server.api}/", timeout=10)
    assert len(outbox(server, "postern", "signedIn")) == 10
    # What was only counted is written at the end at the latest.
    server.stop()
    events = outbox(server, "postern", "signedIn") + outbox(server, "spool", "signedIn")
    assert sum(event["count"] for event in events) == 30 and len(events) == 11


def visit(server, path="/", key=KEY, secret=SECRET, method="GET", agent="browser"):
    request = urllib.request.Request(f"http://127.0.0.1:{server.console}{path}", method=method, headers={"User-Agent": agent})
    if key:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode())
    try:
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_console_knows_its_visitors(start):
    server = start(wait=False)
    server.config.write_text(server.config.read_text().replace("anonymous: true", "anonymous: false"))
    server.start()
    assert visit(server, key=None) == 401
    assert [visit(server) for _ in range(3)] == [200, 200, 200]
    assert visit(server, agent="another") == 200
    assert visit(server, secret="guess") == 401
    assert visit(server, key=STRANGER) == 401
    events = outbox(server, "postern", "signedIn")
    assert [(*shown(event), event["call"]["agent"]) for event in events] == [
        ("console", "ConsoleLogin", KEY, None, 1, "browser"), ("console", "ConsoleLogin", KEY, None, 1, "another"),
        ("console", "ConsoleLogin", KEY, "WrongPassword", 1, "browser"),
        ("console", "ConsoleLogin", STRANGER, "UnknownName", 1, "browser")]
    assert json.loads(events[0]["call"]["identity"]) == ROOT and events[0]["call"]["source"] == "signin.amazonaws.com"


@pytest.mark.parametrize("anonymous", [True, False])
def test_deleting_captured_mail_is_on_record(start, anonymous):
    server = start(wait=False)
    if not anonymous:
        server.config.write_text(server.config.read_text().replace("anonymous: true", "anonymous: false"))
    server.start()
    assert visit(server, "/api/messages", method="DELETE", secret="guess" if anonymous else SECRET) == 204
    event = [event for event in outbox(server, "postern", "administered") if "Captured" in event["operation"]][-1]
    who = "anonymous" if anonymous else "arn:aws:iam::111122223333:root"
    assert (event["operation"], event["principal"], event["sourceAddress"]) == ("postern:DeleteCapturedMessages", who, "127.0.0.1")
    assert json.loads(event["call"]["identity"]) == ({"type": "Unknown"} if anonymous else ROOT)
    assert (event["call"]["source"], event["call"]["name"]) == ("postern.amazonaws.com", "DeleteCapturedMessages")
