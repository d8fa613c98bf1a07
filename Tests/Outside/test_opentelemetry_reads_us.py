# SPDX-License-Identifier: Apache-2.0
"""Metrics and traces reach a collector of OpenTelemetry, whose own schema reads them: one trace from a message's acceptance,
or from whoever asked for it, to its outcome."""
import collections
import gzip
import hashlib
import http.server
import sqlite3
import ssl
import threading
import time
import urllib.request

import pytest
import sides
from conftest import free_port, wait_for
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TOKEN = "c0llector-t0ken"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """OTLP over HTTPS; `script` holds statuses that come before the usual 200."""

    def __init__(self, certificate):
        self.port, self.script, self.statuses = free_port(), [], []
        self.metrics, self.traces, self.lock = [], [], threading.Lock()
        outer = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    status = outer.answer(self.path, self.headers, body)
                    outer.statuses.append(status)
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, headers, body):
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401
        if (headers["Content-Type"], headers["Content-Encoding"]) != ("application/x-protobuf", "gzip"):
            return 400
        if self.script:
            return self.script.pop(0)
        body = gzip.decompress(body)
        if path == "/v1/metrics":
            self.metrics.append(ExportMetricsServiceRequest.FromString(body))
        elif path == "/v1/traces":
            self.traces.append(ExportTraceServiceRequest.FromString(body))
        else:
            return 404
        return 200

    @property
    def spans(self):
        with self.lock:
            return [span for request in self.traces for resource in request.resource_spans
                    for scope in resource.scope_spans for span in scope.spans]

    def wait(self, *names, of=None):
        """The spans of a trace once it has these names, by them."""
        def found():
            spans = [span for span in self.spans if of is None or span.trace_id.hex() == of]
            return sorted(span.name for span in spans) == sorted(names) and spans
        spans = wait_for(found, 20, f"{names} in {[(span.trace_id.hex(), span.name) for span in self.spans]}")
        by_name = collections.defaultdict(list)
        for span in spans:
            by_name[span.name].append(span)
        return by_name


def attributes(span):
    return {a.key: a.value.int_value if a.value.WhichOneof("value") == "int_value" else a.value.string_value
            for a in span.attributes}


@pytest.fixture
def authority(tmp_path):
    return sides.Authority(tmp_path / "authority")


@pytest.fixture
def collector(authority):
    collector = Collector(authority.issue("localhost"))
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture
def house(start, sink, authority, collector):
    def make(metrics=False, share=1, **options):
        port = free_port()
        otlp = f'otlp: {{ endpoint: "https://localhost:{collector.port}", token: {TOKEN}, ca: {authority.ca}'
        extra = (f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }}, retry: [0.2] }}\n"
                 f"identities: {{ verification: automatic }}\n"
                 f"traces: {{ {otlp}, share: {share} }} }}\n"
                 f"metrics: {{ port: {port}{f', {otlp}, interval: 1 }}' if metrics else ''} }}\n")
        server = start(extra=extra, **options)
        server.metrics = port
        server.client("sesv2").create_email_identity(EmailIdentity="example.com")
        return server
    return make


def send(server, to, traceparent=None, signed=False, subject="Geheimnis"):
    client = server.client("sesv2")
    if traceparent is not None:
        def add(request=None, params=None, **_):
            (params["headers"] if signed else request.headers)["traceparent"] = traceparent
        client.meta.events.register("before-call.sesv2" if signed else "before-send.sesv2", add)
    return client.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "x"}}}})["MessageId"]


