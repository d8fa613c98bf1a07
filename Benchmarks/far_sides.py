# SPDX-License-Identifier: Apache-2.0
"""Destinations on loopback addresses, and the zones that lead to them: sites that live, refuse, are mute, or defer.

As a program it is the far side of timed mail: writes `NUMBER SECONDS` for each message that arrives, its Subject and
the clock; and takes connections at another address that it never answers.

Usage: Benchmarks/far_sides.py PORT FILE
"""
import asyncio
import pathlib
import re
import subprocess
import sys
import time

LIVE, REFUSING, MUTE, DEFERRING, TIMED = (f"127.0.0.{number}" for number in range(2, 7))


class Timed(asyncio.Protocol):
    """An SMTP server that takes everything and stamps it."""

    def __init__(self, file):
        self.file, self.rest, self.is_content = file, b"", False

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 timed.example ESMTP\r\n")

    def data_received(self, data):
        moment, self.rest = time.monotonic(), self.rest + data
        while True:
            end = self.rest.find(b"\r\n.\r\n" if self.is_content else b"\r\n")
            if end < 0:
                return
            if self.is_content:
                content, self.rest, self.is_content = self.rest[:end + 2], self.rest[end + 5:], False
                found = re.search(rb"^Subject: (\d+)\r$", content, re.M)
                self.file.write(f"{int(found[1])} {moment}\n")
                self.file.flush()
                self.transport.write(b"250 2.0.0 Ok\r\n")
            else:
                line, self.rest = self.rest[:end], self.rest[end + 2:]
                self.answer(line[:4].upper())

    def answer(self, verb):
        if verb == b"EHLO":
            self.transport.write(b"250-timed.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            self.is_content = True
            self.transport.write(b"354 go\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 2.0.0 Ok\r\n")


async def mute(reader, writer):
    await reader.read()
    writer.close()


async def serve(port, path):
    with open(path, "a") as file:
        loop = asyncio.get_running_loop()
        timed = await loop.create_server(lambda: Timed(file), TIMED, port, backlog=1024)
        silent = await asyncio.start_server(mute, MUTE, port, backlog=1024)
        await asyncio.gather(timed.serve_forever(), silent.serve_forever())


class FarSides:
    """All of them, at one port.

    Dead sites are numbered; `kinds` says for each whether it is REFUSING, MUTE or DEFERRING. The domains of site 7 are
    whatever.s7.dead.example.
    """

    def __init__(self, directory, port, name_server_port, kinds):
        from systems import Sink, answers, sides, wait
        self.directory, self.port, self.stamps = pathlib.Path(directory), port, pathlib.Path(directory) / "stamps"
        self.directory.mkdir(parents=True)
        self.names = sides.NameServer(self.directory / "nsd", name_server_port)
        # Long times: the server's memory is measured, not this name server.
        long = "$TTL 3600"
        self.names.zone("live.example", long, *(
            f"d{number} IN MX 10 mx.d{number}\nmx.d{number} IN A {LIVE}" for number in range(20)))
        self.names.zone("timed.example", long, "@ IN MX 10 mx", f"mx IN A {TIMED}")
        self.names.zone("dead.example", long, *(
            f"*.s{number} IN MX 10 mx.s{number}\nmx.s{number} IN A {kind}" for number, kind in enumerate(kinds)))
        self.sinks = [Sink(port, LIVE), Sink(port, DEFERRING, ["-r", "RCPT"])]
        self.process = subprocess.Popen([sys.executable, __file__, str(port), str(self.stamps)])
        wait(lambda: answers(TIMED, port) and answers(MUTE, port), 10, "the timed far side")

    def arrivals(self):
        """When each timed message arrived first, by its number."""
        found = {}
        for line in self.stamps.read_text().splitlines():
            number, moment = line.split()
            found.setdefault(int(number), float(moment))
        return found

    def held(self):
        """Connections that the mute address keeps waiting, as the kernel counts them."""
        place = f"{int.from_bytes(bytes(map(int, MUTE.split('.'))), 'little'):08X}:{self.port:04X}"
        rows = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
        return sum(1 for row in rows if row[1] == place and row[3] == "01")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        for sink in self.sinks:
            sink.stop()
        self.names.stop()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
