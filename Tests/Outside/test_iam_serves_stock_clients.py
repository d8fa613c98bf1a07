# SPDX-License-Identifier: Apache-2.0
"""IAM, STS and Organizations through unmodified clients: every answer is read by botocore's own models."""
import base64
import csv
import datetime
import hashlib
import hmac
import io
import json
import struct
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

ALLOW_SEND = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}


def totp(seed, at=None):
    step = int((time.time() if at is None else at) // 30)
    mac = hmac.digest(base64.b32decode(seed + "=" * (-len(seed) % 8)), struct.pack(">Q", step), "sha1")
    offset = mac[19] & 15
    return f"{(struct.unpack('>I', mac[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    from conftest import Server

    server = Server(binary, tmp_path_factory.mktemp("iam"))
    yield server
    server.stop(kill=True)


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def test_users_and_keys(server, iam):
    made = iam.create_user(UserName="app", Path="/mail/", Tags=[{"Key": "owner", "Value": "ada"}])["User"]
    assert made["Arn"] == "arn:aws:iam::111122223333:user/mail/app" and made["UserId"].startswith("AIDA")
    assert refused(iam.create_user, UserName="APP") == "EntityAlreadyExists"
    assert refused(iam.get_user, UserName="nobody") == "NoSuchEntity"
    assert refused(iam.create_user, UserName="a b") == "ValidationError"
    assert iam.get_user(UserName="app")["User"]["Tags"] == [{"Key": "owner", "Value": "ada"}]
    key = iam.create_access_key(UserName="app")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA") and len(key["AccessKeyId"]) == 20 and len(key["SecretAccessKey"]) == 40
    iam.create_access_key(UserName="app")
    assert refused(iam.create_access_key, UserName="app") == "LimitExceeded"
    assert refused(iam.delete_user, UserName="app") == "DeleteConflict"
    mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert server.client("sts", **mine).get_caller_identity()["Arn"] == made["Arn"]
    assert server.client("sts").get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == "111122223333"
    assert refused(server.client("iam", **mine).list_users) == "AccessDenied"
    iam.update_access_key(UserName="app", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(server.client("sts", **mine).get_caller_identity) == "InvalidClientTokenId"
    assert {k["Status"] for k in iam.list_access_keys(UserName="app")["AccessKeyMetadata"]} == {"Active", "Inactive"}
    for each in iam.list_access_keys(UserName="app")["AccessKeyMetadata"]:
        iam.get_access_key_last_used(AccessKeyId=each["AccessKeyId"])
        iam.delete_access_key(UserName="app", AccessKeyId=each["AccessKeyId"])
    iam.update_user(UserName="app", NewUserName="App2", NewPath="/")
    assert iam.get_user(UserName="app2")["User"]["Arn"].endswith(":user/App2")
    iam.delete_user(UserName="App2")


def test_groups_policies_and_versions(iam):
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="senders")
    iam.add_user_to_group(GroupName="senders", UserName="bob")
    assert [u["UserName"] for u in iam.get_group(GroupName="senders")["Users"]] == ["bob"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="bob")["Groups"]] == ["senders"]
    policy = iam.create_policy(PolicyName="send", PolicyDocument=json.dumps(ALLOW_SEND))["Policy"]
    assert policy["Arn"] == "arn:aws:iam::111122223333:policy/send"
    iam.attach_group_policy(GroupName="senders", PolicyArn=policy["Arn"])
    assert iam.list_entities_for_policy(PolicyArn=policy["Arn"])["PolicyGroups"][0]["GroupName"] == "senders"
    assert refused(iam.delete_policy, PolicyArn=policy["Arn"]) == "DeleteConflict"
    assert refused(iam.attach_user_policy, UserName="bob", PolicyArn=policy["Arn"] + "x") == "NoSuchEntity"
    for _ in range(4):
        version = iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=json.dumps(ALLOW_SEND), SetAsDefault=True)
    assert version["PolicyVersion"]["VersionId"] == "v5"
    assert refused(iam.create_policy_version, PolicyArn=policy["Arn"], PolicyDocument=json.dumps(ALLOW_SEND)) == "LimitExceeded"
    assert refused(iam.delete_policy_version, PolicyArn=policy["Arn"], VersionId="v5") == "DeleteConflict"
    assert iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]["Document"] == ALLOW_SEND
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=json.dumps(ALLOW_SEND))
    assert iam.get_user_policy(UserName="bob", PolicyName="own")["PolicyDocument"] == ALLOW_SEND
    assert iam.list_user_policies(UserName="bob")["PolicyNames"] == ["own"]
    with pytest.raises(ClientError) as caught:
        iam.put_user_policy(UserName="bob", PolicyName="bad", PolicyDocument='{"Statement":[{"Effect":"Allow","Action":"x","Resource":"*"}]}')
    error = caught.value.response["Error"]
    assert error["Code"] == "MalformedPolicyDocument" and "/Statement/0/Action" in error["Message"]
    assert refused(iam.put_user_policy, UserName="bob", PolicyName="long", PolicyDocument=json.dumps(ALLOW_SEND)[:-2] + '],"Id":"' + "x" * 2100 + '"}') == "LimitExceeded"
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonSESReadOnlyAccess")
    assert iam.get_user(UserName="bob")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("AmazonSESReadOnlyAccess")
    details = iam.get_account_authorization_details()
    assert [u["GroupList"] for u in details["UserDetailList"] if u["UserName"] == "bob"] == [["senders"]]
    assert details["Policies"][0]["PolicyVersionList"][0]["Document"] == ALLOW_SEND


