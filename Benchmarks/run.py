# SPDX-License-Identifier: Apache-2.0
"""Postern beside Postfix on this machine: ratios of one run, with both systems' durability settings.

Load comes from smtp-source, the far side is smtp-sink; the systems run in turn (A B A B), never at the same time. The
API is measured with wrk and requests that were signed beforehand, each different. No guard is switched off.

Each run lasts about ten seconds: the number of messages comes from a short run before it. Beside the load one more
session times how long a message takes from its last octet to the 250.

Usage: Benchmarks/run.py [--binary FILE] [--runs 3] [--seconds 10] [--only smtp,signed,api]
"""
import argparse
import contextlib
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import platform
import re
import shutil
import smtplib
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

from systems import KEY, ROOT, SECRET, Postern, Postfix, Sink, free_ports, wait

DOMAINS, SESSIONS = 20, 50
BARE_ROUTE = ROOT / ".build/release/BareRoute"
DECISIONS = ROOT / ".build/release/Decisions"
MOTO = ROOT / ".venv/bench/bin/moto_server"
SIZE = 4096


def load(port, messages, size=SIZE, kept=True):
    """Seconds that 20 smtp-sources take, one for each recipient domain, with 50 sessions between them."""
    each = max(10, messages // DOMAINS)
    sessions = [SESSIONS // DOMAINS + (number < SESSIONS % DOMAINS) for number in range(DOMAINS)]
    begun = time.monotonic()
    sources = [
        subprocess.Popen(
            ["smtp-source", *(["-d"] if kept else []), "-s", str(sessions[number]), "-m", str(each), "-l", str(size),
             "-f", "ada@example.com", "-t", f"bob@d{number}.example", f"127.0.0.1:{port}"],
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


def measure(system, seconds, hold, kept, size=SIZE, sign=False):
    system.start(hold=hold, sign=sign)
    try:
        load(system.port, 10 * DOMAINS, size, kept)
        pace, count = load(system.port, 40 * DOMAINS, size, kept)
        messages = int(count / pace * seconds)
        if not hold:
            wait(lambda: system.queued() == 0, 120, f"{system.name}'s empty queue")
        watch = Stopwatch(system.port, size)
        cpu, begun = system.cpu(), time.monotonic()
        seconds, count = load(system.port, messages, size, kept)
        p50, p99, timed = watch.stop()
        if not hold:
            wait(lambda: system.queued() == 0, 600, f"{system.name}'s empty queue")
        whole = time.monotonic() - begun
        count += timed
        return {"accepted/s": count / seconds, "delivered/s": count / whole if not hold else None,
                "cpu µs": (system.cpu() - cpu) / count * 1e6, "p50 ms": p50, "p99 ms": p99,
                "rss MB": system.memory() / 1024}
    finally:
        system.stop()


def compare(title, systems, runs, seconds, **how):
    results = {system.name: [] for system in systems}
    for _ in range(runs):
        for system in systems:
            results[system.name].append(measure(system, seconds, **how))
    print(f"\n{title}")
    print(f"  {'':8}" + "".join(f"{key:>24}" for key in next(iter(results.values()))[0]))
    for name, rows in results.items():
        print(f"  {name:8}" + "".join(f"{spread([row[key] for row in rows]):>24}" for key in rows[0]))
    if len(systems) == 2:
        first, second = (results[system.name] for system in systems)
        ratios = []
        for key in ("accepted/s", "delivered/s", "cpu µs"):
            if first[0][key]:
                ratio = statistics.median(r[key] for r in first) / statistics.median(r[key] for r in second)
                ratios.append(f"{key} {ratio:.2f}x")
        print(f"  {systems[0].name} to {systems[1].name}: " + ", ".join(ratios), flush=True)
    return results


def spread(values):
    if values[0] is None:
        return "-"
    digits = 1 if max(values) < 100 else 0
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}..{max(values):,.{digits}f})"


def presigned(path, host, count, size):
    """Different requests, signed now: SigV4 gives them five minutes."""
    now = datetime.datetime.now(datetime.timezone.utc)
    date = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now:%Y%m%d}/us-east-1/ses/aws4_request"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    names = "content-type;host;x-amz-date"
    with open(path, "w") as file:
        for number in range(count):
            body = json.dumps({
                "FromEmailAddress": "ada@example.com", "Destination": {"ToAddresses": [f"bob@d{number % DOMAINS}.example"]},
                "Content": {"Simple": {"Subject": {"Data": f"number {number}"}, "Body": {"Text": {"Data": "x" * size}}}}})
            canonical = "\n".join([
                "POST", "/v2/email/outbound-emails", "", "content-type:application/json", f"host:{host}",
                f"x-amz-date:{date}", "", names, hashlib.sha256(body.encode()).hexdigest()])
            text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
            signature = hmac.new(key, text.encode(), "sha256").hexdigest()
            file.write(f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
                       f"\t{date}\t{body}\n")


def wrk(port, seconds, connections=64):
    with tempfile.TemporaryDirectory() as directory:
        requests = pathlib.Path(directory) / "requests"
        presigned(requests, f"127.0.0.1:{port}", 4_000, 1_700)
        run = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", ROOT / "Benchmarks/replay.lua",
             f"http://127.0.0.1:{port}", "--", str(requests)], capture_output=True, text=True, timeout=seconds + 60)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
    if not rate or "Non-2xx" in run.stdout:
        raise SystemExit(f"wrk: {run.stdout}{run.stderr}")
    return float(rate[1]), {p: re.search(rf"{p}%\s+(\S+)", run.stdout)[1] for p in ("50", "90", "99")}


