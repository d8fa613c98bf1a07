# SPDX-License-Identifier: Apache-2.0
"""A file system that turns read-only under the server: no false success, and mail flows again when it is writable."""
import pathlib
import smtplib
import subprocess

import botocore.config
import botocore.exceptions
import pytest
from conftest import wait_for

HERE = pathlib.Path(__file__).parent
ONCE = botocore.config.Config(retries={"total_max_attempts": 1})
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "x"}}}}


def over_smtp(server):
    with smtplib.SMTP("127.0.0.1", server.trusted, timeout=60) as client:
        client.ehlo()
        client.mail("ada@example.com")
        client.rcpt("bob@example.net")
        code, text = client.data(b"From: ada@example.com\r\nSubject: s\r\n\r\nx\r\n")
    return code, text.decode()


def over_api(server):
    ses = server.client("sesv2", config=ONCE)
    return ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["bob@example.net"]}, Content=CONTENT)["MessageId"]


def refuses(server):
    code, text = over_smtp(server)
    assert 400 <= code < 500 and text.startswith("4.3."), (code, text)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        over_api(server)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    assert server.process.poll() is None


def settings(sink):
    return (f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }}, retry: [0.5] }}\n"
            "identities: { verification: automatic }\n")


def by_both_doors(server):
    """One message by each door; their ids."""
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    return [over_api(server), over_smtp(server)[1].split()[-1]]


def arrived(sink):
    return {content.split(b"Message-ID: <")[1].split(b"@")[0].decode() for _, _, content in sink.messages}


def test_recovers_without_restart(start, sink, tmp_path):
    library, lever = tmp_path / "readonly.so", tmp_path / "lever"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "readonly.c", "-ldl"], check=True)
    server = start(
        data=tmp_path / "data", extra=settings(sink),
        wrapper=("env", f"LD_PRELOAD={library}", f"READONLY_DIRECTORY={tmp_path}/data", f"READONLY_SWITCH={lever}"))
    sink.holding = True
    accepted = by_both_doors(server)
    wait_for(lambda: sink.taken, 30, "a delivery under way")

    lever.touch()
    for _ in range(10):
        refuses(server)
    # Outcomes cannot be written now either: nothing may be forgotten for that.
    sink.holding = False
    wait_for(lambda: sink.messages, 30, "a delivery whose outcome cannot be written")
    refuses(server)

    lever.unlink()
    wait_for(lambda: over_smtp(server)[0] == 250, 30, "mail to be taken again")
    accepted += [over_api(server), over_smtp(server)[1].split()[-1]]
    wait_for(lambda: set(accepted) <= arrived(sink), 60, "every accepted message")
    assert len(arrived(sink)) == len(accepted) + 1


@pytest.fixture
def failing_disk(tmp_path):
    """An ext4 of its own that turns read-only by itself, as after a disk error: `fail()`, then `repair()`."""
    image, directory = tmp_path / "image", tmp_path / "disk"
    directory.mkdir()
    subprocess.run(["truncate", "-s", "512M", image], check=True)
    if subprocess.run(["mkfs.ext4", "-q", "-F", image], capture_output=True).returncode:
        pytest.skip("mkfs.ext4 is not here")
    mount = ["mount", "-o", "loop,errors=remount-ro", image, directory]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    device = subprocess.run(
        ["findmnt", "-no", "SOURCE", directory], capture_output=True, text=True, check=True).stdout.strip()

    class Disk:
        path = directory

        def fail(self):
            pathlib.Path("/sys/fs/ext4", pathlib.Path(device).name, "trigger_fs_error").write_text("1")

        def repair(self):
            subprocess.run(["umount", directory], check=True)
            subprocess.run(["e2fsck", "-p", "-f", image], capture_output=True)
            subprocess.run(mount, check=True)

    yield Disk()
    subprocess.run(["umount", "-l", directory])


def test_a_real_one(start, sink, failing_disk):
    server = start(data=failing_disk.path / "data", extra=settings(sink))
    sink.data_reply = "451 4.3.0 not now"
    accepted = by_both_doors(server)
    failing_disk.fail()
    for _ in range(10):
        refuses(server)
    server.stop(kill=True)
    failing_disk.repair()
    sink.data_reply = "250 2.0.0 Ok"
    server.start()
    wait_for(lambda: set(accepted) == arrived(sink), 60, "every accepted message")
