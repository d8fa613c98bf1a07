# SPDX-License-Identifier: Apache-2.0
"""From acceptance to the far side: beside Postfix, beside what RSA allows, and where the server's time goes."""
import os
import re
import statistics
import subprocess

import rooms
from measuring import compare, measure, of_medians, show

TIMES_POSTFIX = 6
SHARE_OF_CEILING = 0.55
# Microseconds of CPU a message may cost the server beyond its signature.
MICROSECONDS = 350


def delivery(postern, postfix, runs, seconds, demands):
    title = "accept to delivered, unsigned, 4 KB, sessions kept, connections reused"
    results = compare(title, [postern, postfix], runs, seconds, hold=False, kept=True)
    demands.at_least("delivered/s beside Postfix", of_medians(results, "delivered/s"), TIMES_POSTFIX, "x")
    cost = statistics.median(row["cpu µs"] for row in results["Postern"])
    demands.at_most("CPU a message, unsigned", cost, MICROSECONDS, " µs")
    profile(postern, seconds, sign=False)
    signatures(postern, runs, seconds, demands)
    profile(postern, seconds, sign=True)


def signatures(postern, runs, seconds, demands=None):
    """Signed delivery beside what RSA-2048 allows on all cores, measured before each run."""
    cores, rows, ceilings = os.cpu_count(), [], []
    for _ in range(runs):
        ceilings.append(ceiling(cores))
        rows.append(measure(postern, seconds, hold=False, kept=True, sign=True))
    show("accept to delivered, one RSA-2048 signature a message, sessions kept", {"Postern": rows})
    limit = statistics.median(ceilings)
    share = statistics.median(row["delivered/s"] for row in rows) / limit
    beyond = statistics.median(row["cpu µs"] for row in rows) - cores * 1e6 / limit
    print(f"  openssl speed rsa2048 on {cores} cores: {limit:,.0f} ({min(ceilings):,.0f}..{max(ceilings):,.0f}) signatures/s, "
          f"{cores * 1e6 / limit:,.0f} µs each; Postern delivers {share:.0%} of it")
    print(f"  a server that did nothing but sign could deliver {possible(rows, cores, limit):.0%}: sources and sink share the cores")
    if demands:
        demands.at_least("signed delivery's share of the ceiling", share, SHARE_OF_CEILING)
        demands.at_most("CPU a message beyond the signature", beyond, MICROSECONDS, " µs")


def possible(rows, cores, limit):
    load = statistics.median(row["load µs"] for row in rows)
    return cores * 1e6 / (cores * 1e6 / limit + load) / limit


def ceiling(cores):
    speed = subprocess.run(["openssl", "speed", "-seconds", "3", "-multi", str(cores), "rsa2048"],
                           capture_output=True, text=True, check=True).stdout
    return float(re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", speed, re.M)[1])


def profile(postern, seconds, sign):
    """One more run, under perf: its rates are not counted."""
    taken = []

    def watch(system):
        recording = rooms.Profile(system.process.pid)
        return lambda: taken.extend(recording.stop())

    row = measure(postern, seconds, hold=False, kept=True, sign=sign, watch=watch)
    print(f"\nwhere {row['cpu µs']:,.0f} µs of CPU a message go, {'signed' if sign else 'unsigned'} "
          f"({row['delivered/s']:,.0f} delivered/s under perf)")
    rooms.table(taken, row["cpu µs"])