def api(postern, runs):
    print("\nSES v2 SendEmail, 2 KB, signed and different each time, 64 connections (delivery held)")
    rates, bare = [], []
    for _ in range(runs):
        postern.start(hold=True)
        try:
            cpu = postern.cpu()
            rate, latency = wrk(postern.api, 10)
            rates.append((rate, (postern.cpu() - cpu) / rate / 10 * 1e6, latency))
        finally:
            postern.stop()
        with other([BARE_ROUTE, "PORT"], "/health") as port:
            bare.append(wrk(port, 10)[0])
    ours = statistics.median(r[0] for r in rates)
    print(f"  Postern      {spread([r[0] for r in rates])} requests/s, {spread([r[1] for r in rates])} µs CPU each, "
          f"latency p50 {rates[-1][2]['50']} p90 {rates[-1][2]['90']} p99 {rates[-1][2]['99']}")
    print(f"  bare route   {spread(bare)} requests/s (Hummingbird decodes the same body, checks and stores nothing); "
          f"Postern does {ours / statistics.median(bare):.0%} of it")
    with other([MOTO, "-p", "PORT"], "/moto-api/") as port:
        import boto3
        boto3.client("sesv2", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=KEY, aws_secret_access_key=SECRET,
                     region_name="us-east-1").create_email_identity(EmailIdentity="example.com")
        rate, latency = wrk(port, 10, connections=16)
        print(f"  moto_server  {rate:,.0f} requests/s (stores nothing), p50 {latency['50']} p99 {latency['99']}; "
              f"Postern does {ours / rate:.1f}x")


@contextlib.contextmanager
def other(command, path):
    """A server to compare with, on a port of its own."""
    port = free_ports(1, 32_000)[0]
    server = subprocess.Popen([str(port) if part == "PORT" else part for part in command],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: reachable(port, path), 60, str(command[0]))
        yield port
    finally:
        server.terminate()
        server.wait(30)


def reachable(port, path):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1)
        return True
    except OSError:
        return False


def ten_policies():
    """Ten managed policies of ten statements, of which the last of each may allow."""
    for number in range(10):
        others = [{"Sid": f"S{index}", "Effect": "Deny" if index % 3 == 0 else "Allow", "Action": ["ses:SendEmail", "ses:SendRawEmail"],
                   "Resource": "arn:aws:ses:*:111122223333:identity/*", "Condition": {
                       "StringLike": {"ses:FromAddress": f"no{index}-*@*"}, "ForAnyValue:StringNotLike": {"ses:Recipients": "*.example"}}}
                  for index in range(9)]
        allow = {"Sid": "A", "Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {
            "StringLike": {"ses:FromAddress": "ada@*" if number == 9 else f"app{number}@*"}}}
        yield {"Version": "2012-10-17", "Statement": [*others, allow]}


