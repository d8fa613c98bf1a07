# SPDX-License-Identifier: Apache-2.0
"""Changes of one identity at one time all stand, and the operator's limits hold for what identities bring with them."""
import concurrent.futures
import json
import sqlite3
import subprocess

import pytest
from botocore.exceptions import ClientError

from conftest import wait_for

RESOURCE = "arn:aws:ses:us-east-1:111122223333:identity/example.com"


def policy(principal, condition=None):
    statement = {"Sid": "S", "Effect": "Allow", "Principal": principal, "Action": "ses:SendEmail", "Resource": RESOURCE}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]})


def settings(sink, more=""):
    return (f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }} }}\n"
            f"public-url: http://PUBLIC\n{more}")


def records(server):
    with sqlite3.connect(f"file:{server.data}/postern.db?mode=ro", uri=True) as db:
        return [json.loads(row[0]) for row in db.execute("SELECT event FROM fact ORDER BY sequence")]


def test_policies_put_at_one_time_all_stand(relayed):
    def put(number):
        relayed.client("sesv2").create_email_identity_policy(
            EmailIdentity="example.com", PolicyName=f"p{number}", Policy=policy({"AWS": "444455556666"}))

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        list(pool.map(put, range(12)))
    assert len(relayed.ses.get_email_identity_policies(EmailIdentity="example.com")["Policies"]) == 12


@pytest.mark.parametrize("call, code", [
    (lambda server, address: server.client("sesv2").create_email_identity(EmailIdentity=address), "AccessDeniedException"),
    (lambda server, address: server.client("ses").verify_email_identity(EmailAddress=address), "AccessDenied")], ids=["v2", "v1"])
def test_no_verification_mail_goes_outside(start, sink, call, code):
    server = start(extra=settings(sink, "guardrails: { recipient-domains: [example.com] }\n"))
    for address in ("x@outside.example", "x@a.example.com", "v%evil.example@example.com"):
        with pytest.raises(ClientError) as caught:
            call(server, address)
        assert caught.value.response["Error"]["Code"] == code and "recipient-domains" in str(caught.value)
    refused = [fact["refused"] for fact in records(server) if "refused" in fact]
    assert [fact["control"] for fact in refused] == ["recipient-domains"] * 3
    call(server, "x@example.com")
    assert [recipients for _, recipients, _ in sink.wait()] == [["x@example.com"]]


def test_an_address_that_waits_from_before_the_guardrail_is_not_mailed_again(start, sink):
    server = start(extra=settings(sink))
    v1 = server.client("ses")
    v1.verify_email_identity(EmailAddress="x@outside.example")
    sink.wait()
    server.stop()
    server.config.write_text(server.config.read_text() + "guardrails: { recipient-domains: [example.com] }\n")
    server.start()
    with pytest.raises(ClientError) as caught:
        v1.verify_email_identity(EmailAddress="x@outside.example")
    assert caught.value.response["Error"]["Code"] == "AccessDenied" and "recipient-domains" in str(caught.value)
    assert len(sink.messages) == 1


def test_verification_mail_is_rare_and_counts(start, sink):
    server = start(extra=settings(sink, "quota: { per-day: 2 }\n"))
    ses, v1 = server.client("sesv2"), server.client("ses")
    for _ in range(5):
        v1.verify_email_identity(EmailAddress="a@example.com")
    ses.delete_email_identity(EmailIdentity="a@example.com")
    ses.create_email_identity(EmailIdentity="a@example.com")
    ses.create_email_identity(EmailIdentity="b@example.com")
    assert sorted(recipients for _, recipients, _ in sink.wait(2)) == [["a@example.com"], ["b@example.com"]]
    assert v1.get_send_quota()["SentLast24Hours"] == 2
    with pytest.raises(ClientError) as caught:
        v1.verify_email_identity(EmailAddress="c@example.com")
    assert caught.value.response["Error"]["Code"] == "Throttling"
    with pytest.raises(ClientError) as caught:
        ses.create_email_identity(EmailIdentity="c@example.com")
    assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert "c@example.com" not in v1.list_identities()["Identities"], "no identity without its mail"


def test_public_policies_from_before_the_guardrail_stop_the_start(start):
    guardrail = "guardrails: {{ forbid-public-identity-policies: {} }}\n"
    server = start(extra="delivery: { route: capture }\n" + guardrail.format("false"))
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    for name, principal, condition in (
            ("open", "*", None), ("weak", "*", {"StringLike": {"aws:PrincipalArn": "arn:*"}}), ("sound", {"AWS": "444455556666"}, None)):
        ses.create_email_identity_policy(EmailIdentity="example.com", PolicyName=name, Policy=policy(principal, condition))
    server.stop()
    text = server.config.read_text()
    server.config.write_text(text.replace(guardrail.format("false"), guardrail.format("true")))
    run = subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=30)
    assert run.returncode != 0 and "forbid-public-identity-policies" in run.stderr
    for name, is_there in (("open", True), ("weak", True), ("sound", False)):
        assert (f"{RESOURCE}: policy {name}, statement S" in run.stderr) == is_there
    server.config.write_text(text)
    server.start()
    for name in ("open", "weak"):
        ses.delete_email_identity_policy(EmailIdentity="example.com", PolicyName=name)
    server.stop()
    server.config.write_text(text.replace(guardrail.format("false"), guardrail.format("true")))
    server.start()
    assert wait_for(lambda: list(ses.get_email_identity_policies(EmailIdentity="example.com")["Policies"]) == ["sound"])
