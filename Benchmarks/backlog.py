# SPDX-License-Identifier: Apache-2.0
"""What a long queue to dead sites costs others: one account's wait behind another, throughput, memory, start."""
import smtplib
import statistics
import subprocess
import sys
import time

from far_sides import DEFERRING, MUTE, REFUSING, FarSides
from flood import RECIPIENTS
from house import House, Timed
from measuring import load, spread
from systems import ROOT, free_ports, wait

# Seconds that another's queue may add to a message's way, of 99 in 100.
ADDED_WAIT = 1.0
THROUGHPUT = 0.85
MEGABYTES = 600
SECONDS_TO_FIRST = 10.0
# Sites of the long queue: mute ones hold a try for minutes, refusing ones end it at once, deferring ones answer 450.
KINDS = [REFUSING] * 40 + [MUTE] * 40 + [DEFERRING] * 20


def cuts(seconds):
    return statistics.median(seconds), statistics.quantiles(seconds, n=100, method="inclusive")[98], max(seconds)


def show(what, seconds):
    p50, p99, most = cuts(seconds)
    print(f"  {what:42}{len(seconds):>8,}{p50 * 1e3:>10.1f}{p99 * 1e3:>10.1f}{most * 1e3:>10.1f}", flush=True)


def flood(house, recipients, sites, domains):
    return subprocess.Popen(
        [sys.executable, ROOT / "Benchmarks/flood.py", str(house.port), str(recipients // RECIPIENTS), sites, str(domains)])


def behind_a_dead_site(binary, directory, recipients, seconds, demands):
    """One account queues many recipients to one dead site; how long another's mail takes meanwhile and after."""
    for kind, name in ((REFUSING, "refuses connections"), (MUTE, "takes connections and is mute")):
        port, _, others, mx, names = free_ports(5)
        far = FarSides(directory / f"far-{kind}", mx, names, [kind])
        house = House(binary, directory / f"house-{kind}", port, others, far)
        try:
            house.start()
            one_dead_site(house, far, name, recipients, seconds, demands)
        finally:
            house.stop()
            far.stop()


def one_dead_site(house, far, name, recipients, seconds, demands):
    print(f"\n{recipients:,} recipients of one account to a site that {name}; another account's mail, 250 to arrival")
    print(f"  {'':42}{'messages':>8}{'p50 ms':>10}{'p99 ms':>10}{'most ms':>10}")
    warm = Timed(house.others, 0)
    time.sleep(3)
    warm.stop(far)
    timed = Timed(house.others, 1_000_000)
    time.sleep(seconds)
    idle = timed.stop(far)
    show("the queue is empty", idle)
    timed, begun = Timed(house.others, 2_000_000), time.monotonic()
    if flood(house, recipients, "0-0", 1_000).wait() != 0:
        raise SystemExit("the flood failed")
    took = time.monotonic() - begun
    during = timed.stop(far)
    show(f"while it is queued ({recipients / took:,.0f} recipients/s)", during)
    timed = Timed(house.others, 3_000_000)
    time.sleep(seconds * 2)
    behind = timed.stop(far)
    left = house.waiting(".dead.example")
    show("behind it", behind)
    print(f"  {left:,} deliveries to the dead site wait; peak RSS {house.memory() / 1024:,.0f} MB")
    for when, found in (("while another queues", during), ("behind another's queue", behind)):
        demands.at_most(f"p99 {when}, beyond the median of an empty one", cuts(found)[1] - cuts(idle)[0], ADDED_WAIT, " s")
    # Else nothing was behind anything.
    demands.at_least("deliveries that wait at the dead site", left, recipients * 0.95)


def long_queue(binary, directory, recipients, runs, seconds, demands):
    """Throughput to live sites with and without a long queue, in turn; memory, and the time to start with it."""
    port, _, others, mx, names, empty_port, _, empty_others = free_ports(8)
    far = FarSides(directory / "far", mx, names, KINDS)
    full = House(binary, directory / "full", port, others, far)
    empty = House(binary, directory / "empty", empty_port, empty_others, far)
    try:
        begun = time.monotonic()
        full.start()
        if flood(full, recipients, f"0-{len(KINDS) - 1}", 100).wait() != 0:
            raise SystemExit("the flood failed")
        print(f"\n{recipients:,} recipients queued to {len(KINDS)} dead sites with 100 domains each: "
              f"{recipients / (time.monotonic() - begun):,.0f} a second")
        calm = quiet(full)
        memory = [full.memory() / 1024]
        print(f"  {full.queued():,} deliveries wait, {calm:.0f} s until each deferring site was asked; "
              f"peak RSS {memory[0]:,.0f} MB", flush=True)
        full.stop(keep=True)
        empty.start()
        count = live_messages(empty, seconds)
        empty.stop(keep=True)
        rows = [interleaved(full, empty, far, count, number, memory) for number in range(runs)]
        report(rows, memory, demands)
        demands.at_least("recipients in the queue at the end", full.queued(), recipients * 0.95)
    finally:
        for house in (full, empty):
            house.stop()
        far.stop()


def quiet(house, share=0.15, limit=1_200):
    """Seconds until the server has little to do: what defers has been asked once and waits for its retry."""
    begun, before = time.monotonic(), house.cpu()
    while time.monotonic() - begun < limit:
        time.sleep(5)
        now = house.cpu()
        if now - before < share * 5:
            break
        before = now
    return time.monotonic() - begun


def live(house, count, whose="own", limit=120):
    """Delivered to live sites in a second, and microseconds of CPU each. What is not there in time does not count."""
    port, sender = (house.port, "ada@example.com") if whose == "own" else (house.others, "eve@example.net")
    cpu, begun = house.cpu(), time.monotonic()
    _, count = load(port, count, domain="d{0}.live.example", sender=sender)
    while (left := house.waiting(".live.example", whose)) and time.monotonic() - begun < limit:
        time.sleep(0.02)
    if left:
        print(f"  {left:,} of {count:,} messages to live sites have not left after {limit} s", flush=True)
    return max(0, count - left) / (time.monotonic() - begun), (house.cpu() - cpu) / count * 1e6


def live_messages(house, seconds):
    live(house, 400)
    return int(live(house, 2_000)[0] * seconds)


def interleaved(full, empty, far, count, number, memory):
    """The same load by the account that has the long queue, and by another's."""
    empty.start(keep=True)
    live(empty, 400)
    bare = live(empty, count)
    empty.stop(keep=True)
    first = first_delivery(full, far, number)
    held = besieged(far)
    live(full, 400)
    own = live(full, count)
    other = live(full, count, "other")
    memory.append(full.memory() / 1024)
    full.stop(keep=True)
    return {"empty, /s": bare[0], "long, own /s": own[0], "other's /s": other[0], "empty, µs": bare[1], "long, own µs": own[1],
            "other's µs": other[1], "own %": own[0] / bare[0] * 100, "other's %": other[0] / bare[0] * 100, "start, s": first,
            "mute tries": held}


def besieged(far, limit=150):
    """Waits until the mute sites hold all the tries that they get, which is when others have the fewest."""
    begun, most, grown = time.monotonic(), 0, None
    while time.monotonic() - begun < limit and (grown is None or time.monotonic() - grown < 10):
        time.sleep(0.5)
        if far.held() > most:
            most, grown = far.held(), time.monotonic()
    return most


def first_delivery(full, far, number):
    """Seconds from the start of the process to an arrival, of a message that was queued last before."""
    number += 5_000_000
    full.start(hold=True, keep=True)
    with smtplib.SMTP("127.0.0.1", full.others, timeout=60) as session:
        session.sendmail("eve@example.net", ["bob@timed.example"], f"From: eve@example.net\r\nSubject: {number}\r\n\r\nx\r\n")
    full.restart()
    wait(lambda: number in far.arrivals(), 120, "the first delivery after a start")
    return far.arrivals()[number] - full.started


def report(rows, memory, demands):
    print("  delivered to 20 live sites with an empty and the long queue in turn, CPU a message, start to first delivery")
    for key in rows[0]:
        print(f"  {key:14}{spread([row[key] for row in rows]):>26}")
    for whose in ("own", "other's"):
        share = statistics.median(row[f"{whose} %"] for row in rows) / 100
        demands.at_least(f"throughput to live sites beside an empty queue, {whose} mail", share, THROUGHPUT)
    demands.at_most("peak RSS with the long queue", max(memory), MEGABYTES, " MB")
    demands.at_most("start to first delivery", max(row["start, s"] for row in rows), SECONDS_TO_FIRST, " s")
