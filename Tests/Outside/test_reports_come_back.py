# SPDX-License-Identifier: Apache-2.0
"""What comes back about our mail: real reports of a real Postfix, forged ones, complaints, and the mailbox simulator."""
import base64
import email
import email.policy
import json
import pathlib
import re
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import urllib.request

import pytest
from conftest import free_port, need, wait_for

BOUNCES = "bounce.example"
HERE = pathlib.Path(__file__).parent


class House:
    """A server with an inbound listener, and what the tests ask of it."""

    def __init__(self, start, delivery, resolver="", **options):
        self.inbound, self.metrics = free_port(), free_port()
        self.server = start(wait=False, **options, extra=f"""
delivery: {delivery}
identities: {{ verification: automatic }}
{resolver}
metrics: {{ host: 127.0.0.1, port: {self.metrics} }}
""")
        text = self.server.config.read_text()
        self.server.config.write_text(text.replace("smtp:\n", f"""smtp:
  inbound: [ {{ host: 127.0.0.1, port: {self.inbound} }} ]
  bounce-domain: {BOUNCES}
  feedback-addresses: [ loops@example.com ]
"""))

    def start(self):
        self.server.start()
        self.ses = self.server.client("sesv2")
        return self

    def send(self, sender, *recipients):
        return self.ses.send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": list(recipients)},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})["MessageId"]

    def facts(self, kind):
        return [event[kind] for event in self.server.facts(kind)]

    def waited(self, kind, count=1, seconds=30):
        wait_for(lambda: len(self.facts(kind)) >= count, seconds, f"{count} facts {kind}")
        return self.facts(kind)

    def suppressed(self, address):
        try:
            return self.ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]["Reason"]
        except self.ses.exceptions.NotFoundException:
            return None

    def count(self, name, label):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10).read().decode()
        return int(re.search(rf'^{name}{{\w+="{label}"}} (\d+)$', text, re.M)[1])

    def peer(self):
        client = smtplib.SMTP("127.0.0.1", self.inbound, timeout=30)
        client.ehlo("peer.example")
        return client

    def bring(self, recipient, content, sender=""):
        """Brings a mail as a server would; the replies to RCPT and to the content."""
        with self.peer() as client:
            assert client.mail(sender)[0] == 250
            code, text = client.rcpt(recipient)
            if code != 250:
                return code, text.decode()
            code, text = client.data(content)
            return code, text.decode()


    def with_a_message(self):
        """Started, with a message to bob and eve in the inbox; `token` is its own, `path` its return path."""
        self.start().ses.create_email_identity(EmailIdentity="example.com")
        self.id = self.send("ada@example.com", "bob@rome.example", "eve@oslo.example")
        entry = wait_for(self.server.captured, what="the captured message")[0]
        message = email.message_from_bytes(self.server.source(entry["id"]), policy=email.policy.default)
        self.token = message["X-Postern-Report"]
        self.path = f"b+{self.token}@{BOUNCES}"
        return self


@pytest.fixture
def captured(start):
    """Everything stays on this machine."""
    return House(start, "{ route: capture }").with_a_message()


def report(recipient, token="none", status="5.1.1", diagnostic="smtp; 550 5.1.1 no such user here", action="failed"):
    return f"""From: MAILER-DAEMON@mx.rome.example
To: somebody@{BOUNCES}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It was not delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.rome.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--B
Content-Type: text/rfc822-headers

X-Postern-Report: {token}
From: ada@example.com

--B--
""".replace("\n", "\r\n").encode()


def complaint(token, recipient=None, kind="abuse"):
    named = f"Original-Rcpt-To: <{recipient}>\n" if recipient else ""
    return f"""From: fbl@loop.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="F"

--F
Content-Type: text/plain

Somebody complained.
--F
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Loop/1
Version: 1
{named}
--F
Content-Type: message/rfc822

From: ada@example.com
X-Postern-Report: {token}
Subject: s

t
--F--
""".replace("\n", "\r\n").encode()


def forged(token):
    """The same token but for one letter of its signature."""
    return token[:-5] + ("b" if token[-5] != "b" else "c") + token[-4:]


