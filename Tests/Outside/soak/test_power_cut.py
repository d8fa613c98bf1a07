# SPDX-License-Identifier: Apache-2.0
"""The power goes at every point: what was acknowledged before it is there afterwards, bodies and all.

POWER_CUTS (1000) points are taken from a log of everything that the server wrote and synced under load. The same with
`spool.synchronous: normal` has to lose mail, or the test would prove nothing.
"""
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import smtplib
import sqlite3
import subprocess

import pytest
from conftest import Sink, need, wait_for

import powercut

pytestmark = need("gcc")
CUTS = int(os.environ.get("POWER_CUTS", 1000))
RESTARTS = int(os.environ.get("POWER_CUT_RESTARTS", 10))
ACKNOWLEDGED = re.compile(rb'(?:250 Ok |"MessageId" ?: ?")([0-9a-f]{16}-[0-9a-f-]{36}-000000)')


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("writelog") / "writelog.so"
    source = pathlib.Path(__file__).with_name("writelog.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", path, source], check=True)
    return path


def body(number):
    """Every tenth message is too large for a row and goes into a file."""
    line = f"line of message {number:05d} ".ljust(70, "x") + "\r\n"
    return line * (5_000 if number % 10 == 0 else 20)


def by_smtp(server, numbers):
    done = {}
    with smtplib.SMTP("127.0.0.1", server.trusted, timeout=120) as client:
        client.ehlo()
        for number in numbers:
            client.mail("ada@example.com")
            client.rcpt("bob@example.net")
            code, text = client.data(f"From: ada@example.com\r\nSubject: s\r\n\r\n{body(number)}".encode())
            assert code == 250, text
            done[text.split()[-1].decode()] = number
    return done


def by_api(server, numbers):
    ses = server.client("sesv2")
    done = {}
    for number in numbers:
        raw = f"From: ada@example.com\r\nTo: bob@example.net\r\nSubject: s\r\n\r\n{body(number)}".encode()
        done[ses.send_email(Content={"Raw": {"Data": raw}})["MessageId"]] = number
    return done


def load(server, rounds=25):
    """id → number of its body."""
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        jobs = [pool.submit(by_smtp if i < 8 else by_api, server, range(i * rounds, (i + 1) * rounds)) for i in range(10)]
        done = {}
        for job in jobs:
            done |= job.result()
    return done


def logged(start, library, tmp_path, synchronous):
    log = tmp_path / "writes"
    server = start(
        extra=f"delivery: {{ route: capture, hold: true }}\nidentities: {{ verification: automatic }}\n"
        f"spool: {{ synchronous: {synchronous}, reserve: 0 }}\n",
        wrapper=("env", f"LD_PRELOAD={library}", f"WRITELOG_FILE={log}", f"WRITELOG_DIRECTORY={tmp_path}/server0/data"))
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    sent = load(server)
    server.stop(kill=True)
    return server, powercut.read(log), sent


def faults(directory, acknowledged, sent):
    """What a start after the cut would miss. `acknowledged`: ids whose success had left the server."""
    data = directory / "spool.db"
    if not data.exists():
        return [f"no spool, {len(acknowledged)} acknowledged"] if acknowledged else []
    found = []
    with sqlite3.connect(data) as db:
        try:
            if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                return ["the spool is corrupt"]
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'delivery'").fetchone():
                return [f"no tables, {len(acknowledged)} acknowledged"] if acknowledged else []
            rows = {row[0]: row[1:] for row in db.execute(
                "SELECT m.id, m.body, m.body_file, m.body_offset, m.body_length, count(d.id) FROM message m "
                "LEFT JOIN delivery d ON d.message = m.id GROUP BY m.id")}
        except sqlite3.DatabaseError as error:
            return [f"the spool cannot be read: {error}"]
    db.close()
    for identity in acknowledged:
        if identity not in rows:
            found.append(f"{identity} is lost")
            continue
        content, file, offset, length, deliveries = rows[identity]
        if not deliveries:
            found.append(f"{identity} has no delivery")
        if file:
            path = directory / "bodies" / file
            content = path.read_bytes()[offset:offset + length] if path.exists() else b""
        if bytes(content or b"") != body(sent[identity]).encode():
            found.append(f"{identity} has another body ({len(content or b'')} octets, file: {bool(file)})")
    return found