def own_trace(message):
    return hashlib.sha256(message.encode()).digest()[:16].hex()


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_the_callers_trace_goes_on_to_the_delivery(house, collector, sink, signed):
    server = house()
    before = time.time_ns()
    message = send(server, "carl@example.net", CALLER, signed)
    spans = collector.wait("accept", "deliver", of=TRACE)
    (accept,), (deliver,) = spans["accept"], spans["deliver"]
    assert accept.parent_span_id.hex() == PARENT
    assert accept.kind == Span.SPAN_KIND_SERVER and accept.flags == 0x301
    assert deliver.parent_span_id == accept.span_id
    assert deliver.kind == Span.SPAN_KIND_CLIENT and deliver.flags == 0x101
    assert len({accept.span_id, deliver.span_id}) == 2 and len(accept.span_id) == len(deliver.span_id) == 8
    assert before - 10**9 < accept.start_time_unix_nano < accept.end_time_unix_nano < time.time_ns()
    assert accept.end_time_unix_nano - accept.start_time_unix_nano < 10**10
    assert deliver.start_time_unix_nano <= deliver.end_time_unix_nano
    assert attributes(deliver) | {"network.peer.port": 0} == {
        "messaging.system": "postern", "messaging.message.id": message, "postern.attempt": 1, "postern.recipients": 1,
        "server.address": "127.0.0.1", "network.peer.address": "127.0.0.1", "network.peer.port": 0,
        "postern.reply.code": 250}
    assert attributes(accept)["messaging.message.id"] == message
    assert attributes(accept)["postern.door"] == "api"
    for request in collector.traces:
        resource = {a.key: a.value.string_value for a in request.resource_spans[0].resource.attributes}
        assert resource["service.name"] == "postern" and resource["host.name"] == "mail.example.com"
        assert resource["service.version"]
        # Nobody's mailbox and nothing that a message says.
        text = request.SerializeToString()
        assert b"carl" not in text and b"ada@" not in text and b"Geheimnis" not in text


def test_mail_over_smtp_has_a_trace_of_its_own(house, collector, sink):
    server = house()
    with server.smtp() as client:
        client.sendmail("ada@example.com", ["carl@example.net"], b"From: ada@example.com\r\nSubject: x\r\n\r\nx\r\n")
    spans = collector.wait("accept", "deliver")
    (accept,), (deliver,) = spans["accept"], spans["deliver"]
    assert accept.parent_span_id == b"" and accept.flags == 0x101
    assert accept.trace_id == deliver.trace_id
    assert accept.trace_id.hex() == own_trace(attributes(accept)["messaging.message.id"])
    assert attributes(accept)["postern.door"] == "smtp"


def test_a_bounce_is_an_error_and_a_delay_is_none(house, collector, sink):
    sink.rcpt_replies = {"nobody@example.net": "550 5.1.1 <nobody@example.net> unknown",
                         "later@example.net": "451 4.7.1 later"}
    server = house()
    bounced = own_trace(send(server, "nobody@example.net"))
    delayed = own_trace(send(server, "later@example.net"))
    (bounce,) = collector.wait("accept", "bounce", of=bounced)["bounce"]
    assert (bounce.status.code, bounce.status.message) == (Status.STATUS_CODE_ERROR, "NoEmail")
    assert attributes(bounce)["postern.reply.code"] == 550 and attributes(bounce)["error.type"] == "550"
    assert "nobody" not in str(bounce)
    wait_for(lambda: [s for s in collector.spans if s.name == "defer"], 20, "a delay")
    sink.rcpt_replies = {}
    wait_for(lambda: [s for s in collector.spans if s.name == "deliver"], 20, "a delivery")
    spans = [s for s in collector.spans if s.trace_id.hex() == delayed]
    assert spans[0].name == "accept" and spans[-1].name == "deliver"
    assert {s.name for s in spans[1:-1]} == {"defer"}
    assert {s.status.code for s in spans} == {Status.STATUS_CODE_UNSET}
    assert {s.parent_span_id for s in spans[1:]} == {spans[0].span_id}
    assert [attributes(s)["postern.attempt"] for s in spans[1:]] == list(range(1, len(spans)))


def place(server):
    with sqlite3.connect(f"file:{server.data}/postern.db?mode=ro", uri=True) as db:
        row = db.execute("SELECT position FROM reader_cursor WHERE reader = 'traces.otlp' AND stream = 'spool'").fetchone()
    return row and row[0]


@pytest.mark.parametrize("traceparent", [
    f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE.upper()}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01", "x" * 8_000,
    f"00-{TRACE}-{PARENT}-01-{'%n' * 20}", "' OR 1=1 --"])
def test_a_hostile_traceparent_is_ignored(house, collector, traceparent):
    server = house()
    message = send(server, "carl@example.net", traceparent)
    (accept,) = collector.wait("accept", "deliver")["accept"]
    assert accept.trace_id.hex() == own_trace(message) and accept.parent_span_id == b""
    assert all("trace" not in fact["accepted"] for fact in server.facts("accepted"))


def test_the_caller_decides_what_is_sampled_else_the_share(house, collector, sink):
    server = house(share=0)
    send(server, "carl@example.net", f"00-{TRACE}-{PARENT}-00")
    send(server, "carl@example.net")
    sink.wait(2)
    send(server, "carl@example.net", f"00-{TRACE[::-1]}-{PARENT}-01")
    collector.wait("accept", "deliver", of=TRACE[::-1])
    assert len(collector.spans) == 2