def test_pages(iam):
    for number in range(7):
        iam.create_user(UserName=f"page{number}", Path="/pages/")
    pages = list(iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 3}))
    assert [len(page["Users"]) for page in pages] == [3, 3, 1]
    assert refused(iam.list_users, MaxItems=1001) in ("ValidationError",)


def test_roles_and_sessions(server, iam):
    role = iam.create_role(RoleName="mailer", AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=7200)["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    iam.put_role_policy(RoleName="mailer", PolicyName="send", PolicyDocument=json.dumps(ALLOW_SEND))
    iam.attach_role_policy(RoleName="mailer", PolicyArn="arn:aws:iam::aws:policy/AmazonSESReadOnlyAccess")
    sts = server.client("sts")
    session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="s1", DurationSeconds=900)
    assert session["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/mailer/s1"
    given = session["Credentials"]
    assert abs((given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - 900) < 30
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"]}
    assert server.client("sts", **keys).get_caller_identity()["UserId"].endswith(":s1")
    server.client("sesv2", **keys).list_email_identities()
    assert refused(server.client("iam", **keys).list_users) == "AccessDenied"
    assert refused(server.client("sts", **{**keys, "aws_session_token": given["SessionToken"][:-8] + "AAAAAAA="}).get_caller_identity) == "InvalidClientTokenId"
    narrowed = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="s2", Policy=json.dumps(ALLOW_SEND))["Credentials"]
    keys = {"aws_access_key_id": narrowed["AccessKeyId"], "aws_secret_access_key": narrowed["SecretAccessKey"],
            "aws_session_token": narrowed["SessionToken"]}
    assert refused(server.client("sesv2", **keys).list_email_identities) == "AccessDeniedException"
    assert refused(sts.assume_role, RoleArn=role["Arn"], RoleSessionName="s9", DurationSeconds=43200) == "ValidationError"
    assert refused(sts.assume_role, RoleArn=role["Arn"] + "x", RoleSessionName="s3") == "AccessDenied"
    foreign = json.dumps(TRUST).replace('"AWS": "111122223333"', '"AWS": "arn:aws:iam::999999999999:root"')
    iam.update_assume_role_policy(RoleName="mailer", PolicyDocument=foreign)
    assert refused(sts.assume_role, RoleArn=role["Arn"], RoleSessionName="s3") == "AccessDenied"
    iam.list_instance_profiles_for_role(RoleName="mailer")
    assert refused(iam.delete_role, RoleName="mailer") == "DeleteConflict"


def test_mfa_opens_a_role(server, iam):
    iam.create_user(UserName="admin")
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    iam.put_user_policy(UserName="admin", PolicyName="assume", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}))
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/admin"},
             "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}
    role = iam.create_role(RoleName="administrator", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="admin")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    now = time.time()
    assert refused(iam.enable_mfa_device, UserName="admin", SerialNumber=device["SerialNumber"], AuthenticationCode1="000000",
                   AuthenticationCode2="111111") == "InvalidAuthenticationCode"
    iam.enable_mfa_device(UserName="admin", SerialNumber=device["SerialNumber"], AuthenticationCode1=totp(seed, now - 30),
                          AuthenticationCode2=totp(seed, now))
    assert iam.list_mfa_devices(UserName="admin")["MFADevices"][0]["SerialNumber"] == device["SerialNumber"]
    sts = server.client("sts", **mine)
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="s9") == "AccessDenied"
    # The codes that enabled the device open nothing: the next one does.
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="s9", SerialNumber=device["SerialNumber"], TokenCode=totp(seed, now)) == "AccessDenied"
    code = totp(seed, now + 30)
    given = sts.assume_role(RoleArn=role, RoleSessionName="s9", SerialNumber=device["SerialNumber"], TokenCode=code)["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"]}
    assert server.client("iam", **keys).list_users()["Users"]
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="s9", SerialNumber=device["SerialNumber"], TokenCode=code) == "AccessDenied"
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=device["SerialNumber"]) == "DeleteConflict"
    iam.deactivate_mfa_device(UserName="admin", SerialNumber=device["SerialNumber"])
    iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])


