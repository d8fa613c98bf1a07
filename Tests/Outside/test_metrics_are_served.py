# SPDX-License-Identifier: Apache-2.0
"""`GET /metrics` tells what waits, what becomes of it and how long that takes; the dashboard asks for nothing else."""
import json
import pathlib
import re
import urllib.request

import pytest
from conftest import free_port, need, wait_for
from test_queue_explains_itself import ADDRESSES, House

INTEGRATIONS = pathlib.Path(__file__).parents[2] / "integrations"
DASHBOARDS = sorted((INTEGRATIONS / "grafana").glob("*.json"))
RULES = INTEGRATIONS / "prometheus" / "postern-rules.yml"
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
LINE = re.compile(r'^(postern_\w+?)(?:\{(' + LABEL.pattern + r'(?:,' + LABEL.pattern + r')*)\})? (\S+)$')


class Metrics:
    """One look at `GET /metrics`, held against the format."""

    def __init__(self, port):
        self.values, self.kinds = {}, {}
        response = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10)
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        for line in response.read().decode().splitlines():
            if line.startswith("#"):
                mark, word, name, rest = line.split(" ", 3)
                if word == "TYPE":
                    assert name not in self.kinds, f"{name} twice"
                    self.kinds[name] = rest
                continue
            match = LINE.match(line)
            assert match, line
            key = match[1], frozenset(pair[:2] for pair in LABEL.findall(match[2] or ""))
            assert key not in self.values, f"{line} twice"
            self.values[key] = float(match[match.lastindex])
            assert self.family(match[1]) in self.kinds, line

    def family(self, name):
        stem = re.sub("_(bucket|sum|count)$", "", name)
        return stem if self.kinds.get(stem) == "histogram" else name

    def __call__(self, name, **labels):
        """The sum of all that have these labels."""
        wanted = set(labels.items())
        return sum(value for (known, has), value in self.values.items() if known == name and wanted <= has)

    def labels(self, name, label):
        return {dict(has)[label] for known, has in self.values if known == name and label in dict(has)}


@pytest.fixture
def house(start, name_server, tmp_path):
    port = free_port()
    house = House(start, name_server, tmp_path, addresses=f"{ADDRESSES}\nmetrics: {{ host: 127.0.0.1, port: {port} }}")
    house.rome.open()
    house.metrics = lambda: Metrics(port)
    house.ses.create_configuration_set(ConfigurationSetName="news", DeliveryOptions={"SendingPoolName": "marketing"})
    house.ses.put_dedicated_ip_warmup_attributes(Ip="127.0.0.2", WarmupPercentage=20)
    return house


def moved(house, name, value, **labels):
    wait_for(lambda: house.metrics()(name, **labels) == value, 20, f"{name}{labels} = {value}")


@need("nsd")
def test_what_waits_and_what_becomes_of_it_is_counted(house):
    # The notice of the bounce would wait: nobody receives mail for example.com here.
    house.ses.put_email_identity_feedback_attributes(EmailIdentity="example.com", EmailForwardingEnabled=False)
    first = house.metrics()
    assert first("postern_queue_deliveries_all") == 0 and first("postern_recipients_total") == 0
    assert first.labels("postern_queue_deliveries_by_age", "minutes") == {"0", "5", "10", "20", "40", "80", "160", "320", "640", "1280"}
    house.send("one", ConfigurationSetName="news")
    house.arrive(house.rome, "one")
    moved(house, "postern_recipients_total", 1, outcome="delivered")
    house.rome.rcpt_reply = "550 5.1.1 no such user"
    house.send("two")
    moved(house, "postern_recipients_total", 1, outcome="bounced", party="recipient")
    house.rome.rcpt_reply = "451 4.7.1 later"
    late = house.send("three")
    moved(house, "postern_recipients_total", 1, outcome="deferred")
    moved(house, "postern_queue_deliveries", 1, site="mx.rome.example")
    house.rome.rcpt_reply = "250 2.1.5 ok"
    house.rome.holding.put(True)
    house.act("queue", "retry", "--message", late)
    moved(house, "postern_queue_under_way", 1)
    moved(house, "postern_path_connections", 1, site="mx.rome.example", address="system")
    house.rome.holding.put(False)
    house.arrive(house.rome, "three")
    moved(house, "postern_recipients_total", 2, outcome="delivered")
    moved(house, "postern_queue_deliveries_all", 0)
    last = house.metrics()
    assert last("postern_delivered_protection_total", version="none") == 2
    assert last("postern_address_recipients_total", address="127.0.0.2", outcome="delivered") == 1
    # The address that the system chose.
    assert last("postern_address_recipients_total", address="127.0.0.1", outcome="delivered") == 1
    assert last("postern_address_sent_today", address="127.0.0.2", pool="111122223333/marketing") == 1
    assert last("postern_address_allowed_today", address="127.0.0.2") > 1
    assert last("postern_address_warmup_day", address="127.0.0.2") >= 9 and last("postern_address_warmup_day", address="system") == 0
    assert last("postern_path_window", site="mx.rome.example", address="system") >= 5
    assert last("postern_attempt_seconds_count") == 4 and 0 < last("postern_attempt_seconds_sum") < 40
    assert last("postern_spool_sync_seconds_count") == last("postern_spool_commits_total") >= 6
    assert 0 < last("postern_spool_sync_seconds_sum") < 60
    assert last("postern_spool_sync_seconds_bucket", le="+Inf") == last("postern_spool_sync_seconds_count")
    assert last("postern_queue_deliveries_all") == 0 and last("postern_queue_sites") >= 1 and last("postern_queue_lanes") >= 1
    assert last("postern_queue_forgotten") == 0


