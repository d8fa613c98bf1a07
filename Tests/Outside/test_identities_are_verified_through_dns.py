# SPDX-License-Identifier: Apache-2.0
"""A domain is its account's own when the DNS says so: in the domain itself, by CNAME, with DNSSEC where there is any."""
import re
import time

import pytest
from conftest import need, wait_for

pytestmark = need("nsd")
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def resolving(start, name_server, anchor=None, more=""):
    server = start(extra=f"""
delivery: {{ route: mx, hold: true }}
identities: {{ check-interval: 0.2{more} }}
resolver: {{ servers: ["{name_server.address}"], trust-anchor: "{anchor or name_server.anchor()}" }}
""")
    server.ses = server.client("sesv2")
    return server


def identity(server, name="example.com"):
    return server.ses.get_email_identity(EmailIdentity=name)


def verified(server, name="example.com"):
    return wait_for(
        lambda: (lambda i: i if i["VerifiedForSendingStatus"] else None)(identity(server, name)), 30, "the verification")


def send(server):
    return server.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]}, Content=CONTENT)


def test_pending_until_the_record_stands(start, name_server):
    name_server.zone("example.com", "@ IN TXT nothing")
    server = resolving(start, name_server)
    created = server.ses.create_email_identity(EmailIdentity="example.com")
    assert created["DkimAttributes"]["Status"] in ("PENDING", "NOT_STARTED")
    assert len(created["DkimAttributes"]["Tokens"]) == 3
    with pytest.raises(server.ses.exceptions.MessageRejected):
        send(server)
    name_server.zone("example.com", server.dkim_records("example.com")[0])
    assert verified(server)["DkimAttributes"]["Status"] == "SUCCESS"
    send(server)


def test_another_key_does_not_verify(start, name_server):
    name_server.zone("example.com", "@ IN TXT nothing")
    server = resolving(start, name_server)
    server.ses.create_email_identity(EmailIdentity="example.com")
    text = server.dkim_records("example.com")[0]
    # Of each key the first octets are the same; what follows them is not.
    other = re.sub(r"(?<=AQ8AMIIBCgKCAQEA).", lambda found: "y" if found[0] == "z" else "z", text)
    assert other != text
    name_server.zone("example.com", other)
    wait_for(lambda: identity(server).get("VerificationInfo", {}).get("ErrorType") == "INVALID_VALUE", 20, "a look")
    assert not identity(server)["VerifiedForSendingStatus"]


def test_by_cname_into_the_operators_zone(start, name_server):
    name_server.zone("host.example", "@ IN TXT nothing")
    name_server.zone("example.com", "@ IN TXT nothing")
    server = resolving(start, name_server, more=", signing-hosted-zone: dkim.host.example")
    attributes = server.ses.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert attributes["SigningHostedZone"] == "dkim.host.example"
    offered = [line[1:] for line in server.dkim_records("example.com")[0].splitlines() if line.startswith(";")]
    name_server.zone("host.example", *[line for line in offered if " TXT " in line])
    name_server.zone("example.com", *[line for line in offered if " CNAME " in line])
    assert verified(server)["DkimAttributes"]["Status"] == "SUCCESS"


@need("ldns-signzone")
@pytest.mark.parametrize("altered", [False, True], ids=["as signed", "altered after signing"])
def test_dnssec_decides_where_there_is_any(start, name_server, tmp_path, altered):
    # The records have to be known before the zone is signed, so a first server makes the identity's key.
    name_server.zone("example.com", "@ IN TXT nothing")
    first = resolving(start, name_server)
    first.ses.create_email_identity(EmailIdentity="example.com")
    records = first.dkim_records("example.com")[0]
    first.stop()
    name_server.zone("example.com", records)
    anchor = name_server.sign("example.com")
    if altered:
        zone = name_server.directory / "example.com.zone"
        text = zone.read_text()
        assert "RRSIG" in text
        zone.write_text(re.sub(r'(TXT\s+"v=DKIM1;)', r'\1 n=x;', text))
        name_server.restart()
    first.config.write_text(re.sub(r'trust-anchor: "[^"]*"', f'trust-anchor: "{anchor}"', first.config.read_text()))
    first.start()
    if altered:
        wait_for(
            lambda: identity(first).get("VerificationInfo", {}).get("ErrorType") == "DNS_SERVER_ERROR", 30, "a look")
        time.sleep(0.5)
        assert not identity(first)["VerifiedForSendingStatus"]
    else:
        assert verified(first)["DkimAttributes"]["Status"] == "SUCCESS"


def test_v1_ownership_record_verifies_too(start, name_server):
    name_server.zone("example.com", "@ IN TXT nothing")
    server = resolving(start, name_server)
    v1 = server.client("ses")
    token = v1.verify_domain_identity(Domain="example.com")["VerificationToken"]
    states = v1.get_identity_verification_attributes(Identities=["example.com"])["VerificationAttributes"]
    assert states["example.com"] == {"VerificationStatus": "Pending", "VerificationToken": token}
    name_server.zone("example.com", f'_amazonses IN TXT "{token}"')
    verified(server)
    states = v1.get_identity_verification_attributes(Identities=["example.com"])["VerificationAttributes"]
    assert states["example.com"]["VerificationStatus"] == "Success"


def test_a_wrong_server_is_told(start, name_server):
    server = start(extra="""
delivery: { route: mx, hold: true }
identities: { check-interval: 0.2 }
resolver: { servers: ["127.0.0.1:1"] }
""")
    server.ses = server.client("sesv2")
    server.ses.create_email_identity(EmailIdentity="example.com")
    wait_for(
        lambda: identity(server).get("VerificationInfo", {}).get("ErrorType") == "DNS_SERVER_ERROR", 40, "a look")
    assert identity(server)["VerificationStatus"] == "PENDING"