def test_what_failed_comes_again_and_what_was_taken_does_not(house, collector, sink):
    server = house()
    collector.script += [503, 429, 503]
    sent = [send(server, "carl@example.net")]
    wait_for(lambda: len(collector.spans) == 2, 30, "both spans after three failures")
    log = server.log.read_text()
    assert log.count("nothing arrives") == 1 and "answered 503" in log and TOKEN not in log
    wait_for(lambda: "arrives again" in server.log.read_text(), 10, "the end of the trouble in the log")
    # What was taken is remembered: the place in the facts that the spans came from.
    wait_for(lambda: place(server) == len(server.facts("accepted") + server.facts("delivered")), 10, "the reader's place")
    server.stop()
    server.start()
    sent.append(send(server, "carl@example.net"))
    wait_for(lambda: len(collector.spans) >= 4, 20, "the spans of the second")
    seen = collections.Counter((s.trace_id.hex(), s.name) for s in collector.spans)
    assert seen == {(own_trace(m), name): 1 for m in sent for name in ("accept", "deliver")}
    # Killed with a collector that is away: nothing is lost.
    collector.script += [503] * 50
    sent.append(send(server, "carl@example.net"))
    sink.wait(3)
    server.stop(kill=True)
    collector.script.clear()
    server.start()
    wait_for(lambda: {own_trace(m) for m in sent} == {s.trace_id.hex() for s in collector.spans if s.name == "deliver"},
             20, "the spans of the third")
    identities = {(s.trace_id, s.span_id) for s in collector.spans}
    assert len(identities) == 6, "a span that comes twice is the same span"


def test_health_says_why_nothing_arrives_and_mail_goes_on(house, collector, sink):
    server = house()
    collector.script += [401] * 100
    send(server, "carl@example.net")
    sink.wait(1)

    def trouble():
        with urllib.request.urlopen(f"http://127.0.0.1:{server.metrics}/health", timeout=5) as answer:
            text = answer.read().decode()
        return "traces spool" in text and "answered 401" in text and '"degraded"' in text
    wait_for(trouble, 15, "the reason in /health")


def test_metrics_are_what_prometheus_reads(house, collector, sink):
    server = house(metrics=True)
    started = time.time_ns()
    for _ in range(3):
        send(server, "carl@example.net")
    sink.wait(3)

    def newest():
        with collector.lock:
            requests = list(collector.metrics)
        found = {}
        for request in requests:
            for metric in request.resource_metrics[0].scope_metrics[0].metrics:
                found[metric.name] = metric
        return found
    wait_for(lambda: "postern_account_sends_total" in newest()
             and newest()["postern_account_sends_total"].sum.data_points[0].as_int == 3, 15, "three sends")
    metrics = newest()
    sends = metrics["postern_account_sends_total"]
    (point,) = sends.sum.data_points
    assert sends.sum.is_monotonic and sends.sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    assert {a.key: a.value.string_value for a in point.attributes} == {"account": "111122223333"}
    assert point.start_time_unix_nano < started < point.time_unix_nano
    took = metrics["postern_accept_seconds"]
    (point,) = took.histogram.data_points
    assert took.unit == "s" and took.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert sum(point.bucket_counts) == point.count == 3 and point.sum > 0
    assert metrics["postern_smtp_sessions"].WhichOneof("data") == "gauge"
    # The same families, with the same words.
    text = urllib.request.urlopen(f"http://127.0.0.1:{server.metrics}/metrics", timeout=5).read().decode()
    helps = dict(line.split(" ", 3)[2:] for line in text.splitlines() if line.startswith("# HELP"))
    kinds = dict(line.split(" ", 3)[2:] for line in text.splitlines() if line.startswith("# TYPE"))
    filled = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    assert {name for name in kinds if kinds[name] != "histogram" and name in filled} <= set(metrics)
    for name, metric in metrics.items():
        assert metric.description == helps[name]
        assert metric.WhichOneof("data") == {"counter": "sum"}.get(kinds[name], kinds[name])
    # As often as it was told to, which is once a second.
    count, begun = len(collector.metrics), time.monotonic()
    wait_for(lambda: len(collector.metrics) >= count + 3, 15, "three more pushes")
    assert 1.5 < time.monotonic() - begun < 6
