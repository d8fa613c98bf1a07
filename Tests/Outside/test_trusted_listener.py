# SPDX-License-Identifier: Apache-2.0
"""Relays and devices that cannot sign in: plain SMTP from named networks, decided as one principal."""
import os
import smtplib
import socket
import subprocess

import pytest
from conftest import need, wait_for


@need("smtp-source")
def test_smtp_source_delivers(relayed):
    subprocess.run(
        ["smtp-source", "-c", "-s", "10", "-m", "200", "-l", "4096", "-f", "ada@example.com", "-t", "bob@example.net",
         f"127.0.0.1:{relayed.trusted}"], check=True, timeout=120, capture_output=True)
    relayed.sink.wait(200, 60)
    assert len(relayed.facts("accepted")) == 200


def test_the_principal_still_needs_a_verified_identity(relayed):
    with smtplib.SMTP("127.0.0.1", relayed.trusted) as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("x@other.example", ["bob@example.net"], "From: x@other.example\r\n\r\nhi\r\n")
    assert caught.value.smtp_code == 554 and b"not verified" in caught.value.smtp_error


def test_it_offers_no_auth(relayed):
    with smtplib.SMTP("127.0.0.1", relayed.trusted) as client:
        client.ehlo()
        assert not client.has_extn("auth")


def change(server, old, new):
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_strangers_are_turned_away(start, sink):
    server = start(relay=sink, wait=False)
    change(server, "networks: [127.0.0.0/8]", "networks: [127.9.9.9/32]")
    server.start()
    before = descriptors(server)
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.trusted), timeout=5) as stranger:
            with stranger.makefile("rb") as words:
                assert words.read() == b"554 5.7.1 This listener is not for 127.0.0.1\r\n"
    wait_for(lambda: descriptors(server) <= before, what="the strangers' descriptors closed")
    with smtplib.SMTP("127.0.0.1", server.trusted, timeout=10, source_address=("127.9.9.9", 0)) as client:
        assert client.ehlo()[0] == 250 and client.mail("ada@example.com")[0] == 250


@pytest.mark.parametrize("door", ["trusted", "implicit"])
def test_sessions_beyond_the_limit_are_turned_away(start, sink, door):
    server = start(relay=sink, wait=False)
    change(server, "smtp:\n", "smtp:\n  maximum-sessions-per-address: 2\n")
    server.start()
    port = getattr(server, door)

    def session():
        return smtplib.SMTP("127.0.0.1", port, timeout=10) if door == "trusted" else server.smtp(implicit=True, login=False)

    with session(), session():
        before = descriptors(server)
        for _ in range(30):
            # Before a handshake nothing is said in clear where TLS is implicit.
            assert turned_away(port) == (b"421 4.7.0 Too many concurrent SMTP connections\r\n" if door == "trusted" else b"closed")
        wait_for(lambda: descriptors(server) <= before, what="the descriptors closed")
    wait_for(lambda: not turned_away(port), what="room again")


def turned_away(port):
    """The words that end a session at once, `closed` where there are none, nothing where it goes on."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        try:
            words = client.recv(100)
        except TimeoutError:
            return b""
        return words or b"closed" if not words.startswith(b"220") else b""


def test_it_is_off_by_default(start, sink):
    server = start(relay=sink, wait=False)
    text = "\n".join(line for line in server.config.read_text().splitlines() if "trusted:" not in line)
    server.config.write_text(text)
    server.start()
    with pytest.raises(OSError):
        smtplib.SMTP("127.0.0.1", server.trusted, timeout=2)


@pytest.mark.parametrize("old, new, named", [
    ("networks: [127.0.0.0/8]", "networks: []", "networks"),
    ("networks: [127.0.0.0/8]", "networks: [everyone]", "everyone"),
    ("networks: [127.0.0.0/8]", "networks: [127.0.0.0/8], principal: 'arn:aws:iam::111122223333:user/nobody'", "nobody")])
def test_start_up_refuses_anything_else(start, sink, old, new, named):
    server = start(relay=sink, wait=False)
    change(server, old, new)
    run = subprocess.run(
        [server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=20)
    assert run.returncode != 0 and named in run.stderr


@pytest.mark.parametrize("door", ["api", "console", "submission", "trusted"])
def test_a_port_in_use_ends_start_up_and_is_named(start, sink, door):
    first = start(relay=sink)
    second = start(relay=sink, wait=False)
    taken, own = getattr(first, door), getattr(second, door)
    change(second, f"port: {own}", f"port: {taken}")
    run = subprocess.run(
        [second.binary, "serve", "--config", second.config], capture_output=True, text=True, timeout=20)
    assert run.returncode != 0 and str(taken) in run.stderr
