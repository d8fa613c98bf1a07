# SPDX-License-Identifier: Apache-2.0
"""A disk that fills answers 452 and 500 before anything is lost, and mail flows again when there is room."""
import smtplib
import subprocess

import botocore.config
import botocore.exceptions
import pytest
from conftest import wait_for

MEGABYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", directory], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "-l", directory], check=True)


def over_smtp(server, size):
    with smtplib.SMTP("127.0.0.1", server.trusted, timeout=60) as client:
        client.ehlo()
        client.mail("ada@example.com")
        client.rcpt("bob@example.net")
        line = "x" * 70 + "\r\n"
        code, text = client.data(("From: ada@example.com\r\nSubject: s\r\n\r\n" + line * (size // 72)).encode())
    return code, text.decode()


@pytest.mark.parametrize("reserve, size", [(8 * MEGABYTE, 200_000), (8 * MEGABYTE, 2_000_000), (0, 200_000)],
                         ids=["small, reserve", "large, reserve", "small, to the last octet"])
def test_full_disk(start, sink, small_disk, reserve, size):
    sink.data_reply = "451 4.3.0 not now"
    server = start(
        data=small_disk / "data",
        extra=f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }}, retry: [0.5] }}\n"
        f"identities: {{ verification: automatic }}\nspool: {{ reserve: {reserve} }}\n")
    ses = server.client("sesv2", config=botocore.config.Config(retries={"total_max_attempts": 1}))
    ses.create_email_identity(EmailIdentity="example.com")

    accepted = []
    for _ in range(400):
        code, text = over_smtp(server, size)
        if code != 250:
            break
        accepted.append(text.split()[-1])
    assert code == 452 and text.startswith("4.3.1"), (code, text)
    assert accepted

    with pytest.raises(botocore.exceptions.ClientError) as caught:
        # A checkpoint may have made a little room meanwhile.
        for _ in range(200):
            accepted.append(ses.send_email(
                FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]},
                Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "x\n" * 100_000}}}})["MessageId"])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    assert server.process.poll() is None

    # What was accepted can still be settled, and that makes room; without a reserve the operator has to.
    if not reserve:
        subprocess.run(["mount", "-o", "remount,size=48m", small_disk], check=True)
    sink.data_reply = "250 2.0.0 Ok"
    sink.wait(len(accepted), 60)
    arrived = {content.split(b"Message-ID: <")[1].split(b"@")[0].decode() for _, _, content in sink.messages}
    assert arrived == set(accepted)
    wait_for(lambda: over_smtp(server, size)[0] == 250, 30, "room for mail")
