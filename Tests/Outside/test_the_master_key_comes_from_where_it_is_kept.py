# SPDX-License-Identifier: Apache-2.0
"""The master key from a file, a variable or a command; a new one wraps what is there anew, a wrong one is told."""
import os
import subprocess

FIRST, SECOND = "the first master key, long enough", "another master key, long enough"
SETTINGS = "delivery: { route: capture }\nidentities: { verification: automatic }\n"


def configure(server, master):
    text = server.config.read_text().split("master-key:")[0]
    server.config.write_text(text + f"master-key: {{ {master} }}\n")


def holds(server, keys):
    return server.client("sts", **keys).get_caller_identity()["Arn"].endswith("user/app")


def refusal(server, **environment):
    done = subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=30, env=os.environ | environment)
    assert done.returncode != 0
    return done.stderr


def test_sources_and_rotation(start, tmp_path):
    (tmp_path / "first").write_text(FIRST + "\n")
    (tmp_path / "second").write_text(SECOND + "\n")
    server = start(wait=False, extra=SETTINGS)
    configure(server, f"file: {tmp_path}/first")
    server.start()
    iam = server.client("iam")
    iam.create_user(UserName="app")
    key = iam.create_access_key(UserName="app")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert holds(server, keys) and not (server.data / "master.key").exists()
    server.stop()

    configure(server, f'command: "cat {tmp_path}/first"')
    server.start()
    assert holds(server, keys)
    server.stop()

    configure(server, f"file: {tmp_path}/second")
    assert "give the old one as 'master-key.previous'" in refusal(server)
    configure(server, f"file: {tmp_path}/second, previous: {{ file: {tmp_path}/first }}")
    server.start()
    assert holds(server, keys)
    server.stop()

    # From here on the new one alone is enough, and the old one opens nothing.
    configure(server, f'command: "echo \'{SECOND}\'"')
    server.start()
    assert holds(server, keys)
    server.stop()
    configure(server, f"file: {tmp_path}/first")
    assert "the master key is not the one" in refusal(server)

    configure(server, "environment: MAIL_MASTER_KEY")
    assert "MAIL_MASTER_KEY is not set" in refusal(server)
    os.environ["MAIL_MASTER_KEY"] = SECOND
    try:
        server.start()
        assert holds(server, keys)
    finally:
        del os.environ["MAIL_MASTER_KEY"]
    log = server.log.read_text()
    assert FIRST not in log and SECOND not in log and key["SecretAccessKey"] not in log


def test_a_key_that_is_gone_is_not_made_anew(start):
    server = start()
    server.stop()
    (server.data / "master.key").unlink()
    assert "master.key is gone" in refusal(server)
    assert not (server.data / "master.key").exists()
