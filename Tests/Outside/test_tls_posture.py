# SPDX-License-Identifier: Apache-2.0
"""How well mail is protected on its way out: by what the sender asks, and by what recipient domains say of themselves.

The far side is Postfix, the DNS is NSD with DNSSEC where it matters, policies come over HTTPS from an authority of the
test. Every try leaves in its record what was negotiated, what the certificate was worth and which rule decided.
"""
import gzip
import json
import os
import pathlib
import time

import parsedmarc
import pytest
import sides
from conftest import free_port, need, wait_for

pytestmark = [need("nsd"), need("postfix"), need("ldns-signzone")]

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
HOST = "mx.rome.example"


class World:
    """Recipient domains, their mail server, and a server of ours that delivers by MX."""

    def __init__(self, start, name_server, directory):
        self.make, self.dns, self.directory = start, name_server, directory
        self.authority = sides.Authority(directory / "authority")
        self.port = free_port()
        self.postfix = self.web = None

    def far_side(self, certificate=None, settings=()):
        """Postfix; its certificate is its own, which nobody vouches for, unless one is given."""
        home = pathlib.Path("/tmp") / f"postfix-{os.getpid()}-{self.directory.name[-20:]}"
        self.postfix = sides.Postfix(home, self.port, settings=settings, certificate=certificate)
        return self.postfix

    def site(self):
        """The web server of the recipients' domain."""
        certificate = self.authority.issue("mta-sts.rome.example", "reports.rome.example")
        self.web = sides.WebServer(free_port(), certificate)
        return self.web

    def policy(self, mode, mx="*.rome.example"):
        text = f"version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: 86400\r\n".encode()
        self.site().pages["mta-sts.rome.example/.well-known/mta-sts.txt"] = (200, "text/plain; charset=utf-8", text)

    ZONE = ("@ IN MX 10 mx", "mx IN A 127.0.0.1", "mta-sts IN A 127.0.0.1", "reports IN A 127.0.0.1")
    STS = '_mta-sts IN TXT "v=STSv1; id=1;"'

    def zone(self, *lines, sign=False):
        """rome.example as it asks to be treated; oslo.example asks for nothing."""
        self.dns.zone("oslo.example", "@ IN MX 10 mx", "mx IN A 127.0.0.1")
        self.dns.zone("rome.example", *self.ZONE, *lines)
        self.anchor = self.dns.sign("rome.example") if sign else self.dns.anchor()

    def server(self, more=""):
        web = self.web.port if self.web else 443
        server = self.make(extra=f"""
delivery:
  route: mx
  mx-port: {self.port}
  retry: [0.3]
  tls: {{ trust: ["{self.authority.ca}"], private-networks: true, mta-sts-port: {web}{more} }}
identities: {{ verification: automatic }}
resolver: {{ servers: ["{self.dns.address}"], trust-anchor: "{self.anchor}" }}
""")
        server.ses = server.client("sesv2")
        server.ses.create_email_identity(EmailIdentity="example.com")
        server.ses.create_configuration_set(
            ConfigurationSetName="strict", DeliveryOptions={"TlsPolicy": "REQUIRE"})
        return server

    def stop(self):
        for side in (self.postfix, self.web):
            if side:
                side.stop()


@pytest.fixture
def world(start, name_server, tmp_path):
    world = World(start, name_server, tmp_path)
    yield world
    world.stop()


def send(server, to="bob@rome.example", **options):
    server.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": [to]}, Content=CONTENT, **options)


def records(server, kind, count):
    """The records of so many tries that ended so, oldest first."""
    try:
        wait_for(lambda: len(server.facts(kind)) >= count, 30, f"{count} {kind}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {server.facts()} {server.log.read_text()}") from None
    return [fact[kind] for fact in server.facts(kind)]


def delivered(server, count=1):
    return records(server, "delivered", count)[-1]


def refused(world, server):
    """The second try's record; nothing has arrived by then."""
    record = records(server, "deferred", 2)[-1]
    assert world.postfix.messages() == [] and server.facts("delivered") == []
    return record


# --- What the sender asks for


def test_without_demands_a_host_without_tls_gets_the_mail_in_clear(world):
    world.zone()
    world.far_side(settings=["smtpd_tls_security_level = none"])
    server = world.server()
    send(server)
    record = delivered(server)
    assert record.get("tls") is None and record["tlsPolicy"] == "opportunistic"


def test_require_never_goes_in_clear(world):
    world.zone()
    world.far_side(settings=["smtpd_tls_security_level = none"])
    server = world.server()
    send(server, ConfigurationSetName="strict")
    record = refused(world, server)
    assert record["tlsPolicy"] == "configuration set REQUIRE" and "TLS" in record["reply"]
    assert record.get("tls") is None


