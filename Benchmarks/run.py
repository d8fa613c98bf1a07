# SPDX-License-Identifier: Apache-2.0
"""Postern beside Postfix on this machine: ratios of one run, with both systems' durability settings.

Load comes from smtp-source, the far side is smtp-sink; the systems run in turn (A B A B), never at the same time. The
API is measured with wrk and requests that were signed beforehand, each different. No guard is switched off.

Each run lasts about ten seconds: the number of messages comes from a short run before it. Beside the load one more
session times how long a message takes from its last octet to the 250. Ends with 1 where a demand was missed.

Usage: Benchmarks/run.py [--binary FILE] [--runs 3] [--seconds 10] [--only smtp,signed,api,policies,delivery,backlog]
"""
import argparse
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from api import api
from backlog import behind_a_dead_site, long_queue
from delivery import delivery, signatures
from measuring import DOMAINS, SESSIONS, Demands, compare, is_durable, machine
from policies import policies
from systems import ROOT, Postern, Postfix, Sink, free_ports


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / ".build/release/postern")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="how long each run under load lasts, about")
    parser.add_argument("--only", default="smtp,signed,api,policies")
    parser.add_argument("--dead", type=int, default=200_000, help="backlog: recipients to one dead site")
    parser.add_argument("--backlog", type=int, default=1_000_000, help="backlog: recipients in the long queue; 0: without it")
    return parser.parse_args()


def check_durability(systems):
    for system in systems:
        system.start(hold=True)
        durable = is_durable(system)
        system.stop()
        print(f"  {system.name}: {system.durability}; strace sees a sync for each message: {'yes' if durable else 'NO'}")
        if not durable:
            raise SystemExit(f"{system.name} is not durable: nothing to compare")


def smtp(both, runs, seconds):
    for kept in (True, False):
        way = "sessions kept" if kept else "a new connection for each message"
        compare(f"durable accept, delivery held, 4 KB, {way}", both, runs, seconds, hold=True, kept=kept)
    compare("accept to delivered, unsigned, 4 KB, sessions kept", both, runs, seconds, hold=False, kept=True)
    compare("accept to delivered, unsigned, 100 KB, sessions kept", both, runs, seconds, hold=False, kept=True, size=100_000)


def main():
    options = arguments()
    # Ended from outside, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    runs, seconds, wanted = options.runs, options.seconds, options.only.split(",")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench-"))
    directory.chmod(0o755)
    sink_port, postern_port, _, postfix_port = free_ports(4)
    sink, demands = Sink(sink_port), Demands()
    postern = Postern(options.binary, directory / "postern", postern_port, sink)
    both = [postern, Postfix(directory / "postfix", postfix_port, sink)]
    print(f"machine: {machine()}")
    version = subprocess.run(["postconf", "-d", "-h", "mail_version"], capture_output=True, text=True).stdout.strip()
    print(f"Postfix {version}; {DOMAINS} recipient domains, {SESSIONS} sessions, {runs} runs: median (min..max)", flush=True)
    try:
        check_durability(both)
        if "smtp" in wanted:
            smtp(both, runs, seconds)
        if "signed" in wanted:
            signatures(postern, runs, seconds)
        if "delivery" in wanted:
            delivery(*both, runs, seconds, demands)
        if "backlog" in wanted:
            behind_a_dead_site(options.binary, directory, options.dead, seconds, demands)
            if options.backlog:
                long_queue(options.binary, directory, options.backlog, runs, seconds, demands)
        if "policies" in wanted:
            policies(postern, seconds)
        if "api" in wanted:
            api(postern, runs)
    finally:
        sink.stop()
        shutil.rmtree(directory, ignore_errors=True)
    if demands.missed:
        raise SystemExit(f"missed: {'; '.join(demands.missed)}")


if __name__ == "__main__":
    main()
