# SPDX-License-Identifier: Apache-2.0
"""The API beside a route that only decodes, and beside moto: wrk with requests that were signed beforehand."""
import contextlib
import datetime
import hashlib
import hmac
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import urllib.request

from measuring import DOMAINS, spread
from systems import KEY, ROOT, SECRET, free_ports, wait

BARE_ROUTE = ROOT / ".build/release/BareRoute"
MOTO = ROOT / ".venv/bench/bin/moto_server"


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
