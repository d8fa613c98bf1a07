# SPDX-License-Identifier: Apache-2.0
"""`postern queue` and `postern pool` as operators use them: what is meant is what is changed, each act has a reason and
is on record, nobody acts without permission, and strangers' words do not reach the terminal as commands."""
import http.client
import json
import os
import pty
import re
import subprocess

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import need, wait_for
from test_queue_explains_itself import ADDRESSES, ROOT, House

pytestmark = need("nsd")

POOL = "111122223333/marketing"
UNKNOWN = "0100018d5c1e2f3a-00000000-0000-0000-0000-000000000000-000000"


class Desk(House):
    """The queue is paused, and holds a message of each kind."""

    def __init__(self, *arguments):
        super().__init__(*arguments, addresses=ADDRESSES)
        self.rome.open(), self.oslo.open()
        self.member, self.theirs = self.account("member")
        self.ses.create_email_identity(EmailIdentity="news.example.com")
        self.theirs("sesv2").create_email_identity(EmailIdentity="member.example")
        self.ses.create_configuration_set(ConfigurationSetName="news", DeliveryOptions={"SendingPoolName": "marketing"})
        self.act("queue", "pause")
        self.ids = {
            "plain": self.send("plain"), "north": self.send("north", "oslo.example"),
            "news": self.mail(self.ses, "news", "ben@news.example.com", ConfigurationSetName="news"),
            "member": self.mail(self.theirs("sesv2"), "member", "eve@member.example")}
        # A site is known by its name once its exchangers are.
        wait_for(lambda: self.listed("--site", "mx.oslo.example") == {"north"}, what="the site of oslo.example")

    def account(self, name):
        """A new account: its id, and a maker of clients that are its administrator."""
        made = self.server.client("organizations").create_account(Email=f"{name}@example.com", AccountName=name)
        identity = made["CreateAccountStatus"]["AccountId"]
        session = self.server.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{identity}:role/OrganizationAccountAccessRole", RoleSessionName="desk")["Credentials"]
        keys = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"],
                "aws_session_token": session["SessionToken"]}
        return identity, lambda service: self.server.client(service, **keys)

    def mail(self, ses, subject, sender, **more):
        return ses.send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": ["bob@rome.example"]},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "t"}}}}, **more)["MessageId"]

    def listed(self, *arguments):
        answer = json.loads(self.run("queue", "list", *arguments, "--output", "json"))
        names = {message: name for name, message in self.ids.items()}
        return {names[delivery["MessageId"]] for delivery in answer["Deliveries"]}

    def refused(self, *arguments, status=1):
        """What stands on standard error; nothing stands on standard output."""
        done = subprocess.run(
            [self.server.binary, *arguments, "--config", self.server.config], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (status, ""), done
        return done.stderr

    def user(self, iam, name, *actions):
        """Keys of a user who may do these."""
        iam.create_user(UserName=name)
        if actions:
            policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def call(self, keys, operation, **body):
        """The operation as a client of ours asks for it: what it answers, or the name of the error."""
        text, host = json.dumps(body), f"127.0.0.1:{self.server.api}"
        request = AWSRequest("POST", f"http://{host}/", data=text, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Postern.{operation}", "Host": host})
        SigV4Auth(Credentials(*keys), "postern", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.api, timeout=30)
        connection.request("POST", "/", text, dict(request.headers))
        response = connection.getresponse()
        answer = json.loads(response.read())
        return answer if response.status == 200 else answer["__type"].split("#")[-1]


@pytest.fixture
def desk(start, name_server, tmp_path):
    return Desk(start, name_server, tmp_path)


def test_what_is_meant_is_what_is_changed(desk):
    deliveries = {
        delivery["MessageId"]: delivery["DeliveryId"]
        for delivery in json.loads(desk.run("queue", "list", "--output", "json"))["Deliveries"]}
    ids = desk.ids
    for selection, meant in [
        (["--message", ids["plain"]], {"plain"}),
        (["--message", ids["plain"], "--message", ids["news"]], {"plain", "news"}),
        (["--delivery", str(deliveries[ids["north"]])], {"north"}),
        (["--sender", "ada@example.com"], {"plain", "north"}), (["--sender", "news.example.com"], {"news"}),
        (["--site", "mx.oslo.example"], {"north"}), (["--site", "oslo.example"], {"north"}),
        (["--site", "mx.rome.example", "--sender", "ada@example.com"], {"plain"}),
        (["--account", desk.member], {"member"}), (["--configuration-set", "news"], {"news"}), (["--pool", POOL], {"news"}),
        (["--all"], set(ids)),
    ]:
        words = "1 delivery" if len(meant) == 1 else f"{len(meant)} deliveries"
        assert desk.act("queue", "hold", *selection) == f"{words} held\n", selection
        assert desk.listed("--held") == meant, selection
        if selection != ["--all"]:
            assert desk.listed(*selection) == meant, selection
        assert desk.act("queue", "release", *selection) == f"{words} released\n", selection
        assert desk.listed("--held") == set(), selection
    desk.act("queue", "hold", "--account", desk.member)
    desk.act("queue", "resume")
    desk.arrive(desk.rome, "plain", "news")
    desk.arrive(desk.oslo, "north")
    assert "member" not in desk.rome.messages
    desk.act("queue", "release", "--all")
    desk.arrive(desk.rome, "member")


def test_what_is_dropped_is_gone_without_a_word(desk):
    assert desk.act("queue", "drop", "--site", "mx.rome.example", "--sender", "ada@example.com") == "1 delivery dropped\n"
    assert desk.listed() == {"north", "news", "member"}
    desk.act("queue", "resume")
    desk.arrive(desk.rome, "news", "member")
    desk.arrive(desk.oslo, "north")
    assert "plain" not in desk.rome.messages and not desk.server.facts("bounced")
    assert "postern:DropDeliveries" in desk.run("queue", "show", desk.ids["plain"])
    assert "nothing of it waits" in desk.run("queue", "show", desk.ids["plain"])


def test_mail_is_rerouted_by_another_pool_and_by_none(desk):
    assert desk.act("queue", "reroute", "--message", desk.ids["plain"], "--to", POOL) == "1 delivery rerouted\n"
    assert desk.act("queue", "reroute", "--pool", POOL, "--sender", "news.example.com", "--to", "system") == "1 delivery rerouted\n"
    desk.act("queue", "resume")
    desk.arrive(desk.rome, "plain", "news")
    wait_for(lambda: len(desk.server.facts("delivered")) == 4, what="four deliveries")
    used = {fact["delivered"]["recipients"][0]: fact["delivered"].get("address") for fact in desk.server.facts("delivered")}
    stories = {name: desk.run("queue", "show", desk.ids[name]) for name in ("plain", "news")}
    assert "from 127.0.0.2" in stories["plain"] and "127.0.0.2" not in stories["news"], (used, stories)
    assert "is no pool" in desk.refused("queue", "reroute", "--all", "--to", "nonsense", "--reason", "r")


def test_every_act_has_a_reason_and_is_on_record(desk):
    message = desk.ids["plain"]
    for number, act in enumerate(["hold", "release", "retry"]):
        desk.run("queue", act, "--message", message, "--reason", f"ticket {number}")
    desk.run("queue", "reroute", "--message", message, "--to", POOL, "--reason", "ticket 3")
    story = desk.run("queue", "show", message)
    for number, operation in enumerate(["Hold", "Release", "Retry", "Reroute"]):
        assert f"postern:{operation}Deliveries  by {ROOT}: ticket {number}\n" in story, story
    assert "1 recipient waits: postern queue explain" in story
    desk.run("queue", "resume", "--reason", "ticket 4")
    desk.run("pool", "drain", "127.0.0.2", "--reason", "ticket 5")
    records = [fact["administered"] for fact in desk.server.facts("administered")]
    kept = {(record["operation"], record.get("reason")) for record in records}
    assert {("postern:SetQueueState", "ticket 4"), ("postern:SetAddressDraining", "ticket 5")} <= kept, kept


def test_the_exit_status_says_when_the_answer_is_no(desk):
    acts = [["queue", act] for act in ("hold", "release", "retry", "drop")] + [["queue", "reroute", "--to", "system"]]
    for act in acts:
        assert "--reason" in desk.refused(*act, "--all", status=64)
        assert "Reason is missing" in desk.refused(*act, "--all", "--reason", "")
        assert "longer than 500" in desk.refused(*act, "--all", "--reason", "é" * 251)
        assert "Nothing was selected" in desk.refused(*act, "--reason", "r")
        assert "no delivery is meant by this" in desk.refused(*act, "--message", UNKNOWN, "--reason", "r")
        assert "'nonsense' is no message id" in desk.refused(*act, "--message", "nonsense", "--reason", "r")
        assert "twelve digits" in desk.refused(*act, "--account", "42", "--reason", "r")
    assert "none that it changes" in desk.refused("queue", "release", "--all", "--reason", "nobody holds them")
    for act in ("pause", "resume", "drain"):
        assert "--reason" in desk.refused("queue", act, status=64)
    for look in ("show", "explain"):
        assert f"Message {UNKNOWN} is not known." in desk.refused("queue", look, UNKNOWN)
    assert "127.9.9.9 is no dedicated address" in desk.refused("pool", "drain", "127.9.9.9", "--reason", "r")
    assert "json" in desk.refused("queue", "summary", "--output", "xml", status=64)
    assert desk.listed("--held") == set() and desk.listed() == set(desk.ids), "nothing was changed by all this"
    desk.server.stop()
    assert "the server does not answer" in desk.refused("queue", "summary")


def test_every_answer_is_json_for_machines_and_plain_for_files(desk):
    looks = [["queue"], ["queue", "summary"], ["queue", "list"], ["queue", "show", desk.ids["plain"]],
             ["queue", "explain", desk.ids["plain"]], ["pool"], ["pool", "list"], ["pool", "warm-up"]]
    acts = [["queue", "hold", "--all"], ["queue", "release", "--all"], ["queue", "retry", "--all"],
            ["queue", "reroute", "--all", "--to", POOL], ["queue", "drop", "--message", desk.ids["plain"]], ["queue", "pause"],
            ["queue", "drain"], ["queue", "resume"], ["pool", "drain", "127.0.0.2"], ["pool", "undrain", "127.0.0.2"]]
    for command in looks:
        assert isinstance(json.loads(desk.run(*command, "--output", "json")), dict), command
        text = desk.run(*command)
        assert text.strip() and "\x1b" not in text and "{" not in text, command
    for command in acts:
        assert isinstance(json.loads(desk.run(*command, "--reason", "r", "--output", "json")), dict), command


def test_pages_hold_every_delivery_once(desk):
    found, arguments = [], []
    while True:
        answer = json.loads(desk.run("queue", "list", "--limit", "3", *arguments, "--output", "json"))
        found += [delivery["MessageId"] for delivery in answer["Deliveries"]]
        if "NextToken" not in answer:
            break
        arguments = ["--after", answer["NextToken"]]
    assert sorted(found) == sorted(desk.ids.values())
    assert "there are more: --after " in desk.run("queue", "list", "--limit", "1")
    assert "none of ours" in desk.refused("queue", "list", "--after", "nonsense")


OPERATIONS = {
    "DescribeQueue": {}, "ListDeliveries": {}, "DescribePools": {}, "SetQueueState": {"State": "RUNNING", "Reason": "r"},
    "SetAddressDraining": {"Ip": "127.0.0.2", "Draining": True, "Reason": "r"}} | {
    f"{act}Deliveries": {"Selection": {"All": True}, "Reason": "r", "Pool": "system"}
    for act in ("Hold", "Release", "Retry", "Reroute", "Drop")}


def test_nobody_acts_without_permission(desk):
    iam = desk.server.client("iam")
    nobody = desk.user(iam, "nobody")
    operations = OPERATIONS | {operation: {"MessageId": desk.ids["plain"]} for operation in ("DescribeMessage", "ExplainDelivery")}
    for operation, body in operations.items():
        assert desk.call(nobody, operation, **body) == "AccessDeniedException", operation
    holder = desk.user(iam, "holder", "postern:HoldDeliveries")
    for operation, body in operations.items():
        answer = desk.call(holder, operation, **body)
        assert answer == ({"Changed": 4} if operation == "HoldDeliveries" else "AccessDeniedException"), operation
    everything = desk.user(iam, "operator", "postern:*")
    assert desk.call(everything, "ReleaseDeliveries", **operations["ReleaseDeliveries"]) == {"Changed": 4}
    assert "by arn:aws:iam::111122223333:user/operator: r" in desk.run("queue", "show", desk.ids["member"])


def test_a_member_account_sees_and_changes_its_own_mail_alone(desk):
    keys = desk.user(desk.theirs("iam"), "operator", "postern:*")
    assert [delivery["MessageId"] for delivery in desk.call(keys, "ListDeliveries")["Deliveries"]] == [desk.ids["member"]]
    own = desk.call(keys, "ExplainDelivery", MessageId=desk.ids["member"])
    assert own["Waiting"][0]["Cause"] == "queue-on-hold"
    assert desk.call(keys, "DescribeMessage", MessageId=desk.ids["member"])["AccountId"] == desk.member
    for operation in ("DescribeMessage", "ExplainDelivery"):
        assert desk.call(keys, operation, MessageId=desk.ids["plain"]) == "NotFoundException", operation
    for operation in ("DescribeQueue", "DescribePools", "SetQueueState", "SetAddressDraining"):
        assert desk.call(keys, operation, **OPERATIONS[operation]) == "AccessDeniedException", operation
    theirs = {"AccountId": "111122223333"}
    assert desk.call(keys, "ListDeliveries", Selection=theirs) == "AccessDeniedException"
    assert desk.call(keys, "HoldDeliveries", Selection=theirs, Reason="r") == "AccessDeniedException"
    assert desk.call(keys, "DropDeliveries", Selection={"MessageIds": [desk.ids["plain"]]}, Reason="r") == {"Changed": 0}
    assert desk.call(keys, "HoldDeliveries", Selection={"All": True}, Reason="r") == {"Changed": 1}
    assert desk.listed("--held") == {"member"} and desk.listed() == set(desk.ids)
    # What has gone is nobody else's either.
    desk.act("queue", "resume")
    desk.arrive(desk.rome, "plain")
    wait_for(lambda: "nothing of it waits" in desk.run("queue", "show", desk.ids["plain"]), what="the end of it")
    assert desk.call(keys, "ExplainDelivery", MessageId=desk.ids["plain"]) == "NotFoundException"


def test_another_pool_than_ones_own_is_not_to_be_had(desk):
    keys = desk.user(desk.theirs("iam"), "operator", "postern:*")
    reroute = {"Selection": {"All": True}, "Reason": "r", "Pool": POOL}
    assert desk.call(keys, "RerouteDeliveries", **reroute) == "AccessDeniedException"
    own = reroute | {"Pool": f"{desk.member}/own"}
    assert desk.call(keys, "RerouteDeliveries", **own) == "NotFoundException"
    desk.theirs("sesv2").create_dedicated_ip_pool(PoolName="own")
    assert desk.call(keys, "RerouteDeliveries", **own) == {"Changed": 1}


def test_whoever_is_not_root_uses_the_commands_with_keys_of_their_own(desk, tmp_path):
    key, secret = desk.user(desk.server.client("iam"), "reader", "postern:ListDeliveries")
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"""
data-directory: /nonexistent
account-id: "111122223333"
root: {{ access-key-id: {key}, secret-access-key: {secret} }}
api: {{ host: 127.0.0.1, port: {desk.server.api} }}
""")
    desk.server.config = mine
    assert desk.listed() == set(desk.ids)
    assert "is not authorized to perform: postern:HoldDeliveries" in desk.refused("queue", "hold", "--all", "--reason", "r")


def on_a_terminal(command, **environment):
    """What somebody sees who runs it on a terminal."""
    outer, inner = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | environment
    process = subprocess.Popen(command, stdout=inner, stderr=inner, stdin=inner, env=environment)
    os.close(inner)
    shown = b""
    while True:
        try:
            piece = os.read(outer, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(outer)
    assert process.wait(30) == 0, shown
    return shown.decode()


def test_strangers_words_cannot_steer_the_terminal(desk):
    desk.rome.rcpt_reply = "451 4.7.1 \x1b[2J\x1b]0;yours\x07 \x9b31m later \u202egnorw\x08\x08"
    desk.act("queue", "drop", "--account", desk.member)
    desk.act("queue", "resume")
    message = desk.ids["plain"]
    wait_for(lambda: desk.reason(message)["Cause"] == "retry", what="the deferral")
    ours = re.compile(r"\x1b\[(?:\d+)m")
    for look in (["list"], ["show", message], ["explain", message], ["summary"]):
        command = [desk.server.binary, "queue", *look, "--config", desk.server.config]
        shown = on_a_terminal(command)
        assert ours.search(shown), "on a terminal there are colours"
        bare = ours.sub("", shown)
        assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", bare), (look, bare)
        assert "\x1b" not in on_a_terminal(command, NO_COLOR="1")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", desk.run("queue", *look))
        answer = desk.run("queue", *look, "--output", "json")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", answer) and json.loads(answer)
    assert "later" in desk.run("queue", "explain", message)
