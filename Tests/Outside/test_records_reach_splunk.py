# SPDX-License-Identifier: Apache-2.0
"""Copies of records reach each kind of sink, at least once and in order, whatever the far side does."""
import gzip
import http.server
import json
import re
import socket
import ssl
import threading

import pytest
import sides
from conftest import free_port, wait_for

TOKEN = "11111111-2222-3333-4444-555555555555"


class Collector:
    """An event collector as Splunk documents it; `script` holds answers that come before the usual ones."""

    def __init__(self, certificate, port=None, acknowledges=True):
        self.port, self.acknowledges, self.certificate = port or free_port(), acknowledges, certificate
        self.events, self.script, self.waiting, self.next, self.statuses = [], [], {}, 0, []
        self.acknowledging, self.lock, self.connections = True, threading.Lock(), []
        self.open()

    def open(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                with outer.lock:
                    status, answer = outer.answer(self.path, self.headers, body)
                    outer.statuses.append(status)
                answer = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address, daemon_threads = True, True

            # Each handshake in its own thread, and its failure is the client's.
            def finish_request(self, request, address):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*outer.certificate)
                try:
                    request = context.wrap_socket(request, server_side=True)
                except (ssl.SSLError, OSError):
                    return
                outer.connections.append(request)
                super().finish_request(request, address)

            def handle_error(self, request, address):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        # As with a process that ends, connections end too.
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections, self.waiting, self.next = [], {}, 0

    def answer(self, path, headers, body):
        if headers.get("Authorization") != f"Splunk {TOKEN}":
            return 403, {"text": "Invalid token", "code": 4}
        channel = headers.get("X-Splunk-Request-Channel")
        if path.startswith("/services/collector/ack"):
            return 200, {"acks": {str(ack): self.settle(channel, ack) for ack in json.loads(body)["acks"]}}
        if self.script:
            return self.script.pop(0)
        events, decoder, text = [], json.JSONDecoder(), body.decode()
        while text:
            envelope, end = decoder.raw_decode(text)
            if "poison" in json.dumps(envelope["event"]):
                self.events += events
                return 400, {"text": "Invalid data format", "code": 6, "invalid-event-number": len(events)}
            events.append(envelope)
            text = text[end:]
        if not self.acknowledges:
            self.events += events
            return 200, {"text": "Success", "code": 0}
        if channel is None:
            return 400, {"text": "Data channel is missing", "code": 10}
        self.waiting[channel, self.next] = events
        self.next += 1
        return 200, {"text": "Success", "code": 0, "ackId": self.next - 1}

    def settle(self, channel, ack):
        if not self.acknowledging or (channel, ack) not in self.waiting:
            return False
        self.events += self.waiting.pop((channel, ack))
        return True

    def of(self, kind):
        """Of messages, each once, in the order in which they first came."""
        with self.lock:
            found = {e["event"]["eventID"]: e["event"] for e in reversed(self.events) if e["event"].get("eventType") == kind}
        return list(reversed(found.values()))


@pytest.fixture
def authority(tmp_path):
    return sides.Authority(tmp_path / "authority")


@pytest.fixture
def collector(authority):
    server = Collector(authority.issue("localhost"))
    yield server
    server.stop()


def house(start, sinks, recipients="clear", **options):
    extra = (f"trail: {{ recipients: {recipients} }}\ndelivery: {{ route: capture }}\n"
             f"identities: {{ verification: automatic }}\nsinks:\n{sinks}")
    server = start(extra=extra, **options)
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    return server


def hec(collector, authority, more=""):
    return (f"  - {{ name: splunk, type: hec, endpoints: [\"https://localhost:{collector.port}\"], token: {TOKEN},"
            f" ca: {authority.ca}{more} }}\n")


def send(server, *subjects, sender="ada@example.com"):
    for subject in subjects:
        server.client("sesv2").send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": [f"{subject}@example.net"]},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "x"}}}})


def accepted(collector):
    return [e["accepted"]["recipients"][0].split("@")[0] for e in collector.of("accepted")]


def test_messages_arrive_as_envelopes(start, authority, collector):
    server = house(start, hec(collector, authority, ", index: mail"))
    send(server, "one", "two")
    wait_for(lambda: len(collector.of("delivered")) == 2, 30, "two deliveries")
    assert accepted(collector) == ["one", "two"]
    envelope = next(e for e in collector.events if e["event"]["eventType"] == "accepted")
    assert (envelope["sourcetype"], envelope["source"], envelope["host"], envelope["index"]) == (
        "postern:message", "postern:spool", "mail.example.com", "mail")
    assert re.fullmatch(r"spool-\d+", envelope["event"]["eventID"])
    assert envelope["event"]["accountId"] == "111122223333"
    assert TOKEN not in server.log.read_text()


def test_what_fails_comes_again_in_order(start, authority, collector):
    server = house(start, hec(collector, authority))
    collector.script = [
        (503, {"text": "Server is busy", "code": 9}), (429, {"text": "Too many requests", "code": 26}),
        (500, {"text": "Internal server error", "code": 8}), (502, {})]
    send(server, *(f"n{i}" for i in range(20)))
    wait_for(lambda: len(collector.of("delivered")) == 20, 60, "twenty deliveries")
    assert accepted(collector) == [f"n{i}" for i in range(20)]
    log = server.log.read_text()
    # Several sources ask at once, and each tells of its first refusal alone.
    refusals = ("Server is busy", "Too many requests", "Internal server error", "502")
    assert any(words in log for words in refusals) and "arrive again" in log


