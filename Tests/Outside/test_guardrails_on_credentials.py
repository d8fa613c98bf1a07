# SPDX-License-Identifier: Apache-2.0
"""MFA for administration and the age of keys, which no policy can lift."""
import json
import smtplib
import sqlite3
import time

import pytest
from botocore.exceptions import ClientError

from test_iam_serves_stock_clients import totp
from test_policies_hold_at_every_door import House, v1_parts, v1_raw, v2_raw, v2_simple

STAR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


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
        given = house.client("sts").get_session_token(SerialNumber=device["SerialNumber"], TokenCode=totp(seed))["Credentials"]
        keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"], "aws_session_token": given["SessionToken"]}
        admin = house.client("iam", **keys)
        admin.create_user(UserName="x")
        with pytest.raises(ClientError):
            iam.delete_user(UserName="x")
        admin.delete_user(UserName="x")
        assert iam.list_users()["Users"] == []
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
        with sqlite3.connect(house.data / "postern.db") as db:
            row = db.execute("SELECT content FROM access_record WHERE kind = 'access-key' AND name = ?", (old["aws_access_key_id"],)).fetchone()
            key = json.loads(row[0])
            key["createdAt"] -= 91 * 86_400_000
            db.execute("UPDATE access_record SET content = ? WHERE kind = 'access-key' AND name = ?", (json.dumps(key), old["aws_access_key_id"]))
        house.start()
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            house.signed_in(old)
        assert b"maximum-credential-age" in caught.value.smtp_error
        for door in (v1_parts, v1_raw, v2_simple, v2_raw):
            with pytest.raises(ClientError) as caught:
                door(house, old, "ops@aws.example.com", ["ada@example.com"])
            assert "maximum-credential-age" in str(caught.value)
            door(house, young, "ops@aws.example.com", ["ada@example.com"])
    finally:
        house.stop(kill=True)
