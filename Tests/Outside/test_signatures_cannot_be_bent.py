# SPDX-License-Identifier: Apache-2.0
"""SigV4 from a client of our own: what is signed counts, whole; everything else is refused in AWS's words."""
import datetime
import hashlib
import hmac
import http.client
import json
import urllib.parse

import pytest
from conftest import KEY, SECRET

BODY = json.dumps({
    "FromEmailAddress": "ada@example.com", "Destination": {"ToAddresses": ["bob@example.net"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}}).encode()
PATH = "/v2/email/outbound-emails"


class Request:
    """A request that is correct unless a test bends it before or after signing."""

    def __init__(self, server, method="POST", path=PATH, query="", body=BODY, at=None):
        self.server, self.method, self.path, self.query, self.body = server, method, path, query, body
        self.at = at or datetime.datetime.now(datetime.timezone.utc)
        self.region, self.service, self.key, self.secret = "us-east-1", "ses", KEY, SECRET
        self.headers = {
            "host": f"127.0.0.1:{server.api}", "x-amz-date": self.at.strftime("%Y%m%dT%H%M%SZ"),
            "content-type": "application/json"}
        self.signed = None

    def sign(self):
        names = sorted(self.signed or self.headers)
        canonical = "\n".join([
            self.method, urllib.parse.quote(self.path, safe="/~-_."), self.query,
            *(f"{name}:{' '.join(self.headers[name].split())}" for name in names), "", ";".join(names),
            hashlib.sha256(self.body).hexdigest()])
        scope = f"{self.at:%Y%m%d}/{self.region}/{self.service}/aws4_request"
        text = "\n".join(
            ["AWS4-HMAC-SHA256", self.headers.get("x-amz-date", ""), scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        self.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}")
        return self

    def send(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.api, timeout=20)
        target = urllib.parse.quote(self.path, safe="/~-_.%") + (f"?{self.query}" if self.query else "")
        connection.putrequest(self.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            for one in value if isinstance(value, list) else [value]:
                connection.putheader(name, one)
        if "transfer-encoding" not in self.headers:
            connection.putheader("content-length", str(len(self.body)))
        connection.endheaders(self.body)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers.get("x-amzn-ErrorType", "")


def sent(server):
    return server.facts("accepted")


def test_the_client_signs_well(relayed):
    status, text, _ = Request(relayed).sign().send()
    assert status == 200 and "MessageId" in text


def test_a_changed_body(relayed):
    request = Request(relayed).sign()
    request.body = BODY.replace(b"bob@", b"eve@")
    assert request.send()[0] == 403 and sent(relayed) == []


@pytest.mark.parametrize("what", ["method", "path", "query", "host", "date", "signature", "region", "service", "header value"])
def test_what_is_signed_cannot_be_changed(relayed, what):
    request = Request(relayed)
    request.headers["x-extra"] = "one"
    request.sign()
    authorization = request.headers["authorization"]
    if what == "method":
        request.method = "PUT"
    elif what == "path":
        request.path = "/v2/email/identities"
    elif what == "query":
        request.query = "a=b"
    elif what == "host":
        request.headers["host"] = "email.us-east-1.amazonaws.com"
    elif what == "date":
        request.headers["x-amz-date"] = (request.at + datetime.timedelta(seconds=1)).strftime("%Y%m%dT%H%M%SZ")
    elif what == "signature":
        flipped = "0" if authorization[-1] != "0" else "1"
        request.headers["authorization"] = authorization[:-1] + flipped
    elif what == "region":
        request.headers["authorization"] = authorization.replace("us-east-1", "eu-west-1")
    elif what == "service":
        request.headers["authorization"] = authorization.replace("/ses/", "/sts/")
    else:
        request.headers["x-extra"] = "two"
    assert request.send()[0] in (403, 404) and sent(relayed) == []


@pytest.mark.parametrize("missing", ["host", "x-amz-date"])
def test_headers_that_must_be_signed(relayed, missing):
    request = Request(relayed)
    request.signed = [name for name in request.headers if name != missing]
    assert request.sign().send()[0] in (400, 403) and sent(relayed) == []


@pytest.mark.parametrize("added", ["x-amz-security-token", "x-amz-meta", "x-amz-target"])
def test_x_amz_headers_must_be_signed(relayed, added):
    request = Request(relayed).sign()
    request.headers[added] = "x"
    assert request.send()[0] == 403 and sent(relayed) == []


def test_a_signed_header_that_comes_twice(relayed):
    request = Request(relayed)
    request.headers["x-extra"] = "one"
    request.sign()
    request.headers["x-extra"] = ["one", "two"]
    assert request.send()[0] == 403 and sent(relayed) == []


@pytest.mark.parametrize("minutes, status", [(-6, 403), (6, 403), (-4, 200), (4, 200)])
def test_the_window(relayed, minutes, status):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    assert Request(relayed, at=at).sign().send()[0] == status


def test_keys_that_are_not_ours(relayed):
    request = Request(relayed)
    request.key = "AKIAUNKNOWN000000001"
    status, _, kind = request.sign().send()
    assert status == 403 and kind.startswith("UnrecognizedClientException")
    request = Request(relayed)
    request.headers["x-amz-security-token"] = "token"
    assert request.sign().send()[0] == 403 and sent(relayed) == []


@pytest.mark.parametrize("value", [
    "", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=",
    f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=00",
    "AWS4-HMAC-SHA512 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0", "AWS4-HMAC-SHA256 " + "x" * 7000])
def test_broken_authorization(relayed, value):
    request = Request(relayed)
    request.headers["authorization"] = value
    assert request.send()[0] in (400, 403) and relayed.healthy()


def test_no_authorization_at_all(relayed):
    status, _, kind = Request(relayed).send()
    assert status == 403 and kind.startswith("MissingAuthenticationToken")


def test_presigned_requests_are_refused(relayed):
    at = datetime.datetime.now(datetime.timezone.utc)
    query = urllib.parse.urlencode({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{KEY}/{at:%Y%m%d}/us-east-1/ses/aws4_request",
        "X-Amz-Date": at.strftime("%Y%m%dT%H%M%SZ"), "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64})
    request = Request(relayed, query=query)
    del request.headers["x-amz-date"]
    assert request.send()[0] in (400, 403) and sent(relayed) == []


def test_equal_sends_in_one_second_are_two_messages(relayed):
    at = datetime.datetime.now(datetime.timezone.utc)
    ids = {json.loads(Request(relayed, at=at).sign().send()[1])["MessageId"] for _ in range(2)}
    assert len(ids) == 2


def test_a_body_beyond_the_limit_is_not_read_for_strangers(relayed):
    request = Request(relayed, body=b"x" * 1_000_000)
    request.key = "AKIAUNKNOWN000000001"
    assert request.sign().send()[0] == 403
