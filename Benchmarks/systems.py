# SPDX-License-Identifier: Apache-2.0
"""The systems compared, each with a configuration of its own on loopback, and what is measured of them."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Outside"))
import sides  # noqa: E402

KEY, SECRET = "AKIABENCHMARK0000001", "benchmark-secret-of-a-throw-away-server"
TICK = os.sysconf("SC_CLK_TCK")


def wait(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit(f"{what} did not come true in {seconds} s")


def answers(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def stat(pid):
    """(seconds of CPU with those of children that ended, name)."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = text.rsplit(")", 1)[1].split()
    return sum(int(value) for value in fields[11:15]) / TICK


def peak(pid):
    """Peak resident kilobytes."""
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


class Sink:
    """smtp-sink on loopback."""

    def __init__(self, port, host="127.0.0.1", options=()):
        self.port = port
        self.process = subprocess.Popen(
            ["smtp-sink", "-u", "nobody", *options, f"{host}:{port}", "1024"], stderr=subprocess.DEVNULL)
        wait(lambda: answers(host, port), 10, "smtp-sink")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Postern:
    name = "Postern"

    def __init__(self, binary, directory, port, sink, tls_port=None):
        self.tls_port, self.principal = tls_port, None
        self.binary, self.directory, self.port = binary, pathlib.Path(directory), port
        self.api, self.sink, self.process = port + 1, sink, None
        self.durability = "spool.synchronous: full (SQLite WAL, synchronous=FULL), group commit"

    def start(self, hold=False, sign=False, keep=False):
        """`keep`: with the data of the last run, and its principal at the trusted listener."""
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory.mkdir(parents=True)
        config = self.directory / "postern.yaml"
        config.write_text(self.configuration(hold, keep))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("POSTERN_")}
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--config", config], stderr=(self.directory / "log").open("a"), env=environment)
        wait(self.healthy, 120, "Postern")
        if not keep:
            self.found(sign)

    def found(self, sign):
        """What a new server needs before it takes mail."""
        self.client("sesv2").create_email_identity(EmailIdentity="example.com")
        if not sign:
            self.client("ses").set_identity_dkim_enabled(Identity="example.com", DkimEnabled=False)

    def client(self, service, **options):
        import boto3
        arguments = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"} | options
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{self.api}", **arguments)

    def configuration(self, hold, keep):
        return f"""
data-directory: {self.directory}/data
account-id: "111122223333"
root: {{ access-key-id: {KEY}, secret-access-key: {SECRET} }}
api: {{ host: 127.0.0.1, port: {self.api} }}
log: {{ level: warning }}
smtp:
  hostname: bench.example
  trusted: [ {", ".join(self.trusted(keep))} ]
  maximum-sessions-per-address: 20000
identities: {{ verification: automatic }}
{self.delivery(hold)}
"""

    def trusted(self, keep):
        own = "networks: [127.0.0.0/8]" + (f", principal: \"{self.principal}\"" if self.principal and keep else "")
        yield f"{{ host: 127.0.0.1, port: {self.port}, {own} }}"
        if self.tls_port:
            yield f"{{ host: 127.0.0.1, port: {self.tls_port}, implicit-tls: true, {own} }}"

    def delivery(self, hold):
        return (f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {self.sink.port}, tls: none }}, "
                f"hold: {str(hold).lower()} }}")

    def healthy(self):
        if self.process.poll() is not None:
            raise SystemExit((self.directory / "log").read_text())
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.api}/health", timeout=2).status == 200
        except OSError:
            return False

    def pids(self):
        return [self.process.pid]

    def cpu(self):
        return stat(self.process.pid)

    def memory(self):
        return peak(self.process.pid)

    def queued(self):
        return self.asked("SELECT count(*) FROM delivery")

    def asked(self, question):
        """One number out of the spool."""
        with contextlib.closing(sqlite3.connect(f"file:{self.directory}/data/spool.db?mode=ro", uri=True)) as db:
            return db.execute(question).fetchone()[0]

    def stop(self, keep=False):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if keep:
            return
        shutil.rmtree(self.directory, ignore_errors=True)


class Postfix:
    name = "Postfix"

    def __init__(self, directory, port, sink):
        self.directory, self.port, self.sink, self.postfix = pathlib.Path(directory), port, sink, None
        self.durability = "fsync of each queue file before 250, connections kept on demand (its defaults)"

    def start(self, hold=False, sign=False):
        settings = [f"relayhost = [127.0.0.1]:{self.sink.port}", "smtpd_relay_restrictions = permit_mynetworks, reject",
                    "virtual_mailbox_domains =", "smtp_tls_security_level = none", "smtpd_client_connection_rate_limit = 0",
                    "smtpd_client_connection_count_limit = 0", "in_flow_delay = 0", "default_process_limit = 100",
                    "default_destination_concurrency_limit = 100", "initial_destination_concurrency = 20",
                    "smtpd_error_sleep_time = 0", "minimal_backoff_time = 5s"]
        if hold:
            settings.append("smtpd_data_restrictions = check_client_access static:HOLD")
        self.postfix = sides.Postfix(self.directory, self.port, hostname="bench.example", settings=settings)

    def pids(self):
        master = int((self.directory / "spool/pid/master.pid").read_text())
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    def cpu(self):
        total = 0.0
        for pid in self.pids():
            try:
                total += stat(pid)
            except OSError:
                pass
        return total

    def memory(self):
        total = 0
        for pid in self.pids():
            try:
                total += peak(pid)
            except (OSError, TypeError):
                pass
        return total

    def queued(self):
        return sum(
            1 for name in ("incoming", "active", "deferred", "maildrop")
            for path in (self.directory / "spool" / name).rglob("*") if path.is_file())

    def stop(self):
        if self.postfix:
            self.postfix.stop()


def free_ports(count, first=31_000):
    """So many in a row: a server's API is beside its listener."""
    for start in range(first, 32_700 - count):
        found = range(start, start + count)
        if all(map(is_free, found)):
            return list(found)
    raise SystemExit("no free ports")


def is_free(port):
    """On every address: far sides listen on several."""
    with socket.socket() as s:
        try:
            s.bind(("", port))
            return True
        except OSError:
            return False
