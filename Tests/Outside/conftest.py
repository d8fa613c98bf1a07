# SPDX-License-Identifier: Apache-2.0
"""Starts the built server the way an operator does, and the far sides it talks to."""
import asyncio
import itertools
import json
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import urllib.request

import boto3
import pytest

import sides

KEY = "AKIAROOTEXAMPLE0001"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PASSWORD = "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"


def pytest_addoption(parser):
    parser.addoption("--binary", default=".build/debug/postern")


# Below the ephemeral ports, so that no client's own socket takes one between the look and the bind; never the same twice,
# and each worker has its own.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
ports = itertools.count(20_000 + WORKER % 4 * 3_000 + os.getpid() * 97 % 1_500)


def free_port():
    for port in ports:
        with socket.socket() as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            try:
                s.bind(("127.0.0.1", port))
                u.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_for(condition, seconds=15, what="condition"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true in {seconds} s")


class Sink:
    """An SMTP server that records what it gets and answers as it is told."""

    def __init__(self):
        self.messages = []
        self.data_reply = "250 2.0.0 Ok"
        self.rcpt_replies = {}
        # While `holding`, content is taken and its reply withheld; `taken` counts contents.
        self.holding, self.taken = False, 0
        self.connections = 0
        self.loop = asyncio.new_event_loop()
        self.port = free_port()
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=1 << 26))
        ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        self.connections += 1
        envelope = {"from": None, "to": []}

        def say(text):
            writer.write(text.encode() + b"\r\n")

        say("220 sink ESMTP")
        try:
            while line := await reader.readline():
                verb = line.decode().strip()
                upper = verb.upper()
                if upper.startswith("EHLO"):
                    say("250-sink\r\n250-PIPELINING\r\n250-SIZE 60000000\r\n250 8BITMIME")
                elif upper.startswith("MAIL"):
                    envelope = {"from": verb[10:].split(">")[0].lstrip("<"), "to": []}
                    say("250 2.1.0 Ok")
                elif upper.startswith("RCPT"):
                    address = verb[8:].strip("<>")
                    reply = self.rcpt_replies.get(address, "250 2.1.5 Ok")
                    if reply.startswith("2"):
                        envelope["to"].append(address)
                    say(reply)
                elif upper == "DATA":
                    if not envelope["to"]:
                        say("503 5.5.1 no recipients")
                        continue
                    say("354 go")
                    await writer.drain()
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    self.taken += 1
                    while self.holding:
                        await asyncio.sleep(0.02)
                    reply = self.data_reply
                    if reply.startswith("2"):
                        content = raw[:-3].replace(b"\r\n..", b"\r\n.")
                        self.messages.append((envelope["from"], list(envelope["to"]), content))
                    say(reply)
                elif upper == "QUIT":
                    say("221 bye")
                    await writer.drain()
                    break
                else:
                    say("250 2.0.0 Ok")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def wait(self, count=1, seconds=15):
        wait_for(lambda: len(self.messages) >= count, seconds, f"{count} messages at the sink")
        return self.messages


