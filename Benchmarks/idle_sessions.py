# SPDX-License-Identifier: Apache-2.0
"""What idle SMTP sessions cost: memory for each of many that said EHLO and nothing more, from 100 loopback addresses.

Usage: Benchmarks/idle_sessions.py [--binary FILE] [--sessions 10000] [--tls]
"""
import argparse
import pathlib
import re
import resource
import shutil
import socket
import ssl
import tempfile
import time

from systems import ROOT, Postern, Sink, free_ports


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / ".build/release/postern")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--tls", action="store_true", help="over TLS from the first octet")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.sessions > hard - 500:
        raise SystemExit(f"this machine allows {hard} open files to a process")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="postern-idle-"))
    sink_port, port, _, tls_port = free_ports(4)
    sink = Sink(sink_port)
    postern = Postern(options.binary, directory / "postern", port, sink, tls_port=tls_port if options.tls else None)
    postern.start()
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    sessions = []
    try:
        before = resident(postern.process.pid)
        begun = time.monotonic()
        for number in range(options.sessions):
            session = socket.create_connection(
                ("127.0.0.1", tls_port if options.tls else port), 30, (f"127.0.0.{number % 100 + 1}", 0))
            if options.tls:
                session = client.wrap_socket(session)
            session.recv(512)
            session.sendall(b"EHLO idle\r\n")
            session.recv(512)
            sessions.append(session)
        seconds = time.monotonic() - begun
        time.sleep(2)
        after = resident(postern.process.pid)
        alive = 0
        for session in sessions[:: max(1, len(sessions) // 100)]:
            session.sendall(b"NOOP\r\n")
            alive += session.recv(512).startswith(b"250")
        print(f"{len(sessions)} idle sessions{' over TLS' if options.tls else ''} opened in {seconds:.1f} s: {before / 1024:.0f} MB -> {after / 1024:.0f} MB, "
              f"{(after - before) / len(sessions):.1f} KB each; {alive} of {len(sessions[:: max(1, len(sessions) // 100)])} asked answer")
    finally:
        for session in sessions:
            session.close()
        postern.stop()
        sink.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
