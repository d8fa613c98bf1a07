# SPDX-License-Identifier: Apache-2.0
"""Queues many recipients fast: messages of 50, pipelined, each recipient in a domain of another dead site.

Usage: Benchmarks/flood.py PORT MESSAGES SITES DOMAINS [SENDER]: sites by number, domains of each.
"""
import asyncio
import random
import sys

RECIPIENTS, SESSIONS = 50, 8
BODY = b"x" * 70 + b"\r\n"


async def replies(reader, count):
    """The last of `count` replies; all of them must be yes."""
    for _ in range(count):
        line = b"----"
        while line[3:4] == b"-":
            line = await reader.readline()
        if line[:1] not in (b"2", b"3"):
            raise SystemExit(f"the flood was refused: {line.decode()}")


def envelope(sender, sites, domains, chance):
    places = (f"d{chance.randrange(domains)}.s{chance.choice(sites)}" for _ in range(RECIPIENTS))
    recipients = "".join(f"RCPT TO:<u{number}@{place}.dead.example>\r\n" for number, place in enumerate(places))
    return f"MAIL FROM:<{sender}>\r\n{recipients}DATA\r\n".encode()


async def session(port, messages, sites, domains, sender, number):
    chance = random.Random(number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await replies(reader, 1)
    writer.write(b"EHLO flood\r\n")
    await replies(reader, 1)
    content = f"From: {sender}\r\nSubject: backlog\r\n\r\n".encode() + BODY * 14 + b".\r\n"
    for _ in range(messages):
        writer.write(envelope(sender, sites, domains, chance))
        await replies(reader, RECIPIENTS + 2)
        writer.write(content)
        await replies(reader, 1)
    writer.close()


async def main(port, messages, sites, domains, sender="ada@example.com"):
    first, last = sites.split("-")
    numbers = range(int(first), int(last) + 1)
    each = [int(messages) // SESSIONS + (number < int(messages) % SESSIONS) for number in range(SESSIONS)]
    await asyncio.gather(*(
        session(int(port), count, numbers, int(domains), sender, number) for number, count in enumerate(each)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