class Server:
    """One `postern serve` with a configuration of its own.

    `extra` replaces the sections `delivery` and `identities`; `relay` is a sink to relay to; without either, mail is
    captured. `wrapper` is a command that starts the server (strace).
    """

    def __init__(self, binary, directory, extra="", relay=None, wait=True, region="us-east-1", data=None, wrapper=()):
        self.binary, self.directory, self.region, self.wrapper = binary, directory, region, wrapper
        self.api, self.submission, self.implicit, self.trusted, self.console = (free_port() for _ in range(5))
        delivery = f"route: relay, relay: {{ host: 127.0.0.1, port: {relay.port}, tls: none }}" if relay else "route: capture"
        self.data = data or directory / "data"
        self.config = directory / "postern.yaml"
        self.config.write_text(f"""
data-directory: {self.data}
account-id: "111122223333"
root: {{ access-key-id: {KEY}, secret-access-key: {SECRET} }}
api: {{ host: 127.0.0.1, port: {self.api} }}
console: {{ host: 127.0.0.1, port: {self.console}, anonymous: true }}
smtp:
  hostname: mail.example.com
  submission: [ {{ host: 127.0.0.1, port: {self.submission} }}, {{ host: 127.0.0.1, port: {self.implicit}, implicit-tls: true }} ]
  trusted: [ {{ host: 127.0.0.1, port: {self.trusted}, networks: [127.0.0.0/8] }} ]
""" + (extra or f"delivery: {{ {delivery}, retry: [0.2] }}\nidentities: {{ verification: automatic }}\n"))
        self.log = directory / "log"
        if wait:
            self.start()

    def start(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("POSTERN_")}
        self.process = subprocess.Popen(
            [*self.wrapper, self.binary, "serve", "--config", self.config], stderr=self.log.open("a"), env=environment,
            start_new_session=True)
        try:
            wait_for(self.healthy, 30, what="health")
        except AssertionError as error:
            raise AssertionError(f"{error}; the server's log: {self.log.read_text()}") from None

    def healthy(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.api}/health", timeout=2).status == 200
        except OSError:
            return False

    def stop(self, kill=False):
        """With its wrapper, where there is one: a killed strace leaves behind what it traced."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL if kill else signal.SIGTERM)
            return self.process.wait(30)

    def client(self, service, **options):
        arguments = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": self.region} | options
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{self.api}", **arguments)

    def environment(self):
        return os.environ | {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.api}", "AWS_PAGER": ""}

    def captured(self):
        """The inbox as its JSON list has it, newest first."""
        url = f"http://127.0.0.1:{self.console}/api/messages"
        return json.loads(urllib.request.urlopen(url, timeout=10).read())["messages"]

    def source(self, identity):
        """One captured message as it would have left."""
        url = f"http://127.0.0.1:{self.console}/messages/{identity}/source"
        return urllib.request.urlopen(url, timeout=10).read()

    def smtp(self, implicit=False, login=True):
        """A client that has done TLS and, unless told otherwise, signed in."""
        context = ssl._create_unverified_context()
        if implicit:
            client = smtplib.SMTP_SSL("127.0.0.1", self.implicit, context=context, timeout=30)
        else:
            client = smtplib.SMTP("127.0.0.1", self.submission, timeout=30)
            client.starttls(context=context)
        client.ehlo()
        if login:
            client.login(KEY, PASSWORD)
        return client

    def facts(self, kind=None):
        """What the outboxes of the two files hold, each oldest first: of mail, then of records."""
        events = []
        for name in ("spool", "postern"):
            with sqlite3.connect(f"file:{self.data}/{name}.db?mode=ro", uri=True) as db:
                events += [json.loads(row[0]) for row in db.execute("SELECT event FROM fact ORDER BY sequence")]
        return [event for event in events if kind is None or kind in event]

    def records(self, **members):
        """The trail's records with these members, oldest first; names of additional data count as members too."""
        with sqlite3.connect(f"file:{self.data}/trail.db?mode=ro", uri=True) as db:
            records = [json.loads(row[0]) for row in db.execute("SELECT json FROM record ORDER BY sequence")]
        flat = [record | record.get("additionalEventData", {}) for record in records]
        return [
            record for record, members_of in zip(records, flat)
            if all(members_of.get(name) == value for name, value in members.items())]

    def dkim_records(self, domain):
        """What the zone of a domain has to hold, as the operator is told it."""
        text = subprocess.run(
            [self.binary, "zone", "--config", self.config, "--identity", domain], check=True, capture_output=True, text=True).stdout
        records = {}
        for line in text.splitlines():
            if line and not line.startswith(";") and " TXT " in line:
                name, value = line.split(" ", 1)
                records[name] = "".join(value.split('"')[1::2])
        return text, records


def pytest_ignore_collect(collection_path, config):
    """The long proofs run when they are named (`make soak`), not with the rest."""
    if collection_path.name == "soak" and not any("soak" in str(argument) for argument in config.args):
        return True
    return None


@pytest.fixture(scope="session")
def binary(request):
    path = pathlib.Path(request.config.getoption("--binary")).resolve()
    assert path.exists(), f"{path} is not built"
    return path


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def start(binary, tmp_path):
    servers = []

    def make(**options):
        directory = tmp_path / f"server{len(servers)}"
        directory.mkdir()
        servers.append(Server(binary, directory, **options))
        return servers[-1]

    yield make
    for server in servers:
        if hasattr(server, "process"):
            server.stop(kill=True)


@pytest.fixture
def relayed(start, sink):
    """A server that relays to a recording sink, with the identity example.com."""
    server = start(relay=sink)
    server.sink = sink
    server.ses = server.client("sesv2")
    server.ses.create_email_identity(EmailIdentity="example.com")
    return server


@pytest.fixture
def name_server(tmp_path):
    """An authoritative name server on loopback: `name_server.zone(origin, records)`."""
    server = sides.NameServer(tmp_path / "nsd", free_port())
    yield server
    server.stop()


@pytest.fixture
def far_side(tmp_path):
    """A real Postfix with configuration, queue and mailboxes of its own."""
    server = sides.Postfix(pathlib.Path("/tmp") / f"postfix-{os.getpid()}-{tmp_path.name[-20:]}", free_port())
    yield server
    server.stop()


def need(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")