@need("nsd")
@need("postfix")
def test_a_late_bounce_of_postfix_is_matched_and_told(start, name_server, far_side, sink):
    """Postfix takes the mail, is refused by the next server, and its own report comes back to us."""
    sink.rcpt_replies["gone@rome.example"] = "550 5.1.1 <gone@rome.example>: Recipient address rejected: User unknown"
    for domain in far_side.DOMAINS:
        name_server.zone(domain, "@ IN MX 10 mx", "mx IN A 127.0.0.1")
    house = House(
        start, f"{{ route: mx, mx-port: {far_side.port}, retry: [0.3] }}",
        resolver=f'resolver: {{ servers: ["{name_server.address}"], trust-anchor: "{name_server.anchor()}" }}')
    transport = far_side.configuration / "transport"
    transport.write_text(
        f"gone@rome.example smtp:[127.0.0.1]:{sink.port}\n{BOUNCES} smtp:[127.0.0.1]:{house.inbound}\n")
    with (far_side.configuration / "main.cf").open("a") as file:
        file.write(f"transport_maps = texthash:{transport}\nsmtp_tls_security_level = may\n")
    far_side.run("reload")
    house.start()
    house.ses.create_email_identity(EmailIdentity="oslo.example")
    message_id = house.send("ada@oslo.example", "gone@rome.example", "bob@rome.example")

    bounced = house.waited("bounced")
    assert len(house.facts("delivered")) >= 1, "Postfix took the mail at first"
    assert bounced[0]["recipients"] == ["gone@rome.example"] and bounced[0]["attempt"] == 0
    assert bounced[0]["peer"] == "mx.rome.example" and "550 5.1.1" in bounced[0]["reply"]
    assert (bounced[0]["verdict"]["type"], bounced[0]["verdict"]["subType"]) == ("Permanent", "NoEmail")
    wait_for(lambda: house.suppressed("gone@rome.example") == "BOUNCE", what="the suppression")
    assert house.suppressed("bob@rome.example") is None

    # What bob got names the token, in the envelope and in a field; the sender hears of the bounce from nobody.
    mails = [email.message_from_bytes(mail, policy=email.policy.default) for mail in far_side.wait(2)]
    bob = next(mail for mail in mails if mail["X-Original-To"] == "bob@rome.example" or mail["Delivered-To"] == "bob@rome.example")
    assert bob["Return-Path"] == f"<b+{bob['X-Postern-Report']}@{BOUNCES}>"
    assert message_id in bob["Message-ID"]
    notice = next(mail for mail in mails if "MAILER-DAEMON" in mail["From"])
    assert notice["To"] == "ada@oslo.example" and notice["Return-Path"] == "<>"
    assert notice["From"].endswith(f"<MAILER-DAEMON@{BOUNCES}>")
    status = notice.as_string()
    assert "gone@rome.example" in status and message_id in status and "Action: failed" in status
    assert len(house.facts("bounced")) == 1
    assert house.count("postern_reports_total", "bounce") == 1


def test_the_same_report_counts_once(captured):
    for _ in range(3):
        assert captured.bring(captured.path, report("bob@rome.example"))[0] == 250
    # Another report about the same recipient, in another case, at the postmaster's address: still one bounce.
    assert captured.bring(f"postmaster@{BOUNCES}", report("Bob@Rome.example", captured.token.upper()))[0] == 250
    bounced = captured.facts("bounced")
    assert [bounce["recipients"] for bounce in bounced] == [["bob@rome.example"]]
    assert captured.count("postern_reports_total", "duplicate") == 3


def test_forged_reports_do_not_count(captured):
    wrong = forged(captured.token)
    assert captured.bring(f"b+{wrong}@{BOUNCES}", report("bob@rome.example"))[0] == 550
    assert captured.bring(f"postmaster@{BOUNCES}", report("bob@rome.example", wrong))[0] == 250
    assert captured.bring(f"postmaster@{BOUNCES}", report("bob@rome.example"))[0] == 250
    # A good token says nothing of somebody who was no recipient.
    assert captured.bring(captured.path, report("victim@rome.example"))[0] == 250
    for token in (wrong, "none"):
        assert captured.bring(f"fbl@{BOUNCES}", complaint(token, "bob@rome.example"))[0] in (250, 550)
    assert captured.bring(f"fbl@{BOUNCES}", complaint(captured.token, "victim@rome.example"))[0] == 250
    assert captured.facts("bounced") == [] and captured.facts("complained") == []
    for address in ("bob@rome.example", "victim@rome.example"):
        assert captured.suppressed(address) is None
    assert captured.count("postern_reports_refused_total", "forged") >= 2
    assert captured.count("postern_reports_refused_total", "unsigned") >= 2
    assert captured.count("postern_reports_refused_total", "recipient") == 2