def test_require_refuses_old_tls(world):
    world.zone()
    world.far_side(settings=["smtpd_tls_protocols = TLSv1.1", "smtpd_tls_mandatory_protocols = TLSv1.1"])
    server = world.server()
    send(server, ConfigurationSetName="strict")
    record = refused(world, server)
    assert record["tlsPolicy"] == "configuration set REQUIRE" and record["reply"].startswith("451 4.7.5")


def test_require_takes_any_certificate(world):
    world.zone()
    world.far_side()
    server = world.server()
    send(server, ConfigurationSetName="strict")
    record = delivered(server)
    assert record["tls"] in ("TLSv1.2", "TLSv1.3") and record["cipher"].startswith("TLS_")
    assert (record["certificate"], record["tlsPolicy"]) == ("unverified", "configuration set REQUIRE")


# --- MTA-STS


def test_an_enforced_policy_is_fetched_and_met(world):
    world.zone(World.STS)
    world.far_side(world.authority.issue(HOST))
    world.policy("enforce")
    server = world.server()
    send(server)
    record = delivered(server)
    assert (record["certificate"], record["tlsPolicy"]) == ("verified", "MTA-STS enforce")
    assert world.web.asked == ["mta-sts.rome.example/.well-known/mta-sts.txt"]


@pytest.mark.parametrize("fault, words", [
    ("another name", "the certificate is not for mx.rome.example"),
    ("expired", "a certificate expired"),
    ("nobody vouches for it", "no trusted authority signed the certificate"),
    ("in clear", "TLS is required"),
])
def test_an_enforced_policy_that_is_not_met_keeps_the_mail(world, fault, words):
    world.zone(World.STS)
    certificate = {
        "another name": lambda: world.authority.issue("mx.oslo.example"),
        "expired": lambda: world.authority.issue(HOST, days=-2),
    }.get(fault, lambda: None)()
    world.far_side(certificate, ["smtpd_tls_security_level = none"] if fault == "in clear" else [])
    world.policy("enforce")
    server = world.server()
    send(server)
    record = refused(world, server)
    assert record["tlsPolicy"] == "MTA-STS enforce" and words in record["certificate"] + record["reply"]


def test_a_host_that_the_policy_does_not_name_is_not_spoken_to(world):
    world.zone(World.STS)
    world.far_side(world.authority.issue(HOST))
    world.policy("enforce", mx="mx.oslo.example")
    server = world.server()
    send(server)
    record = refused(world, server)
    assert "no host of the MTA-STS policy of rome.example" in record["reply"]
    assert "ehlo=" not in world.postfix.log()


def test_a_policy_in_testing_keeps_nothing_back(world):
    world.zone(World.STS)
    world.far_side(world.authority.issue("mx.oslo.example"))
    world.policy("testing")
    server = world.server()
    send(server)
    assert delivered(server)["tlsPolicy"] == "MTA-STS testing"


@pytest.mark.parametrize("answer", [
    (302, "https://reports.rome.example/policy", b""), (200, "text/html", b"version: STSv1"), (404, "text/plain", b""),
    (200, "text/plain", b"x" * 70_000)], ids=["redirect", "html", "not there", "too long"])
def test_a_policy_that_cannot_be_had_is_none(world, answer):
    world.zone(World.STS)
    world.far_side()
    world.site().pages["mta-sts.rome.example/.well-known/mta-sts.txt"] = answer
    text = b"version: STSv1\nmode: enforce\nmx: mx.oslo.example\nmax_age: 86400\n"
    world.web.pages["reports.rome.example/policy"] = (200, "text/plain", text)
    server = world.server()
    send(server)
    assert delivered(server)["tlsPolicy"] == "opportunistic"
    assert world.web.asked == ["mta-sts.rome.example/.well-known/mta-sts.txt"]


def test_an_enforced_policy_outlives_a_restart_and_its_web_server(world):
    world.zone(World.STS)
    world.far_side(world.authority.issue(HOST))
    world.policy("enforce")
    server = world.server()
    send(server)
    delivered(server)
    server.stop()
    world.web.stop()
    world.web = None
    world.zone()
    server.start()
    send(server)
    assert delivered(server, 2)["tlsPolicy"] == "MTA-STS enforce"


# --- DANE


def tlsa(world, certificate, usage=3):
    return f"_{world.port}._tcp.mx IN TLSA {usage} 1 1 {world.authority.digest(certificate)}"


def test_dane_proves_a_certificate_that_no_authority_does(world):
    certificate = sides.Authority(world.directory / "another").issue("whatever.example")
    world.zone(tlsa(world, certificate), sign=True)
    world.far_side(certificate)
    server = world.server()
    send(server)
    record = delivered(server)
    assert (record["certificate"], record["tlsPolicy"]) == ("dane", "DANE")


