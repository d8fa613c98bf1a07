# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: every message that got its 250 or 200 arrives at least once.

KILL_ROUNDS (200) rounds; in each, 50 SMTP sessions and 4 API clients send until the server dies under them.
"""
import asyncio
import collections
import json
import os
import random
import threading
import time

from conftest import Sink, wait_for
from test_signatures_cannot_be_bent import BODY, Request

ROUNDS = int(os.environ.get("KILL_ROUNDS", 200))
SESSIONS = 50
CLIENTS = 4
SMALL, LARGE = 1_000, 400_000


class Sender:
    """Sends until the connection breaks; keeps the ids that were acknowledged."""

    def __init__(self, server):
        self.server, self.acknowledged, self.stopped = server, [], False

    async def session(self, number):
        rng = random.Random(number)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server.trusted)
            await reader.readline()
            await self.ask(reader, writer, b"EHLO x")
            while not self.stopped:
                size = LARGE if rng.random() < 0.02 else SMALL
                await self.ask(reader, writer, b"MAIL FROM:<ada@example.com>")
                await self.ask(reader, writer, b"RCPT TO:<bob@d%d.example>" % rng.randrange(20))
                content = b"From: ada@example.com\r\nSubject: s\r\n\r\n" + (b"x" * 70 + b"\r\n") * (size // 72)
                if rng.random() < 0.5:
                    await self.ask(reader, writer, b"DATA")
                    reply = await self.ask(reader, writer, content + b".")
                else:
                    reply = await self.ask(reader, writer, b"BDAT %d LAST\r\n" % len(content) + content, end=b"")
                if reply.startswith(b"250 "):
                    self.acknowledged.append(reply.split()[-1].decode())
        except (OSError, asyncio.IncompleteReadError, EOFError):
            pass

    @staticmethod
    async def ask(reader, writer, line, end=b"\r\n"):
        writer.write(line + end)
        await writer.drain()
        while True:
            reply = await reader.readline()
            if not reply.endswith(b"\n"):
                raise EOFError
            if reply[3:4] == b" ":
                return reply

    def client(self):
        while not self.stopped:
            try:
                status, text, _ = Request(self.server, body=BODY).sign().send()
                if status == 200:
                    self.acknowledged.append(json.loads(text)["MessageId"])
            except (OSError, ValueError, EOFError):
                return
            except Exception:
                return

    async def sessions(self):
        await asyncio.gather(*(self.session(random.random()) for _ in range(SESSIONS)))

    def run(self):
        threads = [threading.Thread(target=self.client, daemon=True) for _ in range(CLIENTS)]
        threads.append(threading.Thread(target=lambda: asyncio.run(self.sessions()), daemon=True))
        for thread in threads:
            thread.start()
        return threads


def identity(content):
    return content.split(b"Message-ID: <")[1].split(b"@")[0].decode()


def test_kill_loses_nothing(start):
    sink = Sink()
    server = start(relay=sink)
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    rng = random.Random()
    acknowledged, arrived, slowest = [], collections.Counter(), 0.0

    def collect():
        # Contents are not kept: a long run would fill the memory. The sink only ever adds behind.
        count = len(sink.messages)
        arrived.update(identity(content) for _, _, content in sink.messages[:count])
        del sink.messages[:count]
        return arrived

    for number in range(ROUNDS):
        sender = Sender(server)
        threads = sender.run()
        time.sleep(rng.uniform(0.05, 0.5))
        server.stop(kill=True)
        sender.stopped = True
        for thread in threads:
            thread.join(30)
        acknowledged += sender.acknowledged
        collect()
        begun = time.monotonic()
        server.start()
        slowest = max(slowest, time.monotonic() - begun)
        if (number + 1) % 20 == 0:
            print(f"round {number + 1}: {len(acknowledged)} acknowledged, {len(arrived)} arrived", flush=True)

    missing = lambda: set(acknowledged) - set(collect())
    wait_for(lambda: not missing(), 600, "the last arrival")
    assert len(acknowledged) == len(set(acknowledged)) > ROUNDS
    twice = sum(count - 1 for count in arrived.values())
    extra = len(set(arrived) - set(acknowledged))
    print(f"\n{ROUNDS} kills, {len(acknowledged)} acknowledged, all arrived; {twice} duplicates; {extra} arrived that the "
          f"server had stored but not yet acknowledged; slowest start {slowest:.2f} s")
