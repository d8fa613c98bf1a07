# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes a server with real mail, evaluates the shipped rules, and answers what the dashboard asks."""
import json
import math
import pathlib
import re
import smtplib
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import KEY, free_port, need, wait_for
from test_metrics_are_served import Metrics, expressions

ROOT = pathlib.Path(__file__).parents[2]
RULES = ROOT / "integrations" / "prometheus" / "postern-rules.yml"
DASHBOARD = ROOT / "integrations" / "grafana" / "postern-dashboard.json"
PAGE = ROOT / "docs" / "operating" / "monitoring.md"


class Prometheus:
    """Debian's, with a scrape and an evaluation each second."""

    def __init__(self, directory, target):
        self.port = free_port()
        directory.mkdir()
        (directory / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "postern", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}]}))
        self.log = directory / "log"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log.open("a"), stderr=subprocess.STDOUT)

    def ask(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            answer = json.loads(urllib.request.urlopen(url, timeout=10).read())
        except urllib.error.HTTPError as error:
            # It is not ready yet.
            if error.code == 503:
                raise
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, query):
        """What an instant query finds, without what is not a number."""
        found = self.ask("query", query=query)["result"]
        return [value for value in (float(series["value"][1]) for series in found) if math.isfinite(value)]

    def up(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.values('up{job="postern"}') == [1]
        except OSError:
            return False

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def house(start, sink, tmp_path):
    """A server with a sink that has a budget, and one that does not answer."""
    port = free_port()
    server = start(extra=f"""
delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }}, retry: [0.2] }}
identities: {{ verification: automatic }}
metrics: {{ host: 127.0.0.1, port: {port} }}
sinks:
  - {{ name: archive, type: file, path: {tmp_path}/records, budget: {{ octets: 100000000 }} }}
  - {{ name: far, type: otlp, endpoints: ["http://127.0.0.1:{free_port()}"], budget: {{ records: 1000000 }}, when-full: drop-oldest-copies }}
""")
    server.metrics_port, server.sink = port, sink
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    return server


@pytest.fixture
def prometheus(house, tmp_path):
    server = Prometheus(tmp_path / "prometheus", house.metrics_port)
    yield server
    server.stop()


def act(house):
    """A message that is delivered, one that bounces, one that is refused, and a failure to sign in."""
    house.sink.rcpt_replies["nobody@example.net"] = "550 5.1.1 no such user"
    with house.smtp() as client:
        for recipient in ("ada@example.net", "nobody@example.net"):
            client.sendmail("bob@example.com", [recipient], f"From: bob@example.com\r\nTo: {recipient}\r\nSubject: s\r\n\r\nt\r\n")
        with pytest.raises(smtplib.SMTPResponseException):
            client.sendmail("bob@example.com", ["ada@example.net"], "From: bob@example.com, eve@example.com\r\nSubject: s\r\n\r\nt\r\n")
    with house.smtp(login=False) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(KEY, "wrong")


@need("prometheus")
@need("promtool")
def test_rules_are_evaluated_and_every_panel_has_data(house, prometheus):
    wait_for(prometheus.up, 30, "the first scrape")
    act(house)
    house.sink.wait(1)
    board = json.loads(DASHBOARD.read_text())
    waiting = {}
    for title, expression in expressions(board):
        if title == "job":
            continue
        waiting[title, expression.replace("$job", "postern").replace("$__rate_interval", "1m")] = None
    assert len(waiting) >= 20

    def all_answered():
        for title, query in list(waiting):
            if prometheus.values(query):
                del waiting[title, query]
        return not waiting

    try:
        wait_for(all_answered, 60, "data")
    except AssertionError:
        raise AssertionError(f"no data: {list(waiting)}") from None
    assert prometheus.values("sum(postern_account_sends_total)") == [2]
    assert prometheus.values("sum(postern_account_recipients_total)") == [2]
    wait_for(lambda: prometheus.values("sum(postern_account_hard_bounces_total)") == [1], 15, "the bounce")
    wait_for(lambda: prometheus.values('postern_refusals_total{control="message-syntax",door="smtp"}') == [1], 15, "the refusal")
    # The client tries what mechanisms there are.
    wait_for(lambda: prometheus.values('postern_sign_in_failures_total{door="smtp"} > 0'), 15, "the failure to sign in")
    assert prometheus.values('postern_sink_failing{sink="far",source="trail"}') == [1]
    assert prometheus.values('max(postern_sink_failing{sink="archive"})') == [0]
    assert prometheus.values("sum(postern_trail_records_total)")[0] >= 4
    rules = wait_for(
        lambda: (found := prometheus.rules()) and all(rule["health"] != "unknown" for rule in found) and found, 30, "evaluation")
    assert len(rules) == RULES.read_text().count("- alert:") + RULES.read_text().count("- record:")
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok" or rule.get("lastError")} == {}
    assert prometheus.values("job_account:postern_bounce_rate:ratio1d")[0] > 0.05
    # Two recipients say nothing of a list.
    assert not any(rule["alerts"] for rule in rules if rule["type"] == "alerting")


@need("promtool")
def test_rules_are_well_formed():
    subprocess.run(["promtool", "check", "rules", "--lint-fatal", RULES], check=True, capture_output=True)


LABELS = 'job="postern",instance="a"'


def reputation(bounces=0, complaints=0, recipients=10_000):
    """What comes in a minute of a day, in thousandths."""
    account = f'{{{LABELS},account="111122223333"}}'
    return {
        f"postern_account_recipients_total{account}": f"0+{recipients / 1440}x1440",
        f"postern_account_hard_bounces_total{account}": f"0+{recipients * bounces / 1000 / 1440}x1440",
        f"postern_account_complaints_total{account}": f"0+{recipients * complaints / 1000 / 1440}x1440"}


def level(name, values, more=""):
    return {f"{name}{{{LABELS}{more}}}": values}


SINK = ',sink="splunk",source="trail"'
DIGEST = ',account="111122223333",trail="management"'


@pytest.mark.parametrize("series, minutes, fired", [
    (reputation(bounces=49), 1440, set()),
    (reputation(bounces=51), 1440, {"PosternBounceRateReview"}),
    (reputation(bounces=101), 1440, {"PosternBounceRateReview", "PosternBounceRatePause"}),
    (reputation(bounces=500, recipients=90), 1440, set()),
    (reputation(complaints=0.9), 1440, set()),
    (reputation(complaints=1.1), 1440, {"PosternComplaintRateReview"}),
    (reputation(complaints=5.1), 1440, {"PosternComplaintRateReview", "PosternComplaintRatePause"}),
    (level("postern_sink_lag_seconds", "300x10", SINK), 10, set()),
    (level("postern_sink_lag_seconds", "301x10", SINK), 10, {"PosternSinkLag"}),
    (level("postern_sink_needs_action", "1x10", SINK), 10, {"PosternSinkNeedsAction"}),
    (level("postern_sink_accepting", "0x10", SINK), 10, {"PosternSinkRefusesMail"}),
    (level("postern_sink_records_total", "0 0 0 1x10", SINK + ',outcome="dropped"'), 10, {"PosternCopiesLost"}),
    (level("postern_sink_records_total", "0+9x10", SINK + ',outcome="sent"'), 10, set()),
    (level("postern_trail_lag_seconds", "61x10", ',stream="spool"'), 10, {"PosternTrailLag"}),
    (level("postern_trail_readable", "0x10"), 10, {"PosternTrailLag"}),
    (level("postern_trail_digest_age_seconds", "7200x10", DIGEST) | level("postern_trail_digest_interval_seconds", "3600x10"), 10, set()),
    (level("postern_trail_digest_age_seconds", "7201x10", DIGEST) | level("postern_trail_digest_interval_seconds", "3600x10"), 10, {"PosternDigestGap"}),
    (level("postern_queue_forgotten", "1x10"), 10, {"PosternQueueInvariant"}),
    (level("postern_sign_in_failures_total", "0+3x10", ',door="smtp"'), 10, set()),
    (level("postern_sign_in_failures_total", "0+5x10", ',door="smtp"'), 10, {"PosternSignInFailures"}),
    # A first refusal has no series to grow from.
    (level("postern_refusals_total", "_ _ _ _ _ _ _ _ 11x3", ',control="iam",door="api"'), 10, {"PosternRefusals"}),
    (level("postern_refusals_total", "0+1x10", ',control="iam",door="api"'), 10, set()),
    (level("postern_refusals_total", "0+3x10", ',control="iam",door="api"'), 10, {"PosternRefusals"}),
    (level("postern_cloudwatch_samples_dropped_total", "0+1x10", ',account="111122223333"'), 10, {"PosternSamplesDropped"}),
    (level("up", "1x10"), 10, {"PosternAbsent"}),
])
@need("promtool")
def test_alerts_fire_at_their_thresholds(tmp_path, series, minutes, fired):
    if "PosternAbsent" not in fired and not any("forgotten" in name for name in series):
        series = series | level("postern_queue_forgotten", f"0x{minutes}")
    names = re.findall(r"- alert: (\w+)", RULES.read_text())
    # ALERTS tells of all without their annotations.
    expected = [{"labels": f'{{__name__="fired",alertname="{name}"}}', "value": 1} for name in names if name in fired]
    test = {
        "rule_files": [str(RULES)], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [{
                "expr": 'label_replace(group by (alertname) (ALERTS{alertstate="firing"}), "__name__", "fired", "", "")',
                "eval_time": f"{minutes}m", "exp_samples": expected}]}]}
    path = tmp_path / "test.yml"
    path.write_text(json.dumps(test))
    done = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


ROW = re.compile(r"^\| `(postern_\w+)` \| (counter|gauge|histogram) \|", re.M)


def test_the_page_describes_what_is_served(house):
    act(house)
    wait_for(lambda: Metrics(house.metrics_port)("postern_refusals_total"), 15, "the refusal")
    assert dict(ROW.findall(PAGE.read_text())) == Metrics(house.metrics_port).kinds


def test_every_series_is_bounded(house):
    """What a stranger chooses makes no series of its own."""
    before = len(Metrics(house.metrics_port).values)
    for number in range(30):
        request = urllib.request.Request(f"http://127.0.0.1:{house.api}/", headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA{number:016}/20260101/us-east-1/s{number}/aws4_request, "
            "SignedHeaders=host, Signature=00", "User-Agent": f"agent {number}"})
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=10)
    wait_for(lambda: Metrics(house.metrics_port)("postern_sign_in_failures_total", door="api") > 0, 15, "failures")
    served = Metrics(house.metrics_port)
    assert served.labels("postern_sign_in_failures_total", "door") == {"api", "console", "smtp"}
    assert len(served.values) <= before + 5
