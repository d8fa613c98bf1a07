# SPDX-License-Identifier: Apache-2.0
"""Minutes without Splunk, under load: mail pays nothing for it, memory neither, and every record arrives afterwards.

Three servers get the same mail in turn: one whose collector is down, one whose collector is up, one without any.
OUTAGE_SECONDS is how long it is down under load (300), OUTAGE_BURST how many messages each server gets in a turn (300).
"""
import json
import os
import socket
import sqlite3
import statistics
import sys
import threading
import time

import pytest

sys.path.append(os.path.dirname(os.path.dirname(__file__)))
import sides  # noqa: E402
from conftest import wait_for  # noqa: E402
from test_records_reach_splunk import Collector, hec  # noqa: E402

OUTAGE = float(os.environ.get("OUTAGE_SECONDS", "300"))
BURST = int(os.environ.get("OUTAGE_BURST", "300"))
#: Messages after which memory is what a busy server's is, once it has copied them.
WARMUP = int(os.environ.get("OUTAGE_WARMUP", "18000"))
CONNECTIONS = 3
PERIOD = 1.5
CONTENT = b"From: app@example.com\r\nTo: b@example.org\r\nSubject: s\r\n\r\n" + b"x" * 70 + b"\r\n" + b".\r\n"


class Names(list):
    """Of each event that arrived only whose it is and its name: there are too many to keep."""

    def __iadd__(self, events):
        self.extend((event["source"], event["event"]["eventID"]) for event in events)
        return self


def collector(authority):
    server = Collector(authority.issue("localhost"))
    server.events = Names()
    return server


class Load:
    """Mail through the trusted listener, over connections that stay."""

    def __init__(self, server):
        self.server, self.sent, self.connections = server, 0, []

    def burst(self, count):
        if not self.connections:
            self.connections = [self.connect() for _ in range(CONNECTIONS)]
        threads = [threading.Thread(target=self.send, args=(c, count // CONNECTIONS)) for c in self.connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.sent += count // CONNECTIONS * CONNECTIONS

    def connect(self):
        stream = socket.create_connection(("127.0.0.1", self.server.trusted)).makefile("rwb")
        self.expect(stream, b"220")
        self.say(stream, b"EHLO load.example.com\r\n", b"250")
        return stream

    def send(self, stream, count):
        for _ in range(count):
            stream.write(b"MAIL FROM:<app@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
            stream.flush()
            for code in (b"250", b"250", b"354"):
                self.expect(stream, code)
            self.say(stream, CONTENT, b"250")

    def say(self, stream, octets, code):
        stream.write(octets)
        stream.flush()
        self.expect(stream, code)

    def expect(self, stream, code):
        line = stream.readline()
        while line[3:4] == b"-":
            line = stream.readline()
        assert line.startswith(code), line


def processor_seconds(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(server):
    [line] = [line for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def sequences(server):
    """What has to have arrived: the names of all events of each source in their order."""
    wanted = {}
    for name in ("spool", "postern"):
        stream = "spool" if name == "spool" else "records"
        with sqlite3.connect(f"file:{server.data}/{name}.db?mode=ro", uri=True) as db:
            wanted[f"postern:{stream}"] = [f"{stream}-{row[0]}" for row in db.execute("SELECT sequence FROM fact ORDER BY sequence")]
    with sqlite3.connect(f"file:{server.data}/trail.db?mode=ro", uri=True) as db:
        trail = [json.loads(row[0])["eventID"] for row in db.execute("SELECT json FROM record ORDER BY sequence")]
    return wanted, trail


def first_arrivals(names):
    """Per source, each name where it came first."""
    arrived = {}
    for source, name in list(names):
        arrived.setdefault(source, {})[name] = True
    return {source: list(found) for source, found in arrived.items()}


def state(server):
    alarms = server.client("cloudwatch").describe_alarms(AlarmNames=["postern-copies-late"])["MetricAlarms"]
    return alarms[0]["StateValue"] if alarms else None


@pytest.fixture
def house(start, tmp_path):
    authority = sides.Authority(tmp_path / "authority")
    up, down = collector(authority), collector(authority)
    extra = ("delivery: { route: capture }\nidentities: { verification: automatic }\n"
             "quota: { per-day: 100000000, per-second: 1000000 }\n")
    servers = {
        "none": start(extra=extra), "up": start(extra=extra + "sinks:\n" + hec(up, authority)),
        "down": start(extra=extra + "sinks:\n" + hec(down, authority))}
    for server in servers.values():
        server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    yield servers, down
    up.stop()


def turns(loads, seconds):
    """Gives each a burst in turn, and yields what every message of each cost: milliseconds of processor time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = {name: processor_seconds(load.server) for name, load in loads.items()}
        began = {name: load.sent for name, load in loads.items()}
        for load in loads.values():
            started = time.monotonic()
            load.burst(BURST)
            time.sleep(max(0, PERIOD - (time.monotonic() - started)))
        yield {name: 1000 * (processor_seconds(load.server) - before[name]) / (load.sent - began[name])
               for name, load in loads.items()}


def test_an_outage_costs_nothing(house):
    servers, down = house
    loads = {name: Load(server) for name, server in servers.items()}
    for load in loads.values():
        load.burst(WARMUP)
    everything = sequences(servers["down"])
    total = sum(map(len, everything[0].values())) + len(everything[1])
    wait_for(lambda: len(down.events) >= total and sum(map(len, first_arrivals(down.events).values())) >= total,
             300, "all of the warm-up")
    memory = {name: megabytes(server) for name, server in servers.items()}
    assert wait_for(lambda: state(servers["down"]) in ("OK", "INSUFFICIENT_DATA"), 30)
    down.stop()
    stopped, costs, most = time.monotonic(), [], 0.0
    for cost in turns(loads, OUTAGE):
        costs.append(cost)
        most = max(most, megabytes(servers["down"]))
    after = {name: megabytes(server) for name, server in servers.items()}
    count = len(costs) * (BURST // CONNECTIONS * CONNECTIONS)
    medians = {name: statistics.median(cost[name] for cost in costs) for name in loads}
    print(f"\n{count} messages each; processor ms a message:", {k: round(v, 3) for k, v in medians.items()})
    print("MB before:", {k: round(v, 1) for k, v in memory.items()}, "after:", {k: round(v, 1) for k, v in after.items()})
    wait_for(lambda: state(servers["down"]) == "ALARM", max(0, 300 - OUTAGE) + 150, "the alarm")
    print(f"ALARM {time.monotonic() - stopped:.0f} s after the collector went")
    behind, opened = sequences(servers["down"]), time.monotonic()
    down.open()
    total = sum(map(len, behind[0].values())) + len(behind[1])
    while sum(map(len, first_arrivals(down.events).values())) < total:
        assert time.monotonic() < opened + 300, "not everything arrived"
        most = max(most, megabytes(servers["down"]))
        time.sleep(2)
    print(f"{total} records there {time.monotonic() - opened:.0f} s after it came back; at most {most:.1f} MB")
    arrived = first_arrivals(down.events)
    for source, names in behind[0].items():
        # What was acted on since then came behind it.
        assert arrived[source][:len(names)] == names, source
    [trail] = [source for source in arrived if source not in behind[0]]
    assert arrived[trail][:len(behind[1])] == behind[1]
    wait_for(lambda: state(servers["down"]) == "OK", 150, "the end of the alarm")
    down.stop()
    assert medians["down"] < medians["none"] * 1.05 + 0.02
    assert medians["down"] < medians["up"] * 1.05
    assert most - memory["down"] < 20
