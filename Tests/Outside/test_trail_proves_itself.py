# SPDX-License-Identifier: Apache-2.0
"""The trail's files convince AWS's own verifier and ours over days, and both name what was done to them.

The days are real to the server and nobody else: it is started at one moment after the other with a clock of its own
(libfaketime), and the last time with everybody's.
"""
import base64
import contextlib
import datetime
import gzip
import hashlib
import json
import shutil
import sqlite3
import subprocess
from unittest import mock

import pytest

from conftest import Server, need, wait_for

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/postern"
BUCKET = "postern-trail-111122223333"
HOUR, DAY = 3_600, 86_400
#: How long a key signs.
QUARTER = 90 * DAY

pytestmark = [need("aws"), need("faketime")]


def digests(server):
    return sorted((server.data / "trail/objects/111122223333" / BUCKET).glob("**/CloudTrail-Digest/**/*.json.gz"))


def logs(server):
    return sorted((server.data / "trail/objects/111122223333" / BUCKET).glob("**/CloudTrail/**/*.json.gz"))


@contextlib.contextmanager
def clock(seconds):
    """Has clients in here sign with a clock that is so many seconds off."""
    def now(remove_tzinfo=True):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return moment.replace(tzinfo=None) if remove_tzinfo else moment

    with mock.patch("botocore.auth.get_current_datetime", now):
        yield


def start_with_clock(server, seconds):
    """What `faketime` does, without a process of its own between us and the server.

    Told of shared memory, the library makes none before the program has read its arguments, which it would lose.
    """
    library = subprocess.run(
        ["faketime", "-f", "-1s", "printenv", "LD_PRELOAD"], check=True, capture_output=True, text=True).stdout.strip()
    server.wrapper = (
        "env", f"LD_PRELOAD={library}", f"FAKETIME={seconds}", "FAKETIME_SHARED=/none /none",
        "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1")
    server.start()


def live_an_hour(server, offset, name):
    """Starts the server at a moment, changes something, and stops it: files tell of what was before they were written."""
    start_with_clock(server, offset)
    with clock(offset):
        server.client("iam").create_user(UserName=name)
    server.stop()


@pytest.fixture(scope="module")
def days(binary, tmp_path_factory):
    """A server that has run on three days for some hours each, with another key from the second on; and runs now.

    Its first start is so long ago that the key which it made then goes out of use between the first day and the second.
    """
    server = Server(binary, tmp_path_factory.mktemp("days"), wait=False)
    for hour in range(2):
        live_an_hour(server, -3 * DAY + (12 + hour) * HOUR - QUARTER, f"founder-{hour}")
    for day in (3, 2, 1):
        for hour in range(4):
            live_an_hour(server, -day * DAY + (hour + 1) * HOUR, f"user-{day}-{hour}")
        if day == 2:
            shutil.copytree(server.data, server.directory / "second-day")
    server.wrapper = ()
    server.start()
    wait_for(lambda: server.records(eventName="CreateUser")[-1]["requestParameters"]["userName"] == "user-1-3",
             what="the last record")
    wait_for(lambda: covered(server), 20, what="a digest of the last day")
    yield server
    server.stop(kill=True)


def covered(server):
    """Whether a digest names the newest log file."""
    newest = digest(digests(server)[-1])["logFiles"]
    return bool(newest) and newest[-1]["s3Object"].endswith(logs(server)[-1].name)


def digest(file):
    return json.loads(gzip.decompress(file.read_bytes()))


