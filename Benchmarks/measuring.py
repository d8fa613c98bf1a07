# SPDX-License-Identifier: Apache-2.0
"""How systems are measured: load from outside, runs in turn, medians, and what is demanded of them."""
import os
import pathlib
import platform
import re
import resource
import smtplib
import statistics
import subprocess
import tempfile
import threading
import time

from systems import stat, wait

DOMAINS, SESSIONS = 20, 50
SIZE = 4096


class Demands:
    """What a figure must be; the bench fails where one is missed."""

    def __init__(self):
        self.missed = []

    def at_least(self, what, value, limit, unit=""):
        self.note(what, value, f"at least {limit:,g}{unit}", value >= limit, unit)

    def at_most(self, what, value, limit, unit=""):
        self.note(what, value, f"at most {limit:,g}{unit}", value <= limit, unit)

    def note(self, what, value, limit, is_met, unit):
        shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
        print(f"  demand: {what}: {shown}{unit}, {limit}: {'met' if is_met else 'MISSED'}", flush=True)
        if not is_met:
            self.missed.append(what)


def load(port, messages, size=SIZE, kept=True, domain="d{}.example", sender="ada@example.com"):
    """Seconds that 20 smtp-sources take, one for each recipient domain, with 50 sessions between them."""
    each = max(10, messages // DOMAINS)
    sessions = [SESSIONS // DOMAINS + (number < SESSIONS % DOMAINS) for number in range(DOMAINS)]
    begun = time.monotonic()
    sources = [
        subprocess.Popen(
            ["smtp-source", *(["-d"] if kept else []), "-s", str(sessions[number]), "-m", str(each), "-l", str(size),
             "-f", sender, "-t", f"bob@{domain.format(number)}", f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for number in range(DOMAINS)]
    for source in sources:
        error = source.communicate(timeout=600)[1]
        if source.returncode:
            raise SystemExit(f"smtp-source: {error.decode()}")
    return time.monotonic() - begun, each * DOMAINS


class Stopwatch(threading.Thread):
    """One session beside the load: milliseconds from the last octet of each of its messages to the reply."""

    def __init__(self, port, size):
        super().__init__()
        self.session = smtplib.SMTP("127.0.0.1", port, timeout=60)
        self.body = b"x" * 70 + b"\r\n"
        self.body = b"From: ada@example.com\r\nSubject: timed\r\n\r\n" + self.body * (size // len(self.body))
        self.milliseconds, self.done = [], threading.Event()
        self.start()

    def run(self):
        self.session.ehlo()
        while not self.done.is_set():
            self.session.mail("ada@example.com")
            self.session.rcpt("bob@d0.example")
            self.session.docmd("DATA")
            begun = time.monotonic()
            self.session.send(self.body + b".\r\n")
            code = self.session.getreply()[0]
            self.milliseconds.append((time.monotonic() - begun) * 1000)
            if code != 250:
                raise SystemExit(f"the timed session was refused: {code}")

    def stop(self):
        self.done.set()
        self.join()
        self.session.close()
        cuts = statistics.quantiles(self.milliseconds, n=100) if len(self.milliseconds) > 1 else [0] * 99
        return cuts[49], cuts[98], len(self.milliseconds)


def is_durable(system):
    """At least one sync for each of five messages that are sent one after the other."""
    with tempfile.NamedTemporaryFile("r") as trace:
        attach = [argument for pid in system.pids() for argument in ("-p", str(pid))]
        strace = subprocess.Popen(
            ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", trace.name, *attach], stderr=subprocess.DEVNULL)
        time.sleep(1)
        subprocess.run(
            ["smtp-source", "-d", "-s", "1", "-m", "5", "-l", "4096", "-f", "ada@example.com", "-t", "bob@d0.example",
             f"127.0.0.1:{system.port}"], check=True, timeout=60, capture_output=True)
        time.sleep(0.5)
        strace.terminate()
        strace.wait(10)
        return len(re.findall(r"f(?:data)?sync\(", trace.read())) >= 5


def measure(system, seconds, hold, kept, size=SIZE, sign=False, watch=None):
    """One run. `watch` is called with the system when the load begins; what it returns is called when it has ended."""
    system.start(hold=hold, sign=sign)
    try:
        load(system.port, 10 * DOMAINS, size, kept)
        pace, count = load(system.port, 40 * DOMAINS, size, kept)
        messages = int(count / pace * seconds)
        if not hold:
            wait(lambda: system.queued() == 0, 120, f"{system.name}'s empty queue")
        stopwatch, ended = Stopwatch(system.port, size), watch(system) if watch else None
        cpu, others, begun = system.cpu(), outside(system), time.monotonic()
        seconds, count = load(system.port, messages, size, kept)
        p50, p99, timed = stopwatch.stop()
        if not hold:
            wait(lambda: system.queued() == 0, 600, f"{system.name}'s empty queue")
        if ended:
            ended()
        whole = time.monotonic() - begun
        count += timed
        return {"accepted/s": count / seconds, "delivered/s": count / whole if not hold else None,
                "cpu µs": (system.cpu() - cpu) / count * 1e6, "load µs": (outside(system) - others) / count * 1e6, "p50 ms": p50, "p99 ms": p99,
                "rss MB": system.memory() / 1024}
    finally:
        system.stop()


def outside(system):
    """Seconds of CPU of the sources that ended, and of the sink."""
    sources = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sources.ru_utime + sources.ru_stime + stat(system.sink.process.pid)


def compare(title, systems, runs, seconds, **how):
    results = {system.name: [] for system in systems}
    for _ in range(runs):
        for system in systems:
            results[system.name].append(measure(system, seconds, **how))
    show(title, results)
    return results


def show(title, results):
    print(f"\n{title}")
    print(f"  {'':8}" + "".join(f"{key:>24}" for key in next(iter(results.values()))[0]))
    for name, rows in results.items():
        print(f"  {name:8}" + "".join(f"{spread([row[key] for row in rows]):>24}" for key in rows[0]))
    if len(results) == 2:
        ratios = [f"{key} {of_medians(results, key):.2f}x" for key in ("accepted/s", "delivered/s", "cpu µs")
                  if next(iter(results.values()))[0][key]]
        print(f"  {' to '.join(results)}: " + ", ".join(ratios), flush=True)


def of_medians(results, key):
    """The first system's median by the second's."""
    first, second = (statistics.median(row[key] for row in rows) for rows in results.values())
    return first / second


def spread(values):
    if values[0] is None:
        return "-"
    digits = 1 if max(values) < 100 else 0
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}..{max(values):,.{digits}f})"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    here = max((m for m in mounts if "/tmp".startswith(m[1])), key=lambda m: len(m[1]))
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return (f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {int(memory[1]) // 2**20} GB, "
            f"{here[2]} on /tmp, Linux {platform.release()}; load, server and sink share the cores")