def test_complaints_count_by_their_token(captured):
    assert captured.bring("loops@example.com", complaint(captured.token))[0] == 250
    assert captured.facts("complained")[0]["recipients"] == []
    for _ in range(2):
        assert captured.bring(f"fbl@{BOUNCES}", complaint(captured.token, "eve@oslo.example"))[0] == 250
    assert captured.bring(f"fbl@{BOUNCES}", complaint(captured.token, "bob@rome.example", "not-spam"))[0] == 250
    complained = captured.facts("complained")
    assert [fact["recipients"] for fact in complained] == [[], ["eve@oslo.example"]]
    assert (complained[1]["feedbackType"], complained[1]["userAgent"]) == ("abuse", "Loop/1")
    wait_for(lambda: captured.suppressed("eve@oslo.example") == "COMPLAINT", what="the suppression")
    assert captured.suppressed("bob@rome.example") is None
    # Two complaints, two notices to the sender, in the inbox like everything else.
    wait_for(lambda: len([mail for mail in captured.server.captured() if "MAILER-DAEMON" in mail["from"]]) == 2,
             what="two notices")


def test_nothing_is_acknowledged_that_is_not_written(start, tmp_path):
    library, lever = tmp_path / "readonly.so", tmp_path / "lever"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "readonly.c", "-ldl"], check=True)
    house = House(
        start, "{ route: capture }", data=tmp_path / "data",
        wrapper=("env", f"LD_PRELOAD={library}", f"READONLY_DIRECTORY={tmp_path}/data", f"READONLY_SWITCH={lever}"))
    house.with_a_message()
    lever.touch()
    for content in (report("bob@rome.example"), complaint(house.token, "eve@oslo.example")):
        code, text = house.bring(house.path, content)
        assert (code, text[:4]) == (451, "4.3.")
    assert house.facts("bounced") == [] and house.facts("complained") == []
    lever.unlink()
    wait_for(lambda: house.bring(house.path, report("bob@rome.example"))[0] == 250, 30, "reports to be taken again")
    assert len(house.facts("bounced")) == 1


def test_tokens_outlive_a_restart_and_another_master_key(captured):
    with sqlite3.connect(f"file:{captured.server.data}/postern.db?mode=ro", uri=True) as db:
        [(content,)] = db.execute("SELECT content FROM sending_record WHERE kind = 'return-path-keys'").fetchall()
    [key] = json.loads(content)
    # Nonce, 32 octets of secret, tag.
    assert set(key) == {"number", "madeAt", "sealed"} and len(base64.b64decode(key["sealed"])) == 12 + 32 + 16
    captured.server.stop()
    data = captured.server.data
    (data / "master.key").rename(data / "old.key")
    (data / "new.key").write_text("a master key of another kind\n")
    captured.server.config.write_text(
        captured.server.config.read_text()
        + f"master-key: {{ file: {data}/new.key, previous: {{ file: {data}/old.key }} }}\n")
    captured.start()
    assert captured.bring(captured.path, report("bob@rome.example"))[0] == 250
    assert len(captured.facts("bounced")) == 1


def test_delays_are_told_and_deliveries_are_nothing(captured):
    late = report("bob@rome.example", status="4.4.1", diagnostic="smtp; 451 4.4.1 try later", action="delayed")
    for _ in range(2):
        assert captured.bring(captured.path, late)[0] == 250
    assert captured.bring(captured.path, report("eve@oslo.example", status="2.0.0", action="relayed"))[0] == 250
    deferred = captured.facts("deferred")
    assert [(fact["recipients"], fact["attempt"]) for fact in deferred] == [(["bob@rome.example"], 0)]
    assert captured.facts("bounced") == [] and captured.suppressed("bob@rome.example") is None


def test_answers_of_machines_and_people_suppress_nobody(captured):
    away = b"From: bob@rome.example\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away.\r\n"
    assert captured.bring(captured.path, away, "bob@rome.example")[0] == 250
    assert captured.bring(captured.path, away)[0] == 250
    thanks = b"From: bob@rome.example\r\nSubject: Re: s\r\n\r\n550 5.1.1 Thanks!\r\n"
    code, text = captured.bring(captured.path, thanks, "bob@rome.example")
    assert code == 550 and "5.7.1" in text
    assert captured.facts("bounced") == [] and captured.facts("complained") == []
    assert captured.count("postern_reports_total", "auto-reply") == 2
    # The operator's mail is kept where the console shows it.
    assert captured.bring(f"abuse@{BOUNCES}", thanks, "bob@rome.example")[0] == 250
    assert any(mail["subject"] == "Re: s" for mail in captured.server.captured())