def test_reports_aliases_and_providers(iam):
    iam.create_user(UserName="carol")
    assert iam.get_account_summary()["SummaryMap"]["Users"] >= 1
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    rows = list(csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode())))
    assert rows[0]["user"] == "<root_account>" and any(row["user"] == "carol" for row in rows)
    iam.create_account_alias(AccountAlias="mail-team")
    assert iam.list_account_aliases()["AccountAliases"] == ["mail-team"]
    iam.delete_account_alias(AccountAlias="mail-team")
    metadata = "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata'>" + " " * 1000 + "</EntityDescriptor>"
    saml = iam.create_saml_provider(Name="okta", SAMLMetadataDocument=metadata)["SAMLProviderArn"]
    assert iam.get_saml_provider(SAMLProviderArn=saml)["SAMLMetadataDocument"] == metadata
    assert iam.list_saml_providers()["SAMLProviderList"][0]["Arn"] == saml
    iam.delete_saml_provider(SAMLProviderArn=saml)
    oidc = iam.create_open_id_connect_provider(Url="https://id.example.com", ClientIDList=["a"], ThumbprintList=["0" * 40])["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=oidc, ClientID="b")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=oidc)["ClientIDList"] == ["a", "b"]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=oidc)
    iam.tag_user(UserName="carol", Tags=[{"Key": "Team", "Value": "x"}])
    iam.tag_user(UserName="carol", Tags=[{"Key": "team", "Value": "y"}])
    assert iam.list_user_tags(UserName="carol")["Tags"] == [{"Key": "team", "Value": "y"}]
    iam.untag_user(UserName="carol", TagKeys=["TEAM"])
    assert iam.list_user_tags(UserName="carol")["Tags"] == []


def test_the_simulator_answers_as_the_doors_do(iam):
    iam.create_user(UserName="simulated")
    iam.put_user_policy(UserName="simulated", PolicyName="send", PolicyDocument=json.dumps(ALLOW_SEND))
    results = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::111122223333:user/simulated", ActionNames=["ses:SendEmail", "ses:DeleteIdentity"])["EvaluationResults"]
    assert [r["EvalDecision"] for r in results] == ["allowed", "implicitDeny"]
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "send"
    limited = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"ses:FromAddress": "x*"}}}]})
    result = iam.simulate_custom_policy(PolicyInputList=[limited], ActionNames=["ses:SendEmail"], ContextEntries=[
        {"ContextKeyName": "ses:FromAddress", "ContextKeyValues": ["x@example.com"], "ContextKeyType": "string"}])["EvaluationResults"][0]
    assert result["EvalDecision"] == "explicitDeny"
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[limited])["ContextKeyNames"] == ["ses:FromAddress"]
    iam.get_context_keys_for_principal_policy(PolicySourceArn="arn:aws:iam::111122223333:user/simulated")


def test_organizations(server):
    org = server.client("organizations")
    described = org.describe_organization()["Organization"]
    assert described["Id"].startswith("o-") and described["MasterAccountId"] == "111122223333"
    status = org.create_account(Email="app@example.com", AccountName="app")["CreateAccountStatus"]
    assert org.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]["State"] == "SUCCEEDED"
    member = status["AccountId"]
    assert member in [a["Id"] for a in org.list_accounts()["Accounts"]]
    assert org.describe_account(AccountId=member)["Account"]["Status"] == "ACTIVE"
    assert refused(org.describe_account, AccountId="000000000000") == "AccountNotFoundException"
    deny = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ses:CreateEmailIdentity", "Resource": "*"}]})
    policy = org.create_policy(Name="no identities", Description="", Type="SERVICE_CONTROL_POLICY", Content=deny)["Policy"]["PolicySummary"]["Id"]
    given = server.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole", RoleSessionName="s9")["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"]}
    ses = server.client("sesv2", **keys)
    ses.create_email_identity(EmailIdentity="first.example")
    org.attach_policy(PolicyId=policy, TargetId=member)
    assert refused(ses.create_email_identity, EmailIdentity="second.example") == "AccessDeniedException"
    assert policy in [p["Id"] for p in org.list_policies_for_target(TargetId=member, Filter="SERVICE_CONTROL_POLICY")["Policies"]]
    assert refused(org.delete_policy, PolicyId=policy) == "PolicyInUseException"
    org.detach_policy(PolicyId=policy, TargetId=member)
    ses.create_email_identity(EmailIdentity="second.example")
    org.delete_policy(PolicyId=policy)
    assert refused(org.create_policy, Name="bad", Description="", Type="SERVICE_CONTROL_POLICY", Content="{") == "MalformedPolicyDocumentException"


def test_everything_is_there_after_a_restart(start):
    server = start()
    iam = server.client("iam")
    iam.create_user(UserName="lasting")
    key = iam.create_access_key(UserName="lasting")["AccessKey"]
    server.stop()
    server.start()
    mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert server.client("sts", **mine).get_caller_identity()["Arn"].endswith("user/lasting")
    assert key["SecretAccessKey"].encode() not in (server.data / "postern.db").read_bytes()
    server.stop()
    (server.data / "master.key").write_text("quite another key than the first one\n")
    assert subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, timeout=30).returncode != 0
    assert "master key" in subprocess.run([server.binary, "serve", "--config", server.config], capture_output=True, text=True, timeout=30).stderr