def test_dane_refuses_what_authorities_vouch_for(world):
    world.zone(tlsa(world, world.authority.issue(HOST)), sign=True)
    world.far_side(world.authority.issue(HOST))
    server = world.server()
    send(server)
    record = refused(world, server)
    assert record["tlsPolicy"] == "DANE" and record["certificate"] == "no TLSA record matches the certificate"


def test_dane_is_never_clear(world):
    world.zone(tlsa(world, world.authority.issue(HOST)), sign=True)
    world.far_side(settings=["smtpd_tls_security_level = none"])
    server = world.server()
    send(server)
    assert refused(world, server)["tlsPolicy"] == "DANE"


def test_dane_holds_over_mta_sts(world):
    certificate = sides.Authority(world.directory / "another").issue("whatever.example")
    world.zone(tlsa(world, certificate), World.STS, sign=True)
    world.far_side(certificate)
    world.policy("enforce", mx="mx.oslo.example")
    server = world.server()
    send(server)
    assert delivered(server)["tlsPolicy"] == "DANE"


@pytest.mark.parametrize("name, outcome", [(HOST, "delivered"), ("mx.oslo.example", "deferred")])
def test_dane_ta_asks_for_the_right_name(world, name, outcome):
    another = sides.Authority(world.directory / "another")
    world.zone(tlsa(world, (another.ca, another.key), usage=2), sign=True)
    world.far_side(another.issue(name))
    server = world.server()
    send(server)
    record = delivered(server) if outcome == "delivered" else refused(world, server)
    assert record["tlsPolicy"] == "DANE"
    assert record["certificate"] == ("dane" if outcome == "delivered" else
                                     "the certificate is not for mx.rome.example or rome.example")


def test_tlsa_records_without_dnssec_count_for_nothing(world):
    world.zone(tlsa(world, world.authority.issue(HOST)))
    world.far_side()
    server = world.server()
    send(server)
    assert delivered(server)["tlsPolicy"] == "opportunistic"


def test_forged_tlsa_records_keep_mail_from_the_host(world):
    certificate = world.authority.issue(HOST)
    world.zone(tlsa(world, certificate), sign=True)
    zone = world.dns.directory / "rome.example.zone"
    digest = world.authority.digest(certificate)
    forged = zone.read_text().replace(digest, digest[::-1])
    assert forged != zone.read_text()
    zone.write_text(forged)
    world.dns.restart()
    world.far_side(certificate)
    server = world.server()
    send(server)
    record = refused(world, server)
    assert record["tlsPolicy"] == "DANE" and "DNSSEC validation of the TLSA records" in record["reply"]


# --- Reports


def test_recipient_domains_are_told(world):
    rua = '_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:tls@oslo.example,https://reports.rome.example/tls"'
    world.zone(World.STS, rua)
    world.far_side(world.authority.issue("mx.oslo.example"))
    world.policy("testing")
    server = world.server(more=", reports: { from: tls@example.com, organization: Ours, interval: 6 }")
    send(server)
    assert delivered(server)["tlsPolicy"] == "MTA-STS testing"

    def mails():
        return [mail for mail in world.postfix.messages() if b"TLS-Report-Domain: rome.example" in mail]

    wait_for(mails, 40, "the report by mail")
    wait_for(lambda: world.web.posted, 20, "the report by HTTPS")
    stored = mails()[0]
    assert b"DKIM-Signature:" in stored and b"TLS-Report-Submitter: example.com" in stored
    report = parsedmarc.parse_report_email(stored, offline=True)
    assert report["report_type"] == "smtp_tls"
    read = report["report"]
    assert (read["organization_name"], read["contact_info"]) == ("Ours", "tls@example.com")
    policy = read["policies"][0]
    assert (policy["policy_type"], policy["policy_domain"]) == ("sts", "rome.example")
    assert policy["policy_strings"] == ["version: STSv1", "mode: testing", "mx: *.rome.example", "max_age: 86400"]
    assert (policy["successful_session_count"], policy["failed_session_count"]) == (0, 1)
    failure = policy["failure_details"][0]
    assert failure["result_type"] == "certificate-host-mismatch" and failure["receiving_mx_hostname"] == HOST
    key, kind, body = world.web.posted[0]
    assert (key, kind) == ("reports.rome.example/tls", "application/tlsrpt+gzip")
    assert json.loads(gzip.decompress(body))["policies"][0]["policy"]["mx-host"] == ["*.rome.example"]
    # Once is enough.
    time.sleep(8)
    assert len(world.web.posted) == 1