def validate(server):
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=QUARTER + 3 * DAY)
    result = subprocess.run(
        ["aws", "cloudtrail", "validate-logs", "--verbose", "--trail-arn", ARN, "--start-time", start.isoformat()],
        env=server.environment(), capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout + result.stderr


def verify(server, *arguments):
    arguments = arguments or ("--config", server.config)
    result = subprocess.run(
        [server.binary, "trail", "verify", *arguments], capture_output=True, text=True, timeout=60)
    return result.returncode, result.stdout + result.stderr


def verify_folder(server):
    return verify(server, "--directory", server.data / "trail")


@pytest.fixture
def touched(days):
    """The server of `days`, whose files are as they were afterwards."""
    before = days.directory / "before"
    shutil.copytree(days.data / "trail", before)
    yield days
    shutil.rmtree(days.data / "trail")
    before.rename(days.data / "trail")
    assert verify(days)[0] == 0


def test_three_untouched_days_are_whole(days):
    names = {digest(file)["digestEndTime"][:10] for file in digests(days)}
    assert len(names) >= 4 and len(digests(days)) >= 12 and len(logs(days)) >= 12
    assert len({digest(file)["digestPublicKeyFingerprint"] for file in digests(days)}) == 2
    code, words = validate(days)
    assert code == 0 and "INVALID" not in words, words
    assert f"{len(digests(days))}/{len(digests(days))} digest files valid" in words, words
    assert f"{len(logs(days))}/{len(logs(days))} log files valid" in words, words
    for code, words in (verify(days), verify_folder(days)):
        assert code == 0, words


def edit(server, victim):
    victim.write_bytes(gzip.compress(gzip.decompress(victim.read_bytes()).replace(b":", b": ", 1)))


def delete(server, victim):
    victim.unlink()


def swap(server, victim):
    """With the file that follows: the two are in each other's place, signatures included."""
    files = digests(server) if "Digest" in victim.name else logs(server)
    other = files[files.index(victim) + 1]
    for end in ("", ".signature"):
        one, two = victim.with_name(victim.name + end), other.with_name(other.name + end)
        if one.exists():
            first = one.read_bytes()
            shutil.copyfile(two, one)
            two.write_bytes(first)


def reorder(server, victim):
    """A log file's records, or a digest's log files, in another order."""
    contents = digest(victim)
    entries = contents["logFiles" if "Digest" in victim.name else "Records"]
    entries.append(entries.pop(0))
    entries += entries[:1] if len(entries) == 1 else []
    victim.write_bytes(gzip.compress(json.dumps(contents, separators=(",", ":")).encode()))


def roll_back(server, victim):
    """An older state of the file under its present name."""
    files = digests(server) if "Digest" in victim.name else logs(server)
    older = files[files.index(victim) - 1]
    for end in ("", ".signature"):
        if older.with_name(older.name + end).exists():
            shutil.copyfile(older.with_name(older.name + end), victim.with_name(victim.name + end))


@pytest.mark.parametrize("act", [edit, delete, swap, reorder, roll_back])
@pytest.mark.parametrize("files", [logs, digests])
def test_what_is_done_to_a_file_is_named_by_both(touched, act, files):
    victim = files(touched)[6]
    act(touched, victim)
    for code, words in (validate(touched), verify(touched), verify_folder(touched)):
        assert code == 1 and victim.name in words, words


def test_an_end_that_is_missing_or_rolled_back_is_seen_by_the_server(touched):
    newest = digests(touched)[-1]
    newest.unlink()
    code, words = verify(touched)
    assert code == 1 and newest.name in words
    # All as it was a day earlier, anchor and all: whole in itself, so nobody but the server can tell.
    shutil.rmtree(touched.data / "trail")
    shutil.copytree(touched.directory / "second-day/trail", touched.data / "trail")
    assert validate(touched)[0] == 0 and verify_folder(touched)[0] == 0
    code, words = verify(touched)
    assert code == 1 and newest.name in words, words


def test_files_that_were_rolled_back_before_a_start_are_written_again(days, start, tmp_path):
    """Records are kept apart from their files: with the second day's files, the third day's are made anew."""
    data = tmp_path / "data"
    shutil.copytree(days.data, data)
    shutil.rmtree(data / "trail")
    shutil.copytree(days.directory / "second-day/trail", data / "trail")
    server = start(data=data)
    wait_for(lambda: covered(server), 20, what="a digest of the last day")
    for code, words in (verify(server), validate(server)):
        assert code == 0, words
    told = [record for file in logs(server) for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
    names = [record["requestParameters"]["userName"] for record in told if record["eventName"] == "CreateUser"]
    assert names == ["founder-0", "founder-1"] + [f"user-{day}-{hour}" for day in (3, 2, 1) for hour in range(4)]


def test_a_key_in_another_ones_place_convinces_nobody(days, start, tmp_path):
    """The public half of the first key is another one, in the server's own list and in the folder's."""
    data = tmp_path / "data"
    shutil.copytree(days.data, data)
    other = other_key()
    with sqlite3.connect(data / "postern.db") as db:
        [(content,)] = db.execute("SELECT content FROM sending_record WHERE kind = 'trail-keys'").fetchall()
        keys = json.loads(content)
        fingerprint = hashlib.md5(bytes(keys[0]["publicKey"]["der"])).hexdigest()
        keys[0]["publicKey"]["der"] = list(other)
        db.execute("UPDATE sending_record SET content = ? WHERE kind = 'trail-keys'", [json.dumps(keys)])
    file = data / "trail/public-keys.json"
    listed = json.loads(file.read_text())
    assert len(listed["PublicKeyList"]) == 2
    listed["PublicKeyList"][0]["Value"] = base64.b64encode(other).decode()
    file.write_text(json.dumps(listed))
    server = start(data=data)
    victim = next(file for file in digests(server) if digest(file)["digestPublicKeyFingerprint"] == fingerprint)
    for code, words in (validate(server), verify(server), verify_folder(server)):
        assert code == 1 and victim.name in words, words


def other_key():
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    return rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def test_only_trail_objects_are_given_and_only_to_who_may(days):
    iam = days.client("iam")
    key = iam.create_access_key(UserName="user-1-0")["AccessKey"]
    own = days.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    with pytest.raises(own.exceptions.ClientError, match="AccessDenied"):
        own.list_objects_v2(Bucket=BUCKET)
    root = days.client("s3")
    assert root.list_objects_v2(Bucket=BUCKET, Prefix="AWSLogs/")["KeyCount"] > 0
    with pytest.raises(root.exceptions.NoSuchKey):
        root.get_object(Bucket=BUCKET, Key="../../../chains/111122223333_postern.json")
    with pytest.raises(root.exceptions.NoSuchBucket):
        root.list_objects_v2(Bucket="another-bucket")
