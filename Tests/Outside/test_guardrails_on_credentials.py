# SPDX-License-Identifier: Apache-2.0
"""MFA for administration and the age of keys, which no policy can lift."""
import json
import smtplib
import sqlite3
import time

import pytest
from botocore.exceptions import ClientError

from conftest import wait_for
from test_iam_serves_stock_clients import totp
from test_policies_hold_at_every_door import ACCOUNT, House, v1_parts, v1_raw, v2_raw, v2_simple

STAR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def session(given):
    return {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"], "aws_session_token": given["SessionToken"]}


def age(house, key_id, days):
    """Makes a key of a server that is stopped as old as that."""
    with sqlite3.connect(house.data / "postern.db") as db:
        row = db.execute("SELECT content FROM access_record WHERE kind = 'access-key' AND name = ?", (key_id,)).fetchone()
        key = json.loads(row[0])
        key["createdAt"] -= days * 86_400_000
        db.execute("UPDATE access_record SET content = ? WHERE kind = 'access-key' AND name = ?", (json.dumps(key), key_id))


def test_administration_needs_mfa(binary, tmp_path):
    house = House(binary, tmp_path, "\nguardrails: { require-mfa-for-administration: true }\n")
    try:
        iam = house.client("iam")
        with pytest.raises(ClientError) as caught:
            iam.create_user(UserName="x")
        assert "require-mfa-for-administration" in str(caught.value)
        # The root user without a device may only come by one.
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="root")["VirtualMFADevice"]
        seed, now = device["Base32StringSeed"].decode(), time.time()
        iam.enable_mfa_device(UserName="root", SerialNumber=device["SerialNumber"], AuthenticationCode1=totp(seed, now - 30), AuthenticationCode2=totp(seed, now))
        given = house.client("sts").get_session_token(SerialNumber=device["SerialNumber"], TokenCode=totp(seed, now + 30))["Credentials"]
        keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"], "aws_session_token": given["SessionToken"]}
        admin = house.client("iam", **keys)
        admin.create_user(UserName="x")
        with pytest.raises(ClientError):
            iam.delete_user(UserName="x")
        admin.delete_user(UserName="x")
        assert iam.list_users()["Users"] == []
        # Who has a device proves it: a second one cannot be enrolled with the key alone.
        with pytest.raises(ClientError):
            iam.create_virtual_mfa_device(VirtualMFADeviceName="second")
        # What somebody says of their own session proves nothing.
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:*"}]}
        role = admin.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        admin.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        given = house.client("sts").assume_role(RoleArn=role, RoleSessionName="s1", Tags=[{"Key": "mfa", "Value": "true"}])["Credentials"]
        with pytest.raises(ClientError) as caught:
            house.client("iam", **session(given)).create_user(UserName="y")
        assert "require-mfa-for-administration" in str(caught.value)
        refused = [fact["called"] for fact in house.facts("called") if fact["called"].get("control")]
        assert [fact["control"] for fact in refused if fact["call"]["name"] == "CreateUser"] == ["require-mfa-for-administration"] * 2
        assert refused[-1]["principal"].endswith("assumed-role/r/s1")
    finally:
        house.stop(kill=True)


def test_a_key_of_91_days_is_refused_at_every_door(binary, tmp_path):
    house = House(binary, tmp_path, "\nguardrails: { maximum-credential-age: 90d }\n")
    try:
        house.client("sesv2").create_email_identity(EmailIdentity="aws.example.com")
        young, old = house.user("young", STAR), house.user("old", STAR)
        for keys in (young, old):
            house.signed_in(keys).quit()
        house.stop()
        age(house, old["aws_access_key_id"], 91)
        house.start()
        assert "LOCKS OUT EVERY SENDER" not in house.log.read_text(), "the young key is good"
        assert f"1 access keys are older and refused: {old['aws_access_key_id']}" in house.log.read_text()
        warned = wait_for(lambda: house.facts("warned"))
        assert [fact["warned"]["subject"] for fact in warned] == [old["aws_access_key_id"]]
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            house.signed_in(old)
        assert b"maximum-credential-age" in caught.value.smtp_error
        for door in (v1_parts, v1_raw, v2_simple, v2_raw):
            with pytest.raises(ClientError) as caught:
                door(house, old, "ops@aws.example.com", ["ada@example.com"])
            assert "maximum-credential-age" in str(caught.value)
            door(house, young, "ops@aws.example.com", ["ada@example.com"])
        # No way round by temporary credentials, which would have no age of their own.
        for call in (lambda sts: sts.get_session_token(), lambda sts: sts.get_caller_identity()):
            with pytest.raises(ClientError) as caught:
                call(house.client("sts", **old))
            assert "maximum-credential-age" in str(caught.value)
        assert {fact["refused"]["control"] for fact in house.facts("refused")} == {"maximum-credential-age"}
    finally:
        house.stop(kill=True)


def test_a_key_is_warned_of_from_day_76(binary, tmp_path):
    house = House(binary, tmp_path, "\nguardrails: { maximum-credential-age: 90d }\n")
    try:
        keys = {days: house.user(f"of{days}", STAR)["aws_access_key_id"] for days in (75, 77)}
        house.stop()
        for days, key in keys.items():
            age(house, key, days)
        house.start()
        warned = wait_for(lambda: house.facts("warned"))
        assert [fact["warned"]["subject"] for fact in warned] == [keys[77]]
        assert "in 12 days" in warned[0]["warned"]["reason"] or "in 13 days" in warned[0]["warned"]["reason"]
    finally:
        house.stop(kill=True)


def test_a_guardrail_that_locks_out_every_sender_says_so_at_start(binary, tmp_path):
    house = House(binary, tmp_path)
    try:
        for name in ("example.com", "ops@example.net"):
            house.client("sesv2").create_email_identity(EmailIdentity=name)
        assert "sender-domains" not in house.log.read_text()
        house.stop()
        text = house.config.read_text()
        house.config.write_text(text + "\nguardrails: { sender-domains: [aws.example.com] }\n")
        house.start()
        line = [line for line in house.log.read_text().splitlines() if "LOCKS OUT EVERY SENDER" in line]
        assert len(line) == 1 and "example.com (111122223333), ops@example.net (111122223333)" in line[0]
    finally:
        house.stop(kill=True)


def test_a_session_ends_with_the_key_that_began_it(binary, tmp_path):
    house = House(binary, tmp_path)
    try:
        keys = house.user("app", STAR)
        house.client("sesv2").create_email_identity(EmailIdentity="aws.example.com")
        sts = house.client("sts", **keys)
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
        role = house.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        house.client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(STAR))
        sessions = [session(sts.get_session_token()["Credentials"]), session(sts.assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"])]
        for each in sessions:
            v2_simple(house, each, "ops@aws.example.com", ["ada@example.com"])
        house.client("iam").update_access_key(UserName="app", AccessKeyId=keys["aws_access_key_id"], Status="Inactive")
        for each in sessions:
            with pytest.raises(ClientError) as caught:
                v2_simple(house, each, "ops@aws.example.com", ["ada@example.com"])
            assert "with which the session was begun, is not active any more" in str(caught.value)
    finally:
        house.stop(kill=True)