def write(images, origin, target):
    shutil.rmtree(target, ignore_errors=True)
    for folder in ("", "bodies", "drafts"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    for path, image in images.items():
        (target / os.path.relpath(path, origin)).write_bytes(image)


def cut_everywhere(server, records, sent, target, cuts, each=lambda directory, acknowledged: None):
    """Faults by cut. Cuts are spread evenly from the first acknowledgement on."""
    rng = random.Random(20260101)
    first = next(i for i, record in enumerate(records) if record.kind == "K" and ACKNOWLEDGED.search(record.data))
    points = sorted(rng.sample(range(first, len(records)), min(cuts, len(records) - first)))
    disk, acknowledged, result = powercut.Disk(), [], {}
    position = 0
    for point in points:
        while position <= point:
            record = records[position]
            if record.kind == "K":
                acknowledged += [
                    match.decode() for match in ACKNOWLEDGED.findall(record.data) if match.decode() in sent]
            else:
                disk.play(record)
            position += 1
        write(disk.after_a_cut(rng), server.data, target)
        result[point] = faults(target, acknowledged, sent)
        each(target, list(acknowledged))
    return result


def room(tmp_path):
    """Images are written in memory where that is possible: a thousand of them."""
    memory = pathlib.Path("/dev/shm")
    return (memory if os.access(memory, os.W_OK) else tmp_path) / f"powercut-{os.getpid()}"


def test_the_log_is_complete(start, library, tmp_path):
    server, records, _ = logged(start, library, tmp_path, "full")
    disk = powercut.Disk()
    for record in records:
        disk.play(record)
    there = {
        str(path): path.read_bytes() for path in server.data.rglob("*") if path.is_file() and "-shm" not in path.name}
    assert set(there) == set(disk.now())
    assert all(there[path] == image for path, image in disk.now().items())


def test_a_power_cut_loses_nothing(start, library, tmp_path):
    server, records, sent = logged(start, library, tmp_path, "full")
    target = room(tmp_path)
    try:
        result = cut_everywhere(server, records, sent, target, CUTS)
    finally:
        shutil.rmtree(target, ignore_errors=True)
    bad = {point: found for point, found in result.items() if found}
    print(f"\n{len(result)} power cuts in {len(records)} records, {len(sent)} messages, {len(bad)} cuts lose something")
    assert not bad, dict(list(bad.items())[:5])


def test_without_syncs_mail_is_lost(start, library, tmp_path):
    server, records, sent = logged(start, library, tmp_path, "normal")
    target = room(tmp_path)
    try:
        result = cut_everywhere(server, records, sent, target, min(CUTS, 200))
    finally:
        shutil.rmtree(target, ignore_errors=True)
    losing = sum(bool(found) for found in result.values())
    print(f"\nsynchronous normal: {losing} of {len(result)} cuts lose acknowledged mail")
    assert losing > 0


def test_the_server_starts_and_delivers_after_a_cut(start, library, tmp_path):
    server, records, sent = logged(start, library, tmp_path, "full")
    step = max(1, CUTS // max(1, RESTARTS))
    counter = iter(range(10**9))

    def restart(directory, acknowledged):
        if next(counter) % step:
            return
        sink = Sink()
        again = start(relay=sink, data=directory)
        wanted = set(acknowledged)
        arrived = lambda: {m[2].split(b"Message-ID: <")[1].split(b"@")[0].decode() for m in list(sink.messages)}
        wait_for(lambda: wanted <= arrived(), 60, f"{len(wanted)} messages")
        again.stop()

    cut_everywhere(server, records, sent, tmp_path / "image", CUTS, restart)
