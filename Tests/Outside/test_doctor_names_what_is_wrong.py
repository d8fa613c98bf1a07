# SPDX-License-Identifier: Apache-2.0
"""`postern doctor` and `/health` name what is wrong; mail goes on meanwhile."""
import json
import subprocess
import urllib.error
import urllib.request

import pytest
import sides
from conftest import SECRET, free_port, wait_for
from test_metrics_are_served import Metrics
from test_records_reach_splunk import TOKEN, Collector, hec, send


@pytest.fixture
def authority(tmp_path):
    return sides.Authority(tmp_path / "authority")


@pytest.fixture
def collector(authority):
    server = Collector(authority.issue("localhost"))
    yield server
    server.stop()


def house(start, sinks="", more=""):
    port = free_port()
    server = start(extra=f"""
delivery: {{ route: capture }}
identities: {{ verification: automatic }}
metrics: {{ host: 127.0.0.1, port: {port} }}
{more}
""" + (f"sinks:\n{sinks}" if sinks else ""))
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    server.metrics_port = port
    return server


def doctor(server, *arguments):
    done = subprocess.run(
        [server.binary, "doctor", "--config", server.config, *arguments], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def health(port):
    try:
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, json.loads(answer.read())


def test_all_is_well(start, tmp_path):
    server = house(start, f"  - {{ name: archive, type: file, path: {tmp_path}/records }}\n")
    code, text = doctor(server)
    assert code == 0, text
    assert {line.split()[0] for line in text.splitlines()} == {"ok"}
    assert [line.split()[1] for line in text.splitlines()] == ["smtp:", "stores:", "queue:", "trail:", "trail", "sinks", "sinks", "sinks"]
    assert health(server.api) == (200, {part: "ok" for part in ("smtp", "stores", "queue", "trail", "sinks")})
    status, report = health(server.metrics_port)
    assert (status, report["state"]) == (200, "ok")
    code, text = doctor(server, "--output", "json")
    assert code == 0 and json.loads(text)["Parts"][0] == {"Part": "smtp", "State": "ok", "Detail": "listens"}


@pytest.mark.parametrize("wrong, words, acts", [
    ("token", "Invalid token", 1), ("certificate", "CERTIFICATE_VERIFY_FAILED", 0), ("address", "onnection refused", 0),
    ("index", "Incorrect index", 1)])
def test_what_is_wrong_with_a_sink_is_named_and_mail_goes_on(start, authority, collector, tmp_path, wrong, words, acts):
    sinks = hec(collector, sides.Authority(tmp_path / "other") if wrong == "certificate" else authority)
    if wrong == "token":
        sinks = sinks.replace(TOKEN, "22222222-wrong")
    if wrong == "address":
        sinks = sinks.replace(str(collector.port), str(free_port()))
    if wrong == "index":
        collector.script = [(400, {"text": "Incorrect index", "code": 7})] * 100
    server = house(start, sinks)
    wait_for(lambda: "degraded  sinks splunk trail: https://localhost:" in doctor(server)[1], 30, words)
    code, text = doctor(server)
    assert code == 1 and words in text
    assert ("put right" in text) == bool(acts) and ("tried again by itself" in text) != bool(acts)
    status, report = health(server.metrics_port)
    assert status == 200 and any(part["state"] == "degraded" and words in part["detail"] for part in report["parts"])
    # Strangers may ask the API's port: no names and no reasons there.
    assert health(server.api) == (200, {"smtp": "ok", "stores": "ok", "queue": "ok", "trail": "ok", "sinks": "degraded"})
    metrics = Metrics(server.metrics_port)
    assert metrics("postern_sink_failing", source="trail") == 1 and metrics("postern_sink_needs_action", source="trail") == acts
    send(server, "a")
    wait_for(lambda: server.facts("delivered"), 15, "a delivery")
    assert not any(secret in text + json.dumps(report) + server.log.read_text() for secret in (TOKEN, "22222222-wrong", SECRET))


def test_a_sink_that_recovers_is_well_and_its_last_failure_is_known(start, authority, collector):
    collector.script = [(503, {"text": "Server is busy", "code": 9})] * 3
    server = house(start, hec(collector, authority))
    wait_for(lambda: doctor(server)[0] == 0 and "the last failure" in doctor(server)[1], 40, "recovery")
    assert "Server is busy" in doctor(server)[1]


def test_a_budget_that_ended_is_named(start):
    sinks = f"  - {{ name: far, type: otlp, endpoints: [\"http://127.0.0.1:{free_port()}\"], budget: {{ records: 3 }} }}\n"
    server = house(start, sinks)
    wait_for(lambda: "new mail is refused" in doctor(server)[1], 40, "the end of the budget")
    assert health(server.api)[1]["sinks"] == "failing"
    values = Metrics(server.metrics_port).values
    assert 0 in {value for (name, _), value in values.items() if name == "postern_sink_accepting"}
    with pytest.raises(Exception, match="far"):
        send(server, "a")


def test_a_gap_in_the_digests_is_named(start):
    server = house(start, more="trail: { digest-interval: 2, log-interval: 1 }")
    wait_for(lambda: list((server.data / "trail").rglob("*CloudTrail-Digest*")), 30, "a digest")
    assert doctor(server)[0] == 0
    objects = server.data / "trail" / "objects"
    objects.rename(objects.with_name("elsewhere"))
    objects.write_text("")
    wait_for(lambda: doctor(server)[0] == 1, 30, "the gap")
    assert "no digest covers the last" in doctor(server)[1] and "postern trail verify" in doctor(server)[1]
    metrics = Metrics(server.metrics_port)
    assert metrics("postern_trail_digest_age_seconds", trail="postern") > 2 * metrics("postern_trail_digest_interval_seconds") > 0
    assert health(server.api) == (200, {"smtp": "ok", "stores": "ok", "queue": "ok", "trail": "degraded"})


def test_a_server_that_does_not_answer_is_said_to(start):
    server = house(start)
    server.stop()
    code, text = doctor(server)
    assert code == 1 and "does not answer" in text