def test_nothing_is_lost_when_either_side_dies(start, authority, collector):
    server = house(start, hec(collector, authority))
    collector.acknowledging = False
    send(server, "a", "b")
    wait_for(lambda: collector.waiting, 30, "a batch that waits for its acknowledgement")
    collector.stop()
    send(server, "c")
    server.stop(kill=True)
    server.start()
    send(server, "d")
    collector.acknowledging = True
    collector.open()
    wait_for(lambda: len(collector.of("accepted")) == 4, 60, "four messages")
    assert accepted(collector) == ["a", "b", "c", "d"]


def test_a_record_that_is_never_taken_is_set_aside(start, authority, collector):
    server = house(start, hec(collector, authority))
    send(server, "a", "poison", "b")
    wait_for(lambda: accepted(collector) == ["a", "b"] and collector.of("warned"), 30, "all but one")
    reasons = {fact["warned"]["reason"] for fact in server.facts("warned")}
    assert all("was set aside" in reason and "code 6" in reason for reason in reasons) and reasons
    assert all(fact["warned"]["control"] == "sinks.splunk" for fact in server.facts("warned"))


@pytest.mark.parametrize("wrong", ["token", "certificate", "address"])
def test_what_somebody_has_to_act_on_is_named_and_mail_goes_on(start, authority, collector, tmp_path, wrong):
    other = sides.Authority(tmp_path / "other")
    sinks = hec(collector, other if wrong == "certificate" else authority)
    if wrong == "token":
        sinks = sinks.replace(TOKEN, "22222222-wrong")
    if wrong == "address":
        sinks = sinks.replace(str(collector.port), str(free_port()))
    server = house(start, sinks)
    send(server, "a")
    word = {"token": "Invalid token", "certificate": "CERTIFICATE_VERIFY_FAILED", "address": "copies of"}[wrong]
    wait_for(lambda: word in server.log.read_text(), 30, word)
    wait_for(lambda: server.facts("delivered"), 15, "a delivery")
    assert not collector.events
    assert "22222222-wrong" not in server.log.read_text()


def test_a_file_gets_lines(start, tmp_path):
    path = tmp_path / "records"
    server = house(start, f"  - {{ name: file, type: file, path: {path}, records: [messages] }}\n")
    send(server, "a")
    lines = wait_for(lambda: [line for line in path.read_text().splitlines() if "delivered" in line] if path.exists() else None)
    assert json.loads(lines[0])["event"]["delivered"]["recipients"] == ["a@example.net"]


def test_recipients_appear_as_in_the_trail(start, tmp_path):
    path = tmp_path / "records"
    sinks = f"  - {{ name: file, type: file, path: {path}, records: [trail, messages] }}\n"
    server = house(start, sinks, recipients="hash")
    send(server, "bob")
    wait_for(lambda: path.exists() and "delivered" in path.read_text() and "SendEmail" in path.read_text())
    events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    shown, = next(event["accepted"]["recipients"] for event in events if "accepted" in event)
    assert shown.startswith("hmac-sha256:") and shown.endswith("@example.net")
    record = next(event for event in events if event.get("eventName") == "SendEmail")
    assert record["requestParameters"]["destination"]["toAddresses"] == [shown]
    assert "bob@" not in path.read_text()


class Syslog:
    """Takes frames over TLS and keeps the messages."""

    def __init__(self, certificate):
        self.port, self.messages = free_port(), []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", self.port)), server_side=True)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            threading.Thread(target=self.read, args=(connection,), daemon=True).start()

    def read(self, connection):
        stream = connection.makefile("rb")
        while True:
            digits = b""
            while (octet := stream.read(1)) not in (b" ", b""):
                digits += octet
            if not octet:
                return
            self.messages.append(stream.read(int(digits)).decode())


def test_syslog_gets_frames_that_nobody_can_forge(start, authority):
    syslog = Syslog(authority.issue("localhost"))
    server = house(
        start, f"  - {{ name: s, type: syslog, endpoints: [\"localhost:{syslog.port}\"], ca: {authority.ca}, records: [messages] }}\n")
    with server.smtp() as client:
        try:
            client.sendmail("x\x0b<110>1\x1b[31m@example.org", ["a@example.net"], b"Subject: x\r\n\r\nx\r\n")
        except Exception:
            pass
    send(server, "a")
    wait_for(lambda: any("delivered" in m for m in syslog.messages), 30, "a delivery")
    for message in syslog.messages:
        match = re.fullmatch(r"<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z mail\.example\.com postern - message - (\{.*\})", message)
        assert match, message
        assert not re.search("[\x00-\x1f\x7f-\x9f]", message)
        json.loads(match[1])


def test_opentelemetry_gets_protobuf(start, authority):
    port, posted = free_port(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            posted.append((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    server = house(start, f"  - {{ name: o, type: otlp, endpoints: [\"http://127.0.0.1:{port}\"], records: [messages] }}\n")
    send(server, "a")
    wait_for(lambda: any(b'"eventType":"delivered"' in body for _, _, body in posted), 30, "a delivery")
    assert {(path, kind) for path, kind, _ in posted} == {("/v1/logs", "application/x-protobuf")}
    logs = pytest.importorskip("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
    for _, _, body in posted:
        request = logs.ExportLogsServiceRequest.FromString(body)
        resource = {a.key: a.value.string_value for a in request.resource_logs[0].resource.attributes}
        assert resource == {"service.name": "postern", "host.name": "mail.example.com"}
        for record in request.resource_logs[0].scope_logs[0].log_records:
            json.loads(record.body.string_value)
            assert record.time_unix_nano > 1.7e18 and record.severity_text == "INFO"
