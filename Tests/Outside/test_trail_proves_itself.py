# SPDX-License-Identifier: Apache-2.0
"""The trail's files convince AWS's own verifier and ours, and both name what was done to them."""
import datetime
import gzip
import shutil
import subprocess

import pytest

from conftest import need, wait_for

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/postern"
BUCKET = "postern-trail-111122223333"
SHORT = """
delivery: { route: capture }
identities: { verification: automatic }
trail: { log-interval: 1, digest-interval: 2 }
"""


def digests(server):
    return sorted((server.data / "trail/objects/111122223333" / BUCKET).glob("**/CloudTrail-Digest/**/*.json.gz"))


def logs(server):
    return sorted((server.data / "trail/objects/111122223333" / BUCKET).glob("**/CloudTrail/**/*.json.gz"))


@pytest.fixture
def kept(start):
    """A server with some digests, and log files that they name."""
    server = start(extra=SHORT)
    server.client("iam").create_user(UserName="one")
    wait_for(lambda: len(logs(server)) >= 1, what="a log file")
    server.client("iam").create_user(UserName="two")
    wait_for(lambda: len(logs(server)) >= 2, what="another")
    count = len(digests(server))
    wait_for(lambda: len(digests(server)) >= count + 3, 30, what="digests")
    return server


def validate(server):
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    result = subprocess.run(
        ["aws", "cloudtrail", "validate-logs", "--trail-arn", ARN, "--start-time", start.isoformat()],
        env=server.environment(), capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout + result.stderr


def verify(server, *arguments):
    arguments = arguments or ("--config", server.config)
    result = subprocess.run(
        [server.binary, "trail", "verify", *arguments], capture_output=True, text=True, timeout=60)
    return result.returncode, result.stdout + result.stderr


@need("aws")
def test_an_untouched_trail_is_whole(kept):
    assert validate(kept)[0] == 0 and "INVALID" not in validate(kept)[1]
    assert verify(kept)[0] == 0
    assert verify(kept, "--directory", kept.data / "trail")[0] == 0


def edit(server, victim):
    victim.write_bytes(gzip.compress(gzip.decompress(victim.read_bytes()).replace(b":", b": ", 1)))


def delete(server, victim):
    victim.unlink()


def swap(server, victim):
    files = digests(server) if "Digest" in victim.name else logs(server)
    other = next(file for file in files if file != victim)
    for end in ("", ".signature"):
        one, two = victim.with_name(victim.name + end), other.with_name(other.name + end)
        if one.exists():
            first = one.read_bytes()
            shutil.copyfile(two, one)
            two.write_bytes(first)


@need("aws")
@pytest.mark.parametrize("act", [edit, delete, swap])
@pytest.mark.parametrize("files", [logs, digests])
def test_what_is_done_to_a_file_is_named_by_both(kept, act, files):
    victim = files(kept)[1]
    act(kept, victim)
    for code, words in (validate(kept), verify(kept), verify(kept, "--directory", kept.data / "trail")):
        assert code == 1 and victim.name in words


def test_a_missing_end_is_seen_by_the_server(kept):
    newest = digests(kept)[-1]
    newest.unlink()
    code, words = verify(kept)
    assert code == 1 and newest.name in words


def test_only_trail_objects_are_given_and_only_to_who_may(kept):
    iam = kept.client("iam")
    key = iam.create_access_key(UserName="one")["AccessKey"]
    own = kept.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    with pytest.raises(own.exceptions.ClientError, match="AccessDenied"):
        own.list_objects_v2(Bucket=BUCKET)
    root = kept.client("s3")
    assert root.list_objects_v2(Bucket=BUCKET, Prefix="AWSLogs/")["KeyCount"] > 0
    with pytest.raises(root.exceptions.NoSuchKey):
        root.get_object(Bucket=BUCKET, Key="../../../chains/111122223333_postern.json")
    with pytest.raises(root.exceptions.NoSuchBucket):
        root.list_objects_v2(Bucket="another-bucket")