@need("nsd")
def test_what_operators_do_and_replies_teach_is_seen(house):
    house.act("queue", "pause")
    with house.server.smtp() as client:
        client.sendmail("ada@example.com", ["bob@rome.example"], "From: ada@example.com\r\nSubject: s\r\n\r\nt\r\n")
        seen = house.metrics()
        assert seen("postern_queue_on_hold") == 1 and seen("postern_queue_draining") == 0
        assert seen("postern_smtp_sessions") == 1 and seen("postern_queue_window") == 1
        assert seen("postern_queue_deliveries_all") == 1
    house.act("queue", "drain")
    house.act("pool", "drain", "127.0.0.2")
    seen = house.metrics()
    assert seen("postern_queue_on_hold") == 0 and seen("postern_queue_draining") == 1
    moved(house, "postern_address_draining", 1, address="127.0.0.2")
    house.rome.rcpt_reply = "421 4.7.0 too many connections from you"
    house.act("queue", "resume")
    moved(house, "postern_path_limits_learned", 1, site="mx.rome.example")


@need("nsd")
def test_an_address_that_changes_its_pool_is_named_once(house):
    house.ses.create_dedicated_ip_pool(PoolName="alerts")
    house.ses.put_dedicated_ip_in_pool(Ip="127.0.0.2", DestinationPoolName="alerts")
    wait_for(lambda: house.metrics()("postern_address_warmup_day", pool="111122223333/alerts"), what="the move")
    assert house.metrics().labels("postern_address_draining", "pool") == {"", "111122223333/alerts"}
    assert house.run("pool", "list").count("127.0.0.2") == 1


@need("nsd")
def test_a_long_queue_does_not_make_a_long_answer(house):
    house.act("queue", "pause")
    with house.server.smtp() as client:
        for start in range(0, 160, 40):
            client.sendmail(
                "ada@example.com", [f"bob@d{number}.rome.example" for number in range(start, start + 40)],
                "From: ada@example.com\r\nSubject: s\r\n\r\nt\r\n")
    seen = house.metrics()
    assert seen("postern_queue_deliveries_all") == 160
    assert len(seen.labels("postern_queue_deliveries", "site")) == 100
    assert len(seen.values) < 1000


def expressions(board):
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


@need("nsd")
def test_dashboards_ask_for_what_is_served(house):
    served = house.metrics()
    names = {name for name in served.kinds if served.kinds[name] != "histogram"} | {
        f"{name}_{suffix}" for name, kind in served.kinds.items() if kind == "histogram" for suffix in ("bucket", "sum", "count")}
    asked = set()
    for board in map(json.loads, map(pathlib.Path.read_text, DASHBOARDS)):
        for title, expression in expressions(board):
            found = set(re.findall(r"\bpostern_\w+", expression))
            assert found and found <= names, (title, found - names)
            asked |= found
            for name in found:
                is_rate = re.search(rf"(rate|increase)\({name}\b", expression) is not None
                kind = served.kinds[served.family(name)]
                assert is_rate == (kind != "gauge"), (title, name, kind)
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids)) and all(panel.get("description") is not None or panel["type"] == "row" for panel in board["panels"])
    ruled = set(re.findall(r"(?<![:\w])postern_\w+", RULES.read_text()))
    assert ruled <= names, ruled - names
    assert {served.family(name) for name in asked | ruled} == set(served.kinds), "what is served and nobody looks at"
