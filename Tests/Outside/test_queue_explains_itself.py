# SPDX-License-Identifier: Apache-2.0
"""`postern queue explain` names what a message waits for: each test makes one thing be in the way, asks, compares the
answer with what was done, takes it away, and sees the mail go."""
import asyncio
import json
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import free_port, need, wait_for

pytestmark = need("nsd")

ROOT = "arn:aws:iam::111122223333:root"


class Barrier:
    """Down or up at a test's word; sessions wait at it on their own loop."""

    def __init__(self, loop):
        self.loop, self.is_down, self.opened = loop, False, asyncio.Event()
        self.opened.set()

    def put(self, is_down):
        self.is_down = is_down
        self.loop.call_soon_threadsafe(self.opened.clear if is_down else self.opened.set)


class FarSide:
    """An SMTP server on an address of its own: away, mute, slow or ill-humoured, as it is told."""

    def __init__(self, address, port):
        self.address, self.port = address, port
        self.rcpt_reply, self.messages, self.server = "250 2.1.5 ok", [], None
        self.loop = asyncio.new_event_loop()
        self.mute, self.holding = Barrier(self.loop), Barrier(self.loop)
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def open(self):
        start = asyncio.start_server(self.serve, self.address, self.port, limit=1 << 22)
        self.server = asyncio.run_coroutine_threadsafe(start, self.loop).result(10)
        return self

    async def serve(self, reader, writer):
        await self.mute.opened.wait()
        writer.write(b"220 mx\r\n")
        taken = False
        try:
            while line := await reader.readline():
                verb = line.decode().strip().upper()
                if verb.startswith("EHLO"):
                    writer.write(b"250-mx\r\n250 PIPELINING\r\n")
                elif verb.startswith("RCPT"):
                    taken = self.rcpt_reply.startswith("2")
                    writer.write(self.rcpt_reply.encode() + b"\r\n")
                elif verb == "DATA" and not taken:
                    writer.write(b"503 5.5.1 no recipients\r\n")
                elif verb == "DATA":
                    writer.write(b"354 go\r\n")
                    await writer.drain()
                    content = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    await self.holding.opened.wait()
                    self.messages.append(re.search("^Subject: (.*)\r$", content, re.M).group(1))
                    writer.write(b"250 2.0.0 taken\r\n")
                elif verb == "QUIT":
                    writer.write(b"221 bye\r\n")
                    await writer.drain()
                    break
                else:
                    writer.write(b"250 2.0.0 ok\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


class House:
    """A server that sends by MX to rome.example and oslo.example, each with a far side of its own."""

    def __init__(self, start, name_server, tmp_path, delivery="", addresses="", rules=None, resolver=None):
        port = free_port()
        self.rome, self.oslo = FarSide("127.0.0.11", port), FarSide("127.0.0.12", port)
        for far in (self.rome, self.oslo):
            name = "rome" if far is self.rome else "oslo"
            name_server.zone(f"{name}.example", "@ IN MX 10 mx", f"mx IN A {far.address}")
        self.rules = tmp_path / "rules.yaml"
        if rules is not None:
            self.rules.write_text(rules)
            delivery += f"\n  provider-rules: {self.rules}"
        self.server = start(extra=f"""
resolver: {{ servers: ["{resolver or name_server.address}"], trust-anchor: "{name_server.anchor()}" }}
identities: {{ verification: automatic }}
delivery:
  route: mx
  mx-port: {port}
  retry: [3600]
  {delivery}
  {addresses}
""")
        self.ses = self.server.client("sesv2")
        self.ses.create_email_identity(EmailIdentity="example.com")

    def send(self, subject, domain="rome.example", **more):
        return self.ses.send_email(
            FromEmailAddress="ada@example.com", Destination={"ToAddresses": [f"bob@{domain}"]},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "t"}}}}, **more)["MessageId"]

    def run(self, *arguments, status=0):
        done = subprocess.run(
            [self.server.binary, *arguments, "--config", self.server.config], capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def act(self, *arguments):
        return self.run(*arguments, "--reason", "a test")

    def reason(self, message):
        """What is said of the one delivery of a message, in JSON; in text it is the same."""
        answer = json.loads(self.run("queue", "explain", message, "--output", "json"))
        assert answer["MessageId"] == message
        return answer["Waiting"][0] if answer["Waiting"] else {"Cause": "none"}

    def explained(self, message, cause, rule=None, until=None, says=()):
        """Waits until this is the cause, and holds all that is said against it.

        `until`: seconds from now, the least and the most.
        """
        wait_for(lambda: self.reason(message)["Cause"] == cause, 20, f"cause {cause}, not {self.reason(message)}")
        reason = self.reason(message)
        assert reason.get("Rule") == rule, reason
        if until:
            assert until[0] <= reason["Until"] - time.time() <= until[1], reason
        else:
            assert "Until" not in reason, reason
        for words in says:
            assert words in reason["Explanation"], reason
        text = self.run("queue", "explain", message)
        assert reason["Explanation"] in text and reason["Advice"] in text and "\x1b" not in text, text
        assert ("waiting for " in text) == bool(until), text
        return reason

    def arrive(self, far, *subjects, seconds=20):
        wait_for(lambda: set(subjects) <= set(far.messages), seconds, f"{subjects} among {far.messages}")
        assert len(far.messages) == len(set(far.messages)), "a message came twice"


@pytest.fixture
def house(start, name_server, tmp_path):
    return lambda **options: House(start, name_server, tmp_path, **options)


PROVIDER = "providers: [ { name: rome, exchangers: [mx.rome.example], %s } ]\n"


def test_greylisted_it_waits_for_its_next_try(house):
    house = house()
    house.rome.open().rcpt_reply = "451 4.7.1 Greylisted, please come back"
    message = house.send("late")
    reason = house.explained(
        message, "retry", "delivery.retry", (1800, 5400), ["tried once", "451 4.7.1 Greylisted, please come back"])
    assert reason["Attempts"] == 1 and reason["Recipients"] == ["bob@rome.example"]
    house.rome.rcpt_reply = "250 2.1.5 ok"
    assert house.act("queue", "retry", "--message", message) == "1 delivery due now\n"
    house.arrive(house.rome, "late")
    assert house.run("queue", "explain", message) == f"nothing of {message} waits: postern queue show {message}\n"


def test_held_it_names_who_and_why(house):
    house = house()
    house.rome.open()
    house.act("queue", "pause")
    message = house.send("held")
    house.run("queue", "hold", "--message", message, "--reason", "the customer asked for it")
    house.act("queue", "resume")
    house.explained(message, "held", says=[f"held by {ROOT}: the customer asked for it"])
    assert house.rome.messages == []
    house.act("queue", "release", "--sender", "ada@example.com")
    house.arrive(house.rome, "held")


def test_the_queue_on_hold_and_the_drained_node_name_who_and_why(house):
    house = house()
    house.rome.open()
    house.run("queue", "pause", "--reason", "the network moves")
    message = house.send("paused")
    house.explained(message, "queue-on-hold", says=["the queue is on hold", f"by {ROOT}: the network moves"])
    house.run("queue", "drain", "--reason", "the machine goes")
    house.explained(message, "node-draining", says=["this node is drained", f"by {ROOT}: the machine goes"])
    assert house.rome.messages == []
    house.act("queue", "resume")
    house.arrive(house.rome, "paused")


def test_on_hold_by_the_configuration_it_names_the_key(house):
    house = house(delivery="hold: true")
    house.rome.open()
    house.explained(house.send("configured"), "queue-on-hold", "delivery.hold")
    house.act("queue", "resume")
    house.arrive(house.rome, "configured")


def test_where_nobody_can_be_reached_the_site_is_suspended_for_a_time(house):
    house = house()
    first = [house.send(f"first {number}") for number in range(5)]
    for message in first:
        house.explained(message, "retry", "delivery.retry", (1800, 5400), ["refused"])
    message = house.send("later")
    reason = house.explained(
        message, "path-closed", "feedback", (20, 75), ["mx.rome.example is suspended: nobody could be reached", "refused"])
    assert "postern queue retry --site mx.rome.example" in reason["Advice"]
    house.oslo.open()
    house.send("elsewhere", "oslo.example")
    house.arrive(house.oslo, "elsewhere")
    house.rome.open()
    assert house.act("queue", "retry", "--site", "mx.rome.example") == "6 deliveries due now\n"
    house.arrive(house.rome, *[f"first {number}" for number in range(5)], "later")


def test_a_mute_host_has_some_tries_under_way_and_the_rest_behind_them(house):
    house = house()
    house.rome.open().mute.put(True)
    first = [house.send(f"first {number}") for number in range(5)]
    for message in first:
        house.explained(message, "under-way", says=["under way to mx.rome.example since 20"])
    later = [house.send(f"later {number}") for number in range(3)]
    for place, message in enumerate(later):
        reason = house.explained(message, "connections", "slow-start", says=["mx.rome.example limit 5 connections"])
        assert reason["Ahead"] == place
    assert "2 before it in its line" in house.run("queue", "explain", later[2])
    house.rome.mute.put(False)
    house.arrive(house.rome, *[f"first {number}" for number in range(5)], *[f"later {number}" for number in range(3)])


LESSONS = [
    ("suspend-site", "site-closed", "suspended by its reply"), ("suspend-path", "path-closed", "suspended by its reply"),
    ("switch-address", "path-closed", "closed to this address by its reply"), ("rate 1/h", "rate", "rome rate limit 1/h"),
    ("connections 1", "connections", "limit 1 connection,")]


@pytest.mark.parametrize("act, cause, says", LESSONS, ids=[act.split()[0] for act, *_ in LESSONS])
def test_a_reply_taught_it_by_a_rule(house, act, cause, says):
    reply = "421 4.3.2 rome-7 is busy, come back later"
    house = house(rules=PROVIDER % f"replies: [ {{ rule: rome-busy, codes: [421], phrases: [is busy], act: {act}, for: 10 min }} ]")
    house.rome.open().rcpt_reply = reply
    taught = house.send("teacher")
    house.explained(taught, "retry", "delivery.retry", (1800, 5400), [reply])
    house.rome.rcpt_reply = "250 2.1.5 ok"
    house.rome.holding.put(True)
    others = [house.send(f"other {number}") for number in range(2)]
    waiting = others[-1]
    until = (3000, 3610) if cause == "rate" else (540, 601)
    house.explained(waiting, cause, "rome-busy", until, ["rome", says] + [reply] * cause.endswith("closed"))
    (path,) = json.loads(house.run("pool", "list", "--site", "rome", "--output", "json"))["Paths"]
    (limit,) = [limit for limit in path["Limits"] if limit["Rule"] == "rome-busy"]
    assert limit["Reply"] == reply and 540 <= limit["Until"] - time.time() <= 601, limit
    house.rome.holding.put(False)
    house.act("queue", "retry", "--site", "rome")
    house.arrive(house.rome, "teacher", "other 0", "other 1")


def test_the_connections_of_a_rule_are_under_way(house):
    house = house(rules=PROVIDER % "limits: [ { rule: rome-connections, connections: 1 } ]")
    house.rome.open().holding.put(True)
    first = house.send("first")
    house.explained(first, "under-way", says=["under way to rome since"])
    others = [house.send(f"other {number}") for number in range(3)]
    for place, message in enumerate(others):
        reason = house.explained(message, "connections", "rome-connections", says=["rome limit 1 connection,"])
        assert reason["Ahead"] == place
    house.rome.holding.put(False)
    house.arrive(house.rome, "first", "other 0", "other 1", "other 2")


def test_a_rate_of_a_rule_until_the_rule_is_changed(house):
    rate = PROVIDER % "limits: [ { rule: rome-rate, rate: %s } ]"
    house = house(rules=rate % "1/h")
    house.rome.open()
    house.send("first")
    house.arrive(house.rome, "first")
    message = house.send("second")
    house.explained(message, "rate", "rome-rate", (3500, 3601), ["rome rate limit 1/h"])
    house.rules.write_text(rate % "1000/s")
    house.server.process.send_signal(signal.SIGHUP)
    house.arrive(house.rome, "second")


ADDRESSES = "addresses: [ { ip: 127.0.0.2, hostname: out2.example.com, pool: marketing } ]"


def pooled(house, **options):
    house = house(addresses=ADDRESSES, **options)
    house.rome.open()
    house.ses.create_configuration_set(ConfigurationSetName="news", DeliveryOptions={"SendingPoolName": "marketing"})
    return house


def test_an_address_that_warms_up_has_sent_what_it_may_today(house):
    house = pooled(
        house, rules="warm-up: { rome: [1] }\n" + PROVIDER % "warm-up: { rule: rome-warmup, plan: rome }")
    house.ses.put_dedicated_ip_warmup_attributes(Ip="127.0.0.2", WarmupPercentage=20)
    # A fifth of 45 days ago; days are those of UTC, and the first is number 1.
    day = int(time.time() // 86_400) - int((time.time() - 0.2 * 45 * 86_400 - 30) // 86_400) + 1
    house.send("first", ConfigurationSetName="news")
    house.arrive(house.rome, "first")
    message = house.send("second", ConfigurationSetName="news")
    midnight = 86_400 - time.time() % 86_400
    house.explained(
        message, "warm-up", "rome-warmup", (midnight - 30, midnight + 1),
        ["rome warm-up limit 1 message a day", f"address 127.0.0.2 day {day} of 45"])
    house.ses.put_dedicated_ip_warmup_attributes(Ip="127.0.0.2", WarmupPercentage=100)
    house.arrive(house.rome, "second")


def test_a_pool_whose_address_is_drained_has_none(house):
    house = pooled(house)
    house.act("pool", "drain", "127.0.0.2")
    message = house.send("waits", ConfigurationSetName="news")
    house.explained(message, "no-address", says=["no address of pool 111122223333/marketing takes anything new"])
    assert house.rome.messages == []
    house.act("pool", "undrain", "127.0.0.2")
    house.arrive(house.rome, "waits")


def test_all_that_the_server_does_at_once_is_under_way(house):
    house = house(delivery="concurrency: 1")
    house.rome.open().holding.put(True)
    house.oslo.open()
    first = house.send("first")
    house.explained(first, "under-way", says=["to mx.rome.example since"])
    other = house.send("other", "oslo.example")
    house.explained(other, "busy", "delivery.concurrency", says=["the server's limit of 1 delivery at once"])
    house.rome.holding.put(False)
    house.arrive(house.rome, "first")
    house.arrive(house.oslo, "other")


def test_where_nobody_answered_yet_some_of_the_server_is_kept_for_others(house):
    house = house(delivery="concurrency: 4")
    house.rome.open().mute.put(True)
    house.oslo.open()
    first = house.send("first")
    house.explained(first, "under-way", says=["to mx.rome.example since"])
    other = house.send("other", "oslo.example")
    house.explained(
        other, "unanswered", "delivery.concurrency", says=["limit of 1 delivery at once to sites where nobody has answered"])
    house.rome.mute.put(False)
    house.arrive(house.rome, "first")
    house.arrive(house.oslo, "other")


class Deaf:
    """A DNS server that hears and does not answer, until it passes on what it is asked."""

    def __init__(self, behind):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", free_port()))
        self.address, self.behind, self.is_deaf = "127.0.0.1:%d" % self.socket.getsockname()[1], behind, True
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            if self.is_deaf:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.settimeout(2)
                host, port = self.behind.split(":")
                other.sendto(question, (host, int(port)))
                try:
                    self.socket.sendto(other.recvfrom(4096)[0], client)
                except OSError:
                    pass


def test_the_mail_exchangers_are_being_looked_up(house, name_server):
    deaf = Deaf(name_server.address)
    house = house(resolver=deaf.address)
    house.rome.open()
    message = house.send("lost for words")
    house.explained(message, "resolving", says=["the mail exchangers of rome.example are being looked up"])
    deaf.is_deaf = False

    def arrived():
        if not house.rome.messages and house.reason(message)["Cause"] == "retry":
            house.act("queue", "retry", "--message", message)
        return house.rome.messages

    wait_for(arrived, 60, "the arrival")


def test_a_message_that_nobody_knows_is_none(house):
    house = house()
    done = subprocess.run(
        [house.server.binary, "queue", "explain", "0100018d5c1e2f3a-00000000-0000-0000-0000-000000000000-000000", "--config",
         house.server.config], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.endswith("is not known.\n"), done


def test_a_rules_file_with_an_error_changes_nothing_and_says_where_it_is(house):
    limit = PROVIDER % "limits: [ { rule: rome-connections, connections: %s } ]"
    house = house(rules=limit % 1)
    house.rome.open().holding.put(True)
    house.send("first")
    message = house.send("second")
    house.explained(message, "connections", "rome-connections", says=["limit 1 connection,"])
    for text, place, words in [
        ("providers:\n  - name: rome\n    limit: []\n", "3:5", "unknown key 'limit'. Did you mean 'limits'?"),
        ("providers: [\n", "", "not valid YAML"), (limit % "many", "1:", "many")]:
        house.rules.write_text(text)
        house.server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: f"{house.rules}:{place}" in house.server.log.read_text() and words in house.server.log.read_text(), 10, words)
        assert "the rules stay as they were" in house.server.log.read_text()
        house.explained(message, "connections", "rome-connections", says=["limit 1 connection,"])
    house.rules.write_text(limit % 2)
    # Without a signal: the file is looked at every five seconds.
    wait_for(lambda: house.reason(message)["Cause"] == "under-way", 15, "the new limit")
    house.rome.holding.put(False)
    house.arrive(house.rome, "first", "second")


@pytest.mark.parametrize("key, text", [("provider-rules", "providers: { }\n"), ("reply-rules", "rules:\n  - name: x\n")])
def test_a_server_does_not_start_with_rules_that_are_wrong(start, tmp_path, key, text):
    rules = tmp_path / "rules.yaml"
    rules.write_text(text)
    server = start(wait=False, extra=f"delivery: {{ route: capture, {key}: {rules} }}\n")
    done = subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and f"{rules}:" in done.stderr, done
    rules.unlink()
    done = subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "cannot be read" in done.stderr, done
