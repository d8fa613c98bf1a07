# SPDX-License-Identifier: Apache-2.0
"""Relays and devices that cannot sign in: plain SMTP from named networks, decided as one principal."""
import smtplib
import subprocess

import pytest
from conftest import need


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


def test_strangers_are_turned_away(start, sink):
    server = start(relay=sink, wait=False)
    change(server, "networks: [127.0.0.0/8]", "networks: [127.9.9.9/32]")
    server.start()
    try:
        client = smtplib.SMTP("127.0.0.1", server.trusted, timeout=10)
        assert client.ehlo()[0] >= 400 or client.mail("ada@example.com")[0] >= 400
    except (smtplib.SMTPException, OSError):
        pass
    with smtplib.SMTP("127.0.0.1", server.trusted, timeout=10, source_address=("127.9.9.9", 0)) as client:
        assert client.ehlo()[0] == 250 and client.mail("ada@example.com")[0] == 250


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