def test_the_listener_is_no_relay(captured):
    for sender in ("", "ada@example.com", "mallory@evil.example"):
        with captured.peer() as client:
            assert not client.has_extn("auth") and client.has_extn("starttls")
            assert client.esmtp_features["size"] == "1048576"
            client.mail(sender)
            for address in ("bob@rome.example", "postmaster@rome.example", f"ada@{BOUNCES}", "fbl@example.com"):
                code, text = client.rcpt(address)
                assert (code, b"5.7.1" in text) == (550, True)
            assert client.docmd("DATA")[0] == 503
    # Too many wrong addresses end the session.
    with captured.peer() as client:
        client.mail("")
        codes = []
        for _ in range(12):
            try:
                codes.append(client.rcpt("bob@rome.example")[0])
            except smtplib.SMTPServerDisconnected:
                break
        assert codes.count(550) <= 10 and len(codes) <= 11
    accepted = len(captured.facts("accepted"))
    assert accepted == 1, "nothing was passed on"


def test_the_listener_keeps_its_limits(captured):
    with captured.peer() as client:
        client.starttls(context=ssl._create_unverified_context())
        client.ehlo()
        client.mail("")
        assert client.rcpt("postmaster")[0] in (250, 553)
        codes = [client.rcpt(captured.path)[0] for _ in range(11)]
        assert codes.count(250) <= 10 and codes[-1] == 452
        client.rset()
        assert client.docmd("MAIL", "FROM:<> SIZE=2000000")[0] == 552
    code, _ = captured.bring(captured.path, b"A: b\r\n\r\n" + b"x" * 70 + b"\r\n" * 600_000)
    assert code == 552
    # Twenty sessions of one address, and no more; one of before may not be over yet.
    sockets = [socket.create_connection(("127.0.0.1", captured.inbound), timeout=10) for _ in range(25)]
    greetings = [s.makefile("rb").readline()[:3] for s in sockets]
    assert greetings.count(b"220") in (19, 20) and greetings.count(b"220") + greetings.count(b"421") == 25
    for s in sockets:
        s.close()


@pytest.mark.parametrize("route", ["capture", "relay", "mx"])
def test_the_mailbox_simulator(start, sink, route):
    delivery = {
        "capture": "{ route: capture }", "mx": f"{{ route: mx, mx-port: {sink.port}, retry: [0.2] }}",
        "relay": f"{{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }}, retry: [0.2] }}"}[route]
    # Nobody to ask about names: the simulator's mail needs none.
    house = House(start, delivery, resolver='resolver: { servers: ["127.0.0.1:9"] }').start()
    house.ses.create_email_identity(EmailIdentity="example.com")
    addresses = {name: f"{name}+order1@simulator.amazonses.com" for name in
                 ("success", "bounce", "ooto", "complaint", "suppressionlist")}
    house.send("ada@example.com", *addresses.values())
    bounced = {fact["recipients"][0]: fact for fact in house.waited("bounced", 2)}
    complained = house.waited("complained")
    delivered = {address for fact in house.waited("delivered") for address in fact["recipients"]}
    assert delivered >= {addresses["success"], addresses["ooto"], addresses["complaint"]}
    hard, listed = bounced[addresses["bounce"]], bounced[addresses["suppressionlist"]]
    assert hard["reply"].startswith("550 5.1.1")
    assert (hard["verdict"]["type"], hard["verdict"]["subType"]) == ("Permanent", "General")
    assert (listed["verdict"]["type"], listed["verdict"]["subType"]) == ("Permanent", "Suppressed")
    assert complained[0]["recipients"] == [addresses["complaint"]]
    # Nothing of it left, and nobody is suppressed for it. What may go out are the notices to the sender.
    assert all("simulator.amazonses.com" not in to for _, recipients, _ in sink.messages for to in recipients)
    assert not any("simulator" in str(mail["recipients"]) for mail in house.server.captured())
    house.send("ada@example.com", addresses["bounce"])
    house.waited("bounced", 3)
    assert all(house.suppressed(address) is None for address in addresses.values())
