# SPDX-License-Identifier: Apache-2.0
"""`postern messages` finds mail by everything it may be asked for by, and tells each message's story in order."""
import json
import re
import subprocess
import time

import pytest
from conftest import KEY, wait_for
from test_operators_act_on_the_queue import Desk

SIMULATOR = "simulator.amazonses.com"


class Office:
    """A server that captures, with mail by the API and by SMTP, of two accounts, some of it bounced by the simulator."""

    account, user, call = Desk.account, Desk.user, Desk.call

    def __init__(self, start):
        self.server = start()
        self.ses = self.server.client("sesv2")
        self.ses.create_email_identity(EmailIdentity="example.com")
        self.member, self.theirs = self.account("member")
        self.theirs("sesv2").create_email_identity(EmailIdentity="member.example")
        self.ses.create_configuration_set(ConfigurationSetName="news")
        self.ids = {}
        self.begun = time.time()
        tags = [{"Name": "campaign", "Value": "spring"}, {"Name": "kind", "Value": "bill"}]
        self.ids["delivered"] = self.mail(
            self.ses, "ada@example.com", "Bob@rome.example", "carl@oslo.example", EmailTags=tags, ConfigurationSetName="news")
        self.ids["bounced"] = self.mail(self.ses, "ben@example.com", f"bounce@{SIMULATOR}", EmailTags=tags[:1])
        self.ids["complained"] = self.mail(self.ses, "ben@example.com", f"complaint@{SIMULATOR}")
        self.ids["member"] = self.mail(self.theirs("sesv2"), "eve@member.example", "bob@rome.example")
        with self.server.smtp() as client:
            client.mail("returns@example.com")
            client.rcpt("dora@rome.example")
            code, text = client.data(b"From: ada@example.com\r\nSubject: by smtp\r\nX-SES-MESSAGE-TAGS: kind=note\r\n\r\nhello\r\n")
            assert code == 250, text
        self.ids["smtp"] = text.decode().split()[-1]
        wait_for(lambda: self.outcomes() == {
            "delivered": ["delivered"], "bounced": ["bounced"], "complained": ["delivered", "complained"],
            "member": ["delivered"], "smtp": ["delivered"]}, what="the end of all five")

    def mail(self, ses, sender, *recipients, **more):
        return ses.send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": list(recipients)},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}, **more)["MessageId"]

    def run(self, *arguments, status=0):
        done = subprocess.run(
            [self.server.binary, "messages", *arguments, "--config", self.server.config], capture_output=True, text=True,
            timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr

    def search(self, *arguments):
        return json.loads(self.run(*arguments, "--output", "json"))

    def outcomes(self):
        return {self.name(each): each["Outcomes"] for each in self.search()["Messages"] if self.name(each)}

    def found(self, *arguments):
        """By name; the server's own notices to senders have none."""
        return [self.name(each) for each in self.search(*arguments)["Messages"] if self.name(each)]

    def name(self, found):
        return {message: name for name, message in self.ids.items()}.get(found["MessageId"])


@pytest.fixture
def office(start):
    return Office(start)


def test_each_filter_finds_what_it_says(office):
    everything = ["smtp", "member", "complained", "bounced", "delivered"]
    stamp = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    for arguments, expected in [
        ([], everything), (["--account", office.member], ["member"]),
        (["--recipient", "Bob@ROME.example"], ["delivered"]), (["--recipient", "bob@rome.example"], ["member"]),
        (["--recipient", "carl@oslo.example"], ["delivered"]), (["--recipient", "@rome.example"], ["smtp", "member", "delivered"]),
        (["--recipient", "@example"], []), (["--from", "ben@example.com"], ["complained", "bounced"]),
        (["--from", "@example.com"], ["smtp", "complained", "bounced", "delivered"]),
        (["--from", "ada@example.com"], ["smtp", "delivered"]), (["--from", "returns@example.com"], ["smtp"]),
        (["--tag", "campaign=spring"], ["bounced", "delivered"]), (["--tag", "campaign=spring", "--tag", "kind=bill"], ["delivered"]),
        (["--tag", "kind=note"], ["smtp"]), (["--tag", "kind=other"], []),
        (["--outcome", "bounced"], ["bounced"]), (["--outcome", "delivered", "--outcome", "complained"], ["complained"]),
        (["--outcome", "deferred"], []), (["--id", office.ids["member"]], ["member"]),
        (["--since", "2h"], everything), (["--since", "2h", "--until", "1h"], []),
        (["--since", stamp(office.begun - 5), "--until", stamp(office.begun + 60)], everything),
        (["--until", stamp(office.begun - 60)], []), (["--from", "@example.com", "--outcome", "bounced", "--tag", "campaign=spring"], ["bounced"]),
    ]:
        assert office.found(*arguments) == expected, arguments
    answer = office.search("--id", office.ids["delivered"])["Messages"][0]
    assert (answer["Sender"], answer["Recipients"]) == ("ada@example.com", ["Bob@rome.example", "carl@oslo.example"])
    assert (answer["AccountId"], answer["ConfigurationSet"]) == ("111122223333", "news")
    text = office.run("--recipient", "@rome.example")
    assert text.splitlines()[0].split() == ["accepted", "message", "sender", "recipient", "outcome", "tags"]
    assert "Bob@rome.example +1" in text and "\x1b" not in text


def test_pages_and_limits(office):
    # With the server's two notices to a sender.
    wait_for(lambda: len(office.search()["Messages"]) == 7, what="the notices")
    seen, after = [], []
    while True:
        page = office.search("--limit", "2", *after)
        seen += [each["MessageId"] for each in page["Messages"]]
        assert len(page["Messages"]) <= 2
        if "NextToken" not in page:
            break
        assert f"--after {page['NextToken']}" in office.run("--limit", "2", *after)
        after = ["--after", page["NextToken"]]
    assert seen == [each["MessageId"] for each in office.search()["Messages"]]
    assert "31 days" in office.run("--since", "40d", status=1)
    assert "is no outcome" in office.run("--outcome", "lost", status=1)
    assert "is no address" in office.run("--recipient", "nobody", status=1)
    assert "last 24 hours" in office.run("find", "--help")


def test_a_story_is_told_in_order(office):
    text = office.run("show", office.ids["complained"])
    steps = re.findall(r"^\S+Z \+\S+ s  (\w+)", text, re.M)
    assert steps == ["accepted", "delivered", "complained"]
    assert "+0.000 s  accepted" in text and "nothing of it waits" in text
    bounce = office.run("show", office.ids["bounced"])
    assert re.findall(r"^\S+Z \+\S+ \w+  (\S+)", bounce, re.M)[:2] == ["accepted", "bounced"]
    story = json.loads(office.run("show", office.ids["smtp"], "--output", "json"))
    assert [step["Event"] for step in story["Steps"]] == ["SmtpAuthenticate", "accepted", "delivered"]
    moments = [step["At"] for step in story["Steps"]]
    assert moments == sorted(moments)
    assert story["Steps"][0]["Detail"] == "let in, from 127.0.0.1"
    first = story["Steps"][1]
    assert "by smtp from 127.0.0.1" in first["Detail"] and "kind=note" in first["Detail"]
    assert first["Request"]["AccessKeyId"] == KEY and first["Request"]["Tls"].startswith("TLSv1")
    api = json.loads(office.run("show", office.ids["delivered"], "--output", "json"))["Steps"][0]
    assert api["Request"]["Operation"] == "SendEmail" and "Boto3" in api["Request"]["Agent"]
    assert "configuration set news" in api["Detail"]
    shown = subprocess.run(
        [office.server.binary, "queue", "show", office.ids["complained"], "--config", office.server.config],
        capture_output=True, text=True, timeout=60)
    assert shown.stdout == text


def test_nobody_sees_another_accounts_mail(office):
    keys = office.user(office.theirs("iam"), "operator", "postern:*")
    assert [each["MessageId"] for each in office.call(keys, "SearchMessages")["Messages"]] == [office.ids["member"]]
    assert office.call(keys, "SearchMessages", Recipient="Bob@rome.example")["Messages"] == []
    assert office.call(keys, "SearchMessages", MessageId=office.ids["delivered"])["Messages"] == []
    assert office.call(keys, "SearchMessages", AccountId="111122223333") == "AccessDeniedException"
    assert office.call(keys, "DescribeMessage", MessageId=office.ids["delivered"]) == "NotFoundException"
    assert office.call(keys, "DescribeMessage", MessageId=office.ids["member"])["AccountId"] == office.member
    nobody = office.user(office.theirs("iam"), "nobody", "ses:*")
    assert office.call(nobody, "SearchMessages") == "AccessDeniedException"
    for body in ({"StartTime": 5, "EndTime": 4}, {"StartTime": -1}, {"EndTime": 1e300}, {"NextToken": "x"},
                 {"StartTime": 0}, {"Tags": [{"Name": "a", "Value": "b"}] * 11}, {"Outcomes": ["called"]}):
        assert office.call(keys, "SearchMessages", **body) == "ValidationException", body


def test_a_killed_server_finds_everything_again(office):
    before = office.outcomes()
    assert len(before) == 5
    office.server.stop(kill=True)
    for name in ("messages.db", "messages.db-wal", "messages.db-shm"):
        (office.server.data / name).unlink(missing_ok=True)
    office.server.start()
    wait_for(lambda: office.outcomes() == before, what="all that was found before")