def policies(postern, seconds):
    """What ten policies add to a message: pairs of root and a user, one after the other, durable accept."""
    print("\nten policies of ten statements each beside the root user, durable accept, delivery held")
    print("  engine alone: " + subprocess.run([DECISIONS], capture_output=True, text=True, check=True).stdout.strip())
    differences = []
    for _ in range(5):
        cost = {}
        for who in ("root", "user"):
            postern.principal = None
            postern.start(hold=True)
            if who == "user":
                iam = postern.client("iam")
                iam.create_user(UserName="app")
                for number, document in enumerate(ten_policies()):
                    policy = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
                    iam.attach_user_policy(UserName="app", PolicyArn=policy)
                postern.stop(keep=True)
                postern.principal = "arn:aws:iam::111122223333:user/app"
                postern.start(hold=True, keep=True)
            load(postern.port, 400)
            before, count = postern.cpu(), 0
            begun = time.monotonic()
            while time.monotonic() - begun < seconds:
                count += load(postern.port, 20_000)[1]
            cost[who] = (postern.cpu() - before) / count * 1e6
            postern.stop()
        differences.append(cost["user"] - cost["root"])
        print(f"  root {cost['root']:.1f} µs CPU, user {cost['user']:.1f} µs: {differences[-1]:+.1f} µs", flush=True)
    postern.principal = None
    print(f"  median of five pairs: {statistics.median(differences):+.1f} µs a message")


def signatures(postern, runs, seconds):
    """Signed delivery beside what RSA-2048 allows on all cores."""
    cores = os.cpu_count()
    speed = subprocess.run(["openssl", "speed", "-seconds", "5", "-multi", str(cores), "rsa2048"],
                           capture_output=True, text=True).stdout
    ceiling = float(re.search(r"^rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)", speed, re.M)[1])
    rows = compare("accept to delivered, one RSA-2048 signature a message, sessions kept", [postern], runs,
                   seconds, hold=False, kept=True, sign=True)["Postern"]
    rate = statistics.median(row["delivered/s"] for row in rows)
    print(f"  openssl speed rsa2048 on {cores} cores: {ceiling:,.0f} signatures/s; Postern delivers {rate / ceiling:.0%} of it")


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    here = max((m for m in mounts if "/tmp".startswith(m[1])), key=lambda m: len(m[1]))
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return (f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {int(memory[1]) // 2**20} GB, "
            f"{here[2]} on /tmp, Linux {platform.release()}; load, server and sink share the cores")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / ".build/release/postern")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="how long each run under load lasts, about")
    parser.add_argument("--only", default="smtp,signed,api,policies")
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench-"))
    directory.chmod(0o755)
    sink_port, postern_port, _, postfix_port = free_ports(4)
    sink = Sink(sink_port)
    postern = Postern(options.binary, directory / "postern", postern_port, sink)
    postfix = Postfix(directory / "postfix", postfix_port, sink)
    both = [postern, postfix]
    print(f"machine: {machine()}")
    version = subprocess.run(["postconf", "-d", "-h", "mail_version"], capture_output=True, text=True).stdout.strip()
    print(f"Postfix {version}; {DOMAINS} recipient domains, {SESSIONS} sessions, {options.runs} runs: median (min..max)")
    try:
        for system in both:
            system.start(hold=True)
            durable = is_durable(system)
            system.stop()
            print(f"  {system.name}: {system.durability}; strace sees a sync for each message: {'yes' if durable else 'NO'}")
            if not durable:
                raise SystemExit(f"{system.name} is not durable: nothing to compare")
        wanted = options.only.split(",")
        if "smtp" in wanted:
            for kept in (True, False):
                way = "sessions kept" if kept else "a new connection for each message"
                compare(f"durable accept, delivery held, 4 KB, {way}", both, options.runs, options.seconds, hold=True, kept=kept)
            compare("accept to delivered, unsigned, 4 KB, sessions kept", both, options.runs, options.seconds, hold=False, kept=True)
            compare("accept to delivered, unsigned, 100 KB, sessions kept", both, options.runs, options.seconds, hold=False,
                    kept=True, size=100_000)
        if "signed" in wanted:
            signatures(postern, options.runs, options.seconds)
        if "policies" in wanted:
            policies(postern, options.seconds)
        if "api" in wanted:
            api(postern, options.runs)
    finally:
        sink.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
