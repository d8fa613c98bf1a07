# SPDX-License-Identifier: Apache-2.0
"""`postern simulate`: a tenth of the size that the server is planned for, or less where the binary is a debug build."""
import json
import subprocess
import xml.etree.ElementTree as xml

import pytest


def simulate(binary, *arguments, status=None):
    done = subprocess.run([binary, "simulate", *map(str, arguments)], capture_output=True, text=True, timeout=600)
    # Status 1 says that something was broken; what, the report names.
    assert done.returncode in ([0, 1] if status is None else [status]), done.stdout + done.stderr
    return done


def size(binary):
    # A debug build needs twenty times as long for each event.
    return (50_000, 1_000) if "/debug/" in str(binary) else (1_000_000, 2_000)


def test_nothing_is_lost_and_no_limit_is_passed(binary, tmp_path):
    recipients, sites = size(binary)
    done = simulate(binary, "--recipients", recipients, "--sites", sites, "--output", "json", "--curves", tmp_path)
    report = json.loads(done.stdout)
    # A site that stands still for a minute though slots are free is no broken limit. It is not ruled out yet while mute
    # sites hold the slots of those that nobody has answered on; it stays rare.
    stalled = report["Breaches"].pop("stalled")
    assert stalled <= recipients / 100
    assert {name: count for name, count in report["Breaches"].items() if count} == {}, report["Examples"]
    assert len(report["Breaches"]) >= 11
    assert report["Accepted"] == recipients == report["Delivered"] + report["Bounced"] + report["Expired"]
    assert report["Delivered"] > 0.9 * recipients
    assert report["PeakWaiting"] > 0.3 * recipients
    if report["Fairness"]["ContendedMinutes"] > 0:
        assert report["Fairness"]["Index"] > 0.95
    else:
        assert recipients < 1_000_000
    assert all(day["Sent"] <= day["Allowed"] for day in report["WarmUp"])
    assert report["Measured"]["PeakResidentOctets"] < 2 << 30
    for name in ("warm-up.svg", "age.svg", "throughput.svg"):
        assert len(xml.parse(tmp_path / name).getroot().findall(".//{*}polyline")) >= 2


def test_the_same_seed_gives_the_same_result(binary):
    plan = ("--recipients", 20_000, "--sites", 200, "--days", 5, "--output", "json", "--reproducible")
    first, second, other = (simulate(binary, *plan, "--seed", seed).stdout for seed in (7, 7, 8))
    assert first == second
    assert first != other


def test_own_rules_are_played_with(binary, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("providers:\n  - name: gmail\n    limits:\n      - { rule: gmail-rate, rate: 1/h }\n")
    plan = ("--recipients", 5_000, "--sites", 50, "--days", 1, "--output", "json", "--reproducible")
    shipped = json.loads(simulate(binary, *plan).stdout)
    slow = json.loads(simulate(binary, *plan, "--rules", rules).stdout)
    # With a message an hour from each address not all of the biggest site's mail goes in its time.
    assert shipped["Expired"] < slow["Expired"]


@pytest.mark.parametrize("arguments, words", [
    (("--recipients", 0), "recipients are 1 to 50000000"),
    (("--sites", 3), "sites are 20 to 1000000"),
    (("--accounts", 1), "accounts are 2 to 200"),
    (("--hours", 0), "hours are 1 to 48"),
    (("--days", 100), "days of warming are 1 to 48"),
    (("--output", "xml"), "--output is text or json"),
])
def test_a_plan_that_cannot_be_played_is_refused(binary, arguments, words):
    assert words in simulate(binary, *arguments, status=64).stderr


def test_a_faulty_rules_file_is_named(binary, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("providers:\n  - nome: gmail\n")
    done = simulate(binary, "--rules", rules, status=2)
    assert f"{rules}:2:5" in done.stderr and "unknown key 'nome'" in done.stderr
