# SPDX-License-Identifier: Apache-2.0
"""Who announces a large body and sends none takes nothing from others; empty lists are lists."""
import datetime
import socket

from conftest import KEY


def stalled(server):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    connection = socket.create_connection(("127.0.0.1", server.api))
    connection.sendall((
        "POST /v2/email/outbound-emails HTTP/1.1\r\nHost: x\r\nContent-Length: 58000000\r\n"
        f"X-Amz-Date: {now}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={KEY}/{now[:8]}/us-east-1/ses/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}\r\n\r\n").encode())
    return connection


def test_stalled_bodies(relayed):
    connections = [stalled(relayed) for _ in range(50)]
    for _ in range(3):
        assert relayed.ses.list_email_identities()["EmailIdentities"]
    for connection in connections:
        connection.close()


def test_empty_lists_of_v1(relayed):
    v1 = relayed.client("ses")
    message = {"Subject": {"Data": ""}, "Body": {"Text": {"Data": "t"}}}
    v1.send_email(Source="ada@example.com", Destination={"ToAddresses": ["bob@example.net"], "CcAddresses": []}, Message=message)
    assert relayed.sink.wait()[0][1] == ["bob@example.net"]
    assert v1.get_identity_verification_attributes(Identities=[])["VerificationAttributes"] == {}
