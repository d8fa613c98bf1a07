# SPDX-License-Identifier: Apache-2.0
"""Spellings, empty names, forged markers, wrong kinds and huge lists: nothing of it gets past a policy or the server."""
import concurrent.futures
import csv
import io
import json
import time
import urllib.parse

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from test_iam_serves_stock_clients import ALLOW_SEND, TRUST, refused, totp

SEND = json.dumps(ALLOW_SEND)
ACCOUNT = "111122223333"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonSESReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonSESFullAccess"
# What clients refuse themselves is what they must be kept from refusing here.
RAW = Config(parameter_validation=False, retries={"max_attempts": 1})
METADATA = "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata'>" + " " * 1000 + "</EntityDescriptor>"


def allow(action="iam:*", resource="*", effect="Allow", **condition):
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    from conftest import Server

    server = Server(binary, tmp_path_factory.mktemp("talk"))
    yield server
    server.stop(kill=True)


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam", config=RAW)


@pytest.fixture(scope="module")
def org(server):
    return server.client("organizations", config=RAW)


@pytest.fixture(scope="module")
def delegate(server, iam):
    """A client of a new user with these statements."""
    names = iter(range(10_000))

    def make(*statements, service="iam"):
        name = f"delegate{next(names)}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        client = server.client(
            service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], config=RAW)
        client.user = name
        return client

    return make


@pytest.fixture(scope="module")
def member(server, org):
    """A member account, and its administrator's options for clients."""
    account = org.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]["AccountId"]
    given = server.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="s1")["Credentials"]
    return account, {
        "aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"]}


# Markers

def test_a_forged_marker_is_refused_and_stops_nobody(server, iam, org):
    iam.create_user(UserName="marked")
    iam.create_group(GroupName="marked")
    iam.create_role(RoleName="marked", AssumeRolePolicyDocument=json.dumps(TRUST))
    policy = iam.create_policy(PolicyName="marked", PolicyDocument=SEND)["Policy"]["Arn"]
    calls = [
        (iam.list_users, {}), (iam.list_groups, {}), (iam.list_roles, {}), (iam.list_policies, {}),
        (iam.get_group, {"GroupName": "marked"}), (iam.list_groups_for_user, {"UserName": "marked"}),
        (iam.list_access_keys, {"UserName": "marked"}), (iam.list_user_tags, {"UserName": "marked"}),
        (iam.list_user_policies, {"UserName": "marked"}), (iam.list_attached_user_policies, {"UserName": "marked"}),
        (iam.list_role_policies, {"RoleName": "marked"}), (iam.list_policy_versions, {"PolicyArn": policy}),
        (iam.list_entities_for_policy, {"PolicyArn": policy}), (iam.list_mfa_devices, {"UserName": "marked"}),
        (iam.list_virtual_mfa_devices, {}), (iam.get_account_authorization_details, {}), (iam.list_account_aliases, {}),
        (iam.simulate_custom_policy, {"PolicyInputList": [SEND], "ActionNames": ["ses:SendEmail"]})]
    for marker in ("9223372036854775807", "-1", "1", "", "AAAA", "x" * 5000, "é"):
        for call, arguments in calls:
            assert refused(call, Marker=marker, **arguments) == "ValidationError", (call, marker)
        for call, arguments in [(org.list_accounts, {}), (org.list_policies, {"Filter": "SERVICE_CONTROL_POLICY"}), (org.list_roots, {})]:
            assert refused(call, NextToken=marker, **arguments) == "InvalidInputException", marker
    for size in (0, 1001, -1):
        assert refused(iam.list_users, MaxItems=size) == "ValidationError"
    assert refused(org.list_accounts, MaxResults=0) == "InvalidInputException"
    assert refused(org.list_accounts, MaxResults=21) == "InvalidInputException"
    assert server.healthy()


def test_what_is_deleted_between_two_pages_hides_nobody(iam):
    for number in range(6):
        iam.create_user(UserName=f"gone{number}", Path="/gone/")
    first = iam.list_users(PathPrefix="/gone/", MaxItems=3)
    for number in (1, 2):
        iam.delete_user(UserName=f"gone{number}")
    second = iam.list_users(PathPrefix="/gone/", MaxItems=3, Marker=first["Marker"])
    assert [user["UserName"] for user in second["Users"]] == ["gone3", "gone4", "gone5"] and not second["IsTruncated"]
    iam.tag_user(UserName="gone5", Tags=[{"Key": f"k{number}", "Value": ""} for number in range(7)])
    pages = list(iam.get_paginator("list_user_tags").paginate(UserName="gone5", PaginationConfig={"PageSize": 3}))
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == [f"k{number}" for number in range(7)]
    versions = iam.create_policy(PolicyName="versions", PolicyDocument=SEND)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=versions, PolicyDocument=SEND)
    for _ in range(9):
        iam.delete_policy_version(PolicyArn=versions, VersionId=iam.list_policy_versions(PolicyArn=versions)["Versions"][0]["VersionId"])
        iam.create_policy_version(PolicyArn=versions, PolicyDocument=SEND)
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=versions, PaginationConfig={"PageSize": 2})
    assert [version["VersionId"] for page in pages for version in page["Versions"]] == ["v14", "v4", "v3", "v2", "v1"]


# Spelling

def test_a_name_in_another_case_is_the_same_name_to_policies(iam, delegate):
    iam.create_user(UserName="SecAdmin", Path="/ops/")
    iam.create_group(GroupName="SecAdmins", Path="/ops/")
    iam.create_role(RoleName="SecRole", Path="/ops/", AssumeRolePolicyDocument=json.dumps(TRUST))
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="secadmin")["VirtualMFADevice"]
    key = iam.create_access_key(UserName="SecAdmin")["AccessKey"]["AccessKeyId"]
    denied = [f"arn:aws:iam::{ACCOUNT}:{part}" for part in ("user/ops/SecAdmin", "group/ops/SecAdmins", "role/ops/SecRole")]
    mine = delegate(allow(), allow(resource=denied, effect="Deny"))
    codes = {"SerialNumber": device["SerialNumber"], "AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    for name in ("SecAdmin", "secadmin", "SECADMIN", "sEcAdMiN"):
        for call, arguments in [
            (mine.get_user, {}), (mine.create_access_key, {}), (mine.list_access_keys, {}), (mine.delete_user, {}),
            (mine.update_access_key, {"AccessKeyId": key, "Status": "Inactive"}), (mine.delete_access_key, {"AccessKeyId": key}),
            (mine.update_user, {"NewUserName": "mine"}), (mine.put_user_policy, {"PolicyName": "x", "PolicyDocument": SEND}),
            (mine.attach_user_policy, {"PolicyArn": FULL}), (mine.detach_user_policy, {"PolicyArn": FULL}),
            (mine.put_user_permissions_boundary, {"PermissionsBoundary": FULL}), (mine.delete_user_permissions_boundary, {}),
            (mine.tag_user, {"Tags": [{"Key": "a", "Value": "b"}]}), (mine.untag_user, {"TagKeys": ["a"]}),
            (mine.enable_mfa_device, codes), (mine.resync_mfa_device, codes), (mine.list_mfa_devices, {}),
            (mine.deactivate_mfa_device, {"SerialNumber": device["SerialNumber"]}), (mine.list_groups_for_user, {}),
            (mine.list_ssh_public_keys, {}), (mine.get_login_profile, {}), (mine.delete_login_profile, {}),
        ]:
            assert refused(call, UserName=name, **arguments) == "AccessDenied", (name, call)
    for name in ("secadmins", "SECADMINS"):
        assert refused(mine.add_user_to_group, GroupName=name, UserName=mine.user) == "AccessDenied"
        assert refused(mine.put_group_policy, GroupName=name, PolicyName="x", PolicyDocument=SEND) == "AccessDenied"
        assert refused(mine.update_group, GroupName=name, NewGroupName="mine") == "AccessDenied"
    for name in ("secrole", "SECROLE"):
        assert refused(mine.update_assume_role_policy, RoleName=name, PolicyDocument=json.dumps(TRUST)) == "AccessDenied"
        assert refused(mine.attach_role_policy, RoleName=name, PolicyArn=FULL) == "AccessDenied"
        assert refused(mine.delete_role, RoleName=name) == "AccessDenied"
    for path in ("ops/SecAdmin", "secadmin", "elsewhere/SECADMIN"):
        source = f"arn:aws:iam::{ACCOUNT}:user/{path}"
        assert refused(mine.simulate_principal_policy, PolicySourceArn=source, ActionNames=["ses:SendEmail"]) == "AccessDenied"
        assert refused(mine.get_context_keys_for_principal_policy, PolicySourceArn=source) == "AccessDenied"
    assert refused(mine.get_access_key_last_used, AccessKeyId=key) == "AccessDenied"
    # Whoever may, may write it as he likes, and is answered with the name as it stands.
    assert iam.get_user(UserName="SECADMIN")["User"]["Arn"] == denied[0]
    iam.put_user_policy(UserName="secadmin", PolicyName="Mixed", PolicyDocument=SEND)
    iam.put_user_policy(UserName="secadmin", PolicyName="mixed", PolicyDocument=SEND)
    assert iam.list_user_policies(UserName="SecAdmin")["PolicyNames"] == ["Mixed"]
    assert iam.get_user_policy(UserName="secadmin", PolicyName="MIXED")["UserName"] == "SecAdmin"


@pytest.mark.parametrize("name", ["\u212aate", "kate\u0301", "ﬀ", "ka te", "kate\n", "ka/te", "kate:", "*", "", "k" * 65, "ｋate"])
def test_names_are_plain_or_refused_before_anything_is_asked(iam, delegate, name):
    nobody = delegate(allow("ses:*"))
    for client in (iam, nobody):
        for call, arguments in [
            (client.get_user, {"UserName": name}), (client.create_user, {"UserName": name}), (client.delete_user, {"UserName": name}),
            (client.create_access_key, {"UserName": name}), (client.list_mfa_devices, {"UserName": name}),
            (client.update_user, {"UserName": "marked", "NewUserName": name}), (client.get_role, {"RoleName": name}),
            (client.add_user_to_group, {"GroupName": "marked", "UserName": name} if client is iam else {"GroupName": name, "UserName": "x"})]:
            if len(name) == 65 and "GroupName" in arguments and arguments["GroupName"] == name:
                continue
            assert refused(call, **arguments) == "ValidationError", (name, call)


def test_paths_and_arns_are_plain_or_refused(iam):
    for path in ("", "x", "/x", "x/", "//", "/é/", "/a b/", "/a\n/", "/" + "p" * 512 + "/", "/\u0338"):
        assert refused(iam.create_user, UserName="pathed", Path=path) == "ValidationError", path
        assert refused(iam.update_user, UserName="marked", NewPath=path) == "ValidationError", path
    for prefix in ("", "x", "é", "/é", "/" * 513):
        assert refused(iam.list_users, PathPrefix=prefix) == "ValidationError", prefix
        assert refused(iam.list_attached_user_policies, UserName="marked", PathPrefix=prefix) == "ValidationError"
        assert refused(iam.list_entities_for_policy, PolicyArn=FULL, PathPrefix=prefix) == "ValidationError"
    for arn in ("", "x", f"arn:aws:iam::{ACCOUNT}:policy/\u212a", f"arn:aws:iam::{ACCOUNT}:policy/" + "x" * 2048, f"arn:aws:iam::{ACCOUNT}:user/marked"):
        assert refused(iam.get_policy, PolicyArn=arn) == "ValidationError", arn
        assert refused(iam.attach_user_policy, UserName="marked", PolicyArn=arn) == "ValidationError", arn
    assert refused(iam.create_user, UserName="bounded", PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/\u212a") == "ValidationError"
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/\u212a") == "ValidationError"
    assert refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="x", Path="/a*b/") == "ValidationError"
    assert refused(iam.get_access_key_last_used, AccessKeyId="AKIA\u212aAAAAAAAAAAAAAA") == "ValidationError"


def test_only_the_root_user_reaches_the_root_users_devices(server, iam, delegate):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="roots")["VirtualMFADevice"]
    seed, now = device["Base32StringSeed"].decode(), time.time()
    codes = {"SerialNumber": device["SerialNumber"], "AuthenticationCode1": totp(seed, now - 30), "AuthenticationCode2": totp(seed, now)}
    mine = delegate(allow())
    for name, code in (("", "ValidationError"), ("root", "NoSuchEntity"), ("Root", "NoSuchEntity")):
        assert refused(mine.enable_mfa_device, UserName=name, **codes) == code
        assert refused(mine.list_mfa_devices, UserName=name) == code
        assert refused(mine.deactivate_mfa_device, UserName=name, SerialNumber=device["SerialNumber"]) == code
    assert refused(iam.enable_mfa_device, UserName="", **codes) == "ValidationError"
    iam.enable_mfa_device(UserName="root", **codes)
    assert iam.list_mfa_devices()["MFADevices"][0]["UserName"] == "root"
    assert refused(mine.deactivate_mfa_device, UserName="root", SerialNumber=device["SerialNumber"]) == "NoSuchEntity"
    assert refused(mine.deactivate_mfa_device, UserName=mine.user, SerialNumber=device["SerialNumber"]) == "NoSuchEntity"
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    iam.deactivate_mfa_device(UserName="root", SerialNumber=device["SerialNumber"])
    iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])


def test_codes_that_set_a_device_up_open_nothing(server, iam, delegate):
    sts = delegate(allow("sts:*"), service="sts")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=sts.user)["VirtualMFADevice"]
    serial, seed, now = device["SerialNumber"], device["Base32StringSeed"].decode(), time.time()
    first, second = totp(seed, now - 30), totp(seed, now)
    pair = {"UserName": sts.user, "SerialNumber": serial, "AuthenticationCode1": first, "AuthenticationCode2": second}
    iam.enable_mfa_device(**pair)
    for code in (first, second):
        assert refused(sts.get_session_token, SerialNumber=serial, TokenCode=code) == "AccessDenied"
    assert refused(iam.resync_mfa_device, **pair) == "InvalidAuthenticationCode"
    iam.deactivate_mfa_device(UserName=sts.user, SerialNumber=serial)
    assert refused(iam.enable_mfa_device, **pair) == "InvalidAuthenticationCode"
    third, fourth = totp(seed, now + 30), totp(seed, now + 60)
    iam.enable_mfa_device(**(pair | {"AuthenticationCode1": third, "AuthenticationCode2": fourth}))
    assert refused(sts.get_session_token, SerialNumber=serial, TokenCode=third) == "AccessDenied"


# Renaming, kinds

def test_renaming_needs_both_names(iam, delegate):
    iam.create_user(UserName="bob", Path="/staff/")
    iam.create_group(GroupName="crew", Path="/staff/")
    mine = delegate(allow(resource=[f"arn:aws:iam::{ACCOUNT}:*/staff/*"]))
    assert refused(mine.update_user, UserName="bob", NewPath="/admins/") == "AccessDenied"
    assert refused(mine.update_group, GroupName="crew", NewPath="/admins/") == "AccessDenied"
    mine.update_user(UserName="BOB", NewUserName="Robert")
    mine.update_group(GroupName="crew", NewGroupName="Crew2")
    assert iam.get_user(UserName="robert")["User"]["Arn"].endswith(":user/staff/Robert")


def test_providers_are_of_the_kind_that_is_asked_for(iam, delegate):
    made = iam.create_saml_provider(Name="idp", SAMLMetadataDocument=METADATA, Tags=[{"Key": "a", "Value": "b"}])
    saml = made["SAMLProviderArn"]
    assert made["Tags"] == [{"Key": "a", "Value": "b"}]
    made = iam.create_open_id_connect_provider(Url="https://idp.example.com/a", ClientIDList=["c"], Tags=[{"Key": "a", "Value": "b"}])
    oidc = made["OpenIDConnectProviderArn"]
    assert oidc == f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/a" and made["Tags"]
    for call, arguments in [
        (iam.get_saml_provider, {}), (iam.delete_saml_provider, {}), (iam.update_saml_provider, {"SAMLMetadataDocument": METADATA}),
        (iam.tag_saml_provider, {"Tags": [{"Key": "x", "Value": ""}]}), (iam.list_saml_provider_tags, {})]:
        assert refused(call, SAMLProviderArn=oidc, **arguments) == "ValidationError"
    for call, arguments in [
        (iam.get_open_id_connect_provider, {}), (iam.delete_open_id_connect_provider, {}),
        (iam.add_client_id_to_open_id_connect_provider, {"ClientID": "x"}),
        (iam.update_open_id_connect_provider_thumbprint, {"ThumbprintList": ["0" * 40]}),
        (iam.untag_open_id_connect_provider, {"TagKeys": ["x"]})]:
        assert refused(call, OpenIDConnectProviderArn=saml, **arguments) == "ValidationError"
    assert refused(iam.create_saml_provider, Name="enc", SAMLMetadataDocument=METADATA, AssertionEncryptionMode="Required") == "InvalidInput"
    for url in ("http://a.example", "https://", "https:///a", "https://a.example:8443", "https://a.example?x=1", "https://\u212a.example"):
        assert refused(iam.create_open_id_connect_provider, Url=url, ThumbprintList=["0" * 40]) == "ValidationError", url
    mine = delegate(allow(resource=f"arn:aws:iam::{ACCOUNT}:oidc-provider/mine.example/*"))
    mine.create_open_id_connect_provider(Url="https://mine.example/x")
    assert refused(mine.create_open_id_connect_provider, Url="https://other.example/x") == "AccessDenied"
    assert iam.get_saml_provider(SAMLProviderArn=saml)["SAMLMetadataDocument"] == METADATA


# Condition keys

def test_tags_of_what_is_asked_for_decide(iam, delegate):
    for name, team in (("ours", "mail"), ("theirs", "web")):
        iam.create_user(UserName=name, Tags=[{"Key": "Team", "Value": team}])
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "Team", "Value": team}])
        iam.create_policy(PolicyName=name, PolicyDocument=SEND, Tags=[{"Key": "Team", "Value": team}])
    for key in ("aws:ResourceTag/team", "iam:ResourceTag/Team"):
        mine = delegate(allow(StringEquals={key: "mail"}))
        mine.create_access_key(UserName="OURS")
        mine.put_role_policy(RoleName="ours", PolicyName="p", PolicyDocument=SEND)
        mine.list_policy_versions(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/ours")
        assert refused(mine.create_access_key, UserName="theirs") == "AccessDenied"
        assert refused(mine.put_role_policy, RoleName="theirs", PolicyName="p", PolicyDocument=SEND) == "AccessDenied"
        assert refused(mine.create_policy_version, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/theirs", PolicyDocument=SEND) == "AccessDenied"
        assert refused(mine.get_user, UserName=mine.user) == "AccessDenied"
    # A tag of the request is none of the thing's.
    mine = delegate(allow(StringEquals={"aws:RequestTag/team": "mail"}, **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}))
    assert refused(mine.create_user, UserName="fresh") == "AccessDenied"
    assert refused(mine.create_user, UserName="fresh", Tags=[{"Key": "team", "Value": "web"}]) == "AccessDenied"
    assert refused(mine.create_user, UserName="fresh", Tags=[{"Key": "team", "Value": "mail"}, {"Key": "x", "Value": ""}]) == "AccessDenied"
    assert refused(mine.create_user, UserName="fresh", Tags=[{"Key": "team", "Value": "mail"}, {"Key": "Team", "Value": "web"}]) == "ValidationError"
    mine.create_user(UserName="fresh", Tags=[{"Key": "team", "Value": "mail"}])
    mine.create_policy(PolicyName="fresh", PolicyDocument=SEND, Tags=[{"Key": "team", "Value": "mail"}])
    mine.tag_user(UserName="fresh", Tags=[{"Key": "team", "Value": "mail"}])
    assert refused(mine.tag_user, UserName="fresh", Tags=[{"Key": "team", "Value": "web"}]) == "AccessDenied"
    for tag in ({"Key": "a\u0000", "Value": ""}, {"Key": "a<b", "Value": ""}, {"Key": "", "Value": ""}, {"Key": "aws:x", "Value": ""}, {"Key": "a", "Value": "v" * 257}):
        assert refused(iam.tag_user, UserName="fresh", Tags=[tag]) == "ValidationError", tag


def test_a_delegate_gives_only_to_whom_he_bounds(iam, delegate):
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=SEND)["Policy"]["Arn"]
    actions = ["iam:CreateUser", "iam:DeleteUserPolicy", "iam:AttachUserPolicy", "iam:DetachUserPolicy", "iam:PutUserPolicy",
               "iam:PutUserPermissionsBoundary", "iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"]
    mine = delegate(allow(actions, StringEquals={"iam:PermissionsBoundary": boundary}))
    assert refused(mine.create_user, UserName="unbound") == "AccessDenied"
    assert refused(mine.create_user, UserName="unbound", PermissionsBoundary=FULL) == "AccessDenied"
    mine.create_user(UserName="bound", PermissionsBoundary=boundary)
    mine.put_user_policy(UserName="bound", PolicyName="p", PolicyDocument=SEND)
    mine.attach_user_policy(UserName="bound", PolicyArn=FULL)
    mine.detach_user_policy(UserName="bound", PolicyArn=FULL)
    mine.delete_user_policy(UserName="bound", PolicyName="p")
    iam.create_user(UserName="unbound")
    for call, arguments in [
        (mine.put_user_policy, {"PolicyName": "p", "PolicyDocument": SEND}), (mine.attach_user_policy, {"PolicyArn": FULL}),
        (mine.detach_user_policy, {"PolicyArn": FULL}), (mine.delete_user_policy, {"PolicyName": "p"})]:
        assert refused(call, UserName="unbound", **arguments) == "AccessDenied"
    assert refused(mine.put_user_permissions_boundary, UserName="bound", PermissionsBoundary=FULL) == "AccessDenied"
    mine.put_user_permissions_boundary(UserName="unbound", PermissionsBoundary=boundary)
    assert refused(mine.delete_user_permissions_boundary, UserName="bound") == "AccessDenied"
    keeper = delegate(allow(), allow("iam:DeleteUserPermissionsBoundary", effect="Deny", StringEquals={"iam:PermissionsBoundary": boundary}))
    assert refused(keeper.delete_user_permissions_boundary, UserName="BOUND") == "AccessDenied"
    iam.delete_user_permissions_boundary(UserName="bound")
    assert refused(iam.delete_user_permissions_boundary, UserName="bound") == "NoSuchEntity"
    attacher = delegate(allow("iam:AttachUserPolicy", ArnEquals={"iam:PolicyARN": READ_ONLY}))
    attacher.attach_user_policy(UserName="bound", PolicyArn=READ_ONLY)
    assert refused(attacher.attach_user_policy, UserName="bound", PolicyArn=FULL) == "AccessDenied"


# Lists

def test_lists_are_asked_for_by_their_path(iam, delegate):
    iam.create_user(UserName="divided", Path="/division/")
    mine = delegate(allow(["iam:ListUsers", "iam:ListRoles"], f"arn:aws:iam::{ACCOUNT}:*/division/*"))
    assert [user["UserName"] for user in mine.list_users(PathPrefix="/division/")["Users"]] == ["divided"]
    mine.list_roles(PathPrefix="/division/")
    for arguments in ({}, {"PathPrefix": "/"}, {"PathPrefix": "/div"}):
        assert refused(mine.list_users, **arguments) == "AccessDenied"
    key = iam.create_access_key(UserName="divided")["AccessKey"]["AccessKeyId"]
    reader = delegate(allow("iam:GetAccessKeyLastUsed", f"arn:aws:iam::{ACCOUNT}:user/division/*"))
    assert reader.get_access_key_last_used(AccessKeyId=key)["UserName"] == "divided"
    other = iam.list_access_keys(UserName=reader.user)["AccessKeyMetadata"][0]["AccessKeyId"]
    assert refused(reader.get_access_key_last_used, AccessKeyId=other) == "AccessDenied"


def test_filters_are_honoured_or_refused(iam):
    made = {name: iam.create_policy(PolicyName=f"f-{name}", Path="/filter/", PolicyDocument=SEND)["Policy"]["Arn"]
            for name in ("unused", "attached", "boundary", "both")}
    iam.create_user(UserName="filtered", Path="/filter/")
    iam.create_group(GroupName="filtered", Path="/filter/")
    iam.create_role(RoleName="filtered", AssumeRolePolicyDocument=json.dumps(TRUST))
    for call, name in ((iam.attach_user_policy, "UserName"), (iam.attach_group_policy, "GroupName"), (iam.attach_role_policy, "RoleName")):
        call(PolicyArn=made["attached"], **{name: "filtered"})
    iam.attach_group_policy(GroupName="filtered", PolicyArn=made["both"])
    iam.put_user_permissions_boundary(UserName="filtered", PermissionsBoundary=made["boundary"])
    iam.put_role_permissions_boundary(RoleName="filtered", PermissionsBoundary=made["both"])

    def listed(**arguments):
        found = iam.list_policies(Scope="Local", PathPrefix="/filter/", **arguments)["Policies"]
        return sorted(policy["PolicyName"][2:] for policy in found)

    # As AWS was seen to answer: the usage counts where OnlyAttached is set.
    assert listed() == listed(PolicyUsageFilter="PermissionsBoundary") == ["attached", "both", "boundary", "unused"]
    assert listed(OnlyAttached=True) == ["attached", "both", "boundary"]
    assert listed(OnlyAttached=True, PolicyUsageFilter="PermissionsPolicy") == ["attached", "both"]
    assert listed(OnlyAttached=True, PolicyUsageFilter="PermissionsBoundary") == ["both", "boundary"]

    def entities(policy, **arguments):
        found = iam.list_entities_for_policy(PolicyArn=made[policy], **arguments)
        return tuple(len(found[kind]) for kind in ("PolicyUsers", "PolicyGroups", "PolicyRoles"))

    assert entities("attached") == entities("attached", PolicyUsageFilter="PermissionsPolicy") == (1, 1, 1)
    assert entities("attached", PathPrefix="/filter/") == (1, 1, 0)
    assert entities("attached", EntityFilter="Role") == (0, 0, 1)
    assert entities("both") == (0, 1, 1) and entities("both", PolicyUsageFilter="PermissionsBoundary") == (0, 0, 1)
    assert entities("boundary", PolicyUsageFilter="PermissionsPolicy") == (0, 0, 0)
    first = iam.list_entities_for_policy(PolicyArn=made["attached"], MaxItems=2)
    assert first["IsTruncated"] and len(first["PolicyGroups"] + first["PolicyRoles"]) == 2
    rest = iam.list_entities_for_policy(PolicyArn=made["attached"], MaxItems=2, Marker=first["Marker"])
    assert len(rest["PolicyUsers"]) == 1 and not rest["IsTruncated"]
    assert refused(iam.list_entities_for_policy, PolicyArn=made["both"], EntityFilter="Users") == "ValidationError"
    assert refused(iam.list_entities_for_policy, PolicyArn=made["both"], PolicyUsageFilter="x") == "ValidationError"
    assert refused(iam.list_policies, Scope="x") == "ValidationError"
    assert refused(iam.list_virtual_mfa_devices, AssignmentStatus="x") == "ValidationError"
    iam.attach_user_policy(UserName="filtered", PolicyArn=READ_ONLY)
    attached = iam.list_attached_user_policies(UserName="filtered", PathPrefix="/filter/")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["f-attached"]
    used = iam.get_account_authorization_details(Filter=["AWSManagedPolicy"])
    assert [policy["Arn"] for policy in used["Policies"]] == [READ_ONLY] and used["UserDetailList"] == []
    assert used["Policies"][0]["AttachmentCount"] >= 1 and used["Policies"][0]["PolicyVersionList"][0]["Document"]
    assert refused(iam.get_account_authorization_details, Filter=["user"]) == "ValidationError"


def test_what_users_never_have_here_is_none_of_theirs(iam):
    iam.create_user(UserName="tidy")
    assert iam.list_ssh_public_keys(UserName="tidy")["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName="tidy")["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName="tidy")["ServiceSpecificCredentials"] == []
    assert iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"] == []
    assert refused(iam.get_login_profile, UserName="tidy") == refused(iam.delete_login_profile, UserName="tidy") == "NoSuchEntity"
    for call in (iam.list_ssh_public_keys, iam.list_signing_certificates, iam.list_service_specific_credentials):
        assert refused(call, UserName="nobody") == "NoSuchEntity"


# Simulation

def test_a_simulation_decides_only_what_it_shows(iam, server):
    began = time.monotonic()
    arguments = {"PolicyInputList": [SEND], "ActionNames": ["ses:SendEmail"] * 1000, "ResourceArns": ["*"] * 1000}
    page = iam.simulate_custom_policy(MaxItems=2, **arguments)
    assert len(page["EvaluationResults"]) == 2 and page["IsTruncated"] and time.monotonic() - began < 20
    assert len(iam.simulate_custom_policy(MaxItems=3, Marker=page["Marker"], **arguments)["EvaluationResults"]) == 3
    pairs = {"PolicyInputList": [SEND], "ActionNames": ["ses:A", "ses:B"], "ResourceArns": ["r:1", "r:2", "r:3"]}
    pages = iam.get_paginator("simulate_custom_policy").paginate(**pairs, PaginationConfig={"PageSize": 4})
    seen = [(r["EvalActionName"], r["EvalResourceName"]) for page in pages for r in page["EvaluationResults"]]
    assert seen == [(action, resource) for action in pairs["ActionNames"] for resource in pairs["ResourceArns"]]
    plain = {"PolicyInputList": [SEND], "ActionNames": ["ses:SendEmail"]}
    for name, value in {
        "ActionNames": ["ses:SendEmail"] * 1001, "ResourceArns": ["*"] * 1001, "ContextEntries": [
            {"ContextKeyName": "aws:username", "ContextKeyValues": ["x" * 4097], "ContextKeyType": "string"}]}.items():
        assert refused(iam.simulate_custom_policy, **(plain | {name: value})) == "ValidationError", name
    assert refused(iam.simulate_custom_policy, **(plain | {"ActionNames": ["x" * 129]})) == "ValidationError"
    assert refused(iam.simulate_custom_policy, **plain, ContextEntries=[
        {"ContextKeyName": "aws:username", "ContextKeyValues": ["x"], "ContextKeyType": "text"}]) == "ValidationError"
    for refusal in ({"ResourceHandlingOption": "EC2-VPC-InstanceStore"}, {"CallerArn": "x"}, {"ResourceOwner": "x"},
                    {"PermissionsBoundaryPolicyInputList": [SEND, SEND]}, {"PolicyInputList": ["{"]},
                    {"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"}):
        assert refused(iam.simulate_custom_policy, **(plain | refusal)) == "InvalidInput", refusal
    assert server.healthy()


def test_a_simulated_caller_is_who_the_request_says(iam):
    iam.create_group(GroupName="simulated")
    iam.put_group_policy(GroupName="simulated", PolicyName="p", PolicyDocument=SEND)
    trusting = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/mallory"}, "Action": "ses:*", "Resource": "*"}]})
    source = f"arn:aws:iam::{ACCOUNT}:group/simulated"

    def decide(**arguments):
        results = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["ses:SendEmail"], **arguments)
        return results["EvaluationResults"][0]["EvalDecision"]

    assert decide() == "allowed"
    assert decide(ResourcePolicy=trusting, CallerArn=f"arn:aws:iam::{ACCOUNT}:user/ada") == "allowed"
    assert decide(ResourcePolicy=trusting, CallerArn=f"arn:aws:iam::{ACCOUNT}:user/mallory") == "explicitDeny"
    assert refused(iam.simulate_principal_policy, PolicySourceArn=source, ActionNames=["ses:SendEmail"], ResourcePolicy=trusting) == "InvalidInput"
    # What names its owner has that owner.
    mine = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"
    assert decide(ResourceArns=[mine], ResourceOwner="arn:aws:iam::999999999999:root") == "allowed"
    assert decide(ResourceArns=["bucket"], ResourceOwner="arn:aws:iam::999999999999:root") == "implicitDeny"
    assert refused(iam.simulate_principal_policy, PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:mfa/simulated", ActionNames=["ses:SendEmail"]) == "InvalidInput"
    assert refused(iam.simulate_principal_policy, PolicySourceArn="arn:aws:iam::999999999999:user/x", ActionNames=["ses:SendEmail"]) == "AccessDenied"


# Sizes and quotas

def test_documents_and_descriptions_have_their_size(iam):
    iam.create_user(UserName="sized")
    padded = SEND[:-1] + " " * 131_072 + "}"
    for call, arguments in [
        (iam.create_policy, {"PolicyName": "sized", "PolicyDocument": padded}),
        (iam.put_user_policy, {"UserName": "sized", "PolicyName": "p", "PolicyDocument": padded}),
        (iam.create_role, {"RoleName": "sized", "AssumeRolePolicyDocument": padded}),
        (iam.create_policy, {"PolicyName": "sized", "PolicyDocument": SEND, "Description": "d" * 1001}),
        (iam.create_policy, {"PolicyName": "sized", "PolicyDocument": SEND, "Description": "\u0007"}),
        (iam.create_role, {"RoleName": "sized", "AssumeRolePolicyDocument": json.dumps(TRUST), "Description": "d" * 1001}),
        (iam.simulate_custom_policy, {"PolicyInputList": [padded], "ActionNames": ["ses:SendEmail"]})]:
        assert refused(call, **arguments) == "ValidationError", call
    iam.create_policy(PolicyName="sized", PolicyDocument=SEND[:-1] + " " * 100_000 + "}", Description="d" * 1000)
    iam.create_role(RoleName="sized", AssumeRolePolicyDocument=json.dumps(TRUST), Description="é" * 1000)
    assert refused(iam.update_role, RoleName="sized", Description="d" * 1001) == "ValidationError"
    long = json.dumps(ALLOW_SEND | {"Id": "x" * 1200})
    iam.put_user_policy(UserName="sized", PolicyName="one", PolicyDocument=long)
    assert refused(iam.put_user_policy, UserName="sized", PolicyName="two", PolicyDocument=long) == "LimitExceeded"
    huge = json.dumps(ALLOW_SEND | {"Id": "x" * 6144})
    assert refused(iam.create_policy, PolicyName="huge", PolicyDocument=huge) == "LimitExceeded"


def message(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "LimitExceeded"
    return caught.value.response["Error"]["Message"]


def test_quotas_are_iams_own(iam):
    iam.create_user(UserName="full")
    iam.create_role(RoleName="full", AssumeRolePolicyDocument=json.dumps(TRUST))
    for number in range(11):
        policy = iam.create_policy(PolicyName=f"full{number}", PolicyDocument=SEND)["Policy"]["Arn"]
        iam.create_group(GroupName=f"full{number}")
        if number < 10:
            iam.attach_user_policy(UserName="full", PolicyArn=policy)
            iam.attach_role_policy(RoleName="full", PolicyArn=policy)
            iam.attach_group_policy(GroupName="full0", PolicyArn=policy)
            iam.add_user_to_group(UserName="full", GroupName=f"full{number}")
    assert message(iam.attach_user_policy, UserName="full", PolicyArn=policy) == "Cannot exceed quota for PoliciesPerUser: 10"
    assert message(iam.attach_role_policy, RoleName="full", PolicyArn=policy) == "Cannot exceed quota for PoliciesPerRole: 10"
    assert message(iam.attach_group_policy, GroupName="full0", PolicyArn=policy) == "Cannot exceed quota for PoliciesPerGroup: 10"
    assert message(iam.add_user_to_group, UserName="full", GroupName="full10") == "Cannot exceed quota for GroupsPerUser: 10"
    now = time.time()
    for number in range(9):
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"full{number}")["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        arguments = {"UserName": "full", "SerialNumber": device["SerialNumber"], "AuthenticationCode1": totp(seed, now - 30),
                     "AuthenticationCode2": totp(seed, now)}
        if number < 8:
            iam.enable_mfa_device(**arguments)
    assert message(iam.enable_mfa_device, **arguments) == "Cannot exceed quota for MFADevicesPerUser: 8"
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["UsersQuota"], summary["GroupsQuota"], summary["RolesQuota"], summary["PoliciesQuota"]) == (5000, 300, 1000, 1500)
    assert summary["AttachedPoliciesPerUserQuota"] == 10 and summary["AccountAccessKeysPresent"] == 1
    for number in range(summary["Groups"], 300):
        iam.create_group(GroupName=f"many{number}")
    assert message(iam.create_group, GroupName="onemore") == "Cannot exceed quota for GroupsPerAccount: 300"


def test_names_stay_in_their_column_of_the_report(iam, member, server):
    names = ["=cmd", "+1,2", "@a", "a,b", "-x"]
    for name in names:
        iam.create_user(UserName=name)
    iam.create_access_key(UserName="a,b")
    text = iam.get_credential_report()["Content"].decode()
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(text))}
    for name in names:
        assert rows[name]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}" and None not in rows[name]
        assert f'"{name}"' in text
    assert rows["a,b"]["access_key_1_active"] == "true" and rows["=cmd"]["access_key_1_active"] == "false"
    assert rows["<root_account>"]["access_key_1_active"] == "true"
    theirs = server.client("iam", **member[1])
    assert theirs.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0
    assert next(csv.DictReader(io.StringIO(theirs.get_credential_report()["Content"].decode())))["access_key_1_active"] == "false"


def test_an_alias_is_one_accounts_among_all(iam, member, server):
    theirs = server.client("iam", **member[1])
    iam.create_account_alias(AccountAlias="only-one")
    assert refused(theirs.create_account_alias, AccountAlias="only-one") == "EntityAlreadyExists"
    assert refused(theirs.delete_account_alias, AccountAlias="only-one") == "NoSuchEntity"
    for alias in ("a--b", "-ab", "ab-", "AB1", "ab", "a" * 64):
        assert refused(iam.create_account_alias, AccountAlias=alias) == "ValidationError", alias
    iam.delete_account_alias(AccountAlias="only-one")
    theirs.create_account_alias(AccountAlias="only-one")
    theirs.delete_account_alias(AccountAlias="only-one")


# Organizations

def test_organizations_asks_about_the_thing_itself(org, member, delegate):
    made = org.create_policy(Name="ours", Description="", Type="SERVICE_CONTROL_POLICY", Content=SEND)["Policy"]["PolicySummary"]
    other = org.create_policy(Name="other", Description="", Type="SERVICE_CONTROL_POLICY", Content=SEND)["Policy"]["PolicySummary"]
    account = org.describe_account(AccountId=member[0])["Account"]["Arn"]
    root = org.list_roots()["Roots"][0]
    mine = delegate(allow("organizations:*", [made["Arn"], account]), service="organizations")
    mine.describe_policy(PolicyId=made["Id"])
    mine.update_policy(PolicyId=made["Id"], Description="mine")
    mine.describe_account(AccountId=member[0])
    mine.attach_policy(PolicyId=made["Id"], TargetId=member[0])
    mine.list_targets_for_policy(PolicyId=made["Id"])
    mine.list_policies_for_target(TargetId=member[0], Filter="SERVICE_CONTROL_POLICY")
    for call, arguments in [
        (mine.describe_policy, {"PolicyId": other["Id"]}), (mine.delete_policy, {"PolicyId": other["Id"]}),
        (mine.attach_policy, {"PolicyId": made["Id"], "TargetId": root["Id"]}), (mine.list_policies, {"Filter": "SERVICE_CONTROL_POLICY"}),
        (mine.detach_policy, {"PolicyId": "p-FullAWSAccess", "TargetId": member[0]}), (mine.describe_account, {"AccountId": ACCOUNT}),
        (mine.list_policies_for_target, {"TargetId": root["Id"], "Filter": "SERVICE_CONTROL_POLICY"}), (mine.list_accounts, {})]:
        assert refused(call, **arguments) == "AccessDeniedException", call
    mine.detach_policy(PolicyId=made["Id"], TargetId=member[0])
    for policy in (made, other):
        org.delete_policy(PolicyId=policy["Id"])


def test_organizations_refuses_in_its_own_words(org, member):
    control = {"Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": SEND}
    for call, arguments in [
        (org.create_policy, {}), (org.create_policy, {"Name": "x", "Type": "SERVICE_CONTROL_POLICY", "Content": SEND}),
        (org.update_policy, {}), (org.delete_policy, {}), (org.describe_policy, {}), (org.list_policies, {}),
        (org.attach_policy, {"PolicyId": "p-FullAWSAccess"}), (org.create_account, {"Email": "a@b.example"}), (org.describe_account, {}),
        (org.list_policies, {"Filter": "TAG_POLICY"}), (org.describe_policy, {"PolicyId": "p-é"}), (org.describe_policy, {"PolicyId": "../x"}),
        (org.describe_account, {"AccountId": "1"}), (org.attach_policy, {"PolicyId": "p-FullAWSAccess", "TargetId": "*"}),
        (org.create_policy, control | {"Name": "n" * 129}), (org.create_policy, control | {"Name": "x", "Description": "d" * 513}),
        (org.create_account, {"Email": "nonsense", "AccountName": "x"}), (org.create_account, {"Email": "a@b.example", "AccountName": "é"}),
        (org.create_account, {"Email": "a@b.example", "AccountName": "x", "RoleName": "\u212a"}),
        (org.update_policy, {"PolicyId": "p-FullAWSAccess", "Content": SEND}), (org.delete_policy, {"PolicyId": "p-FullAWSAccess"})]:
        assert refused(call, **arguments) == "InvalidInputException", (call, arguments)
    one = org.create_policy(Name="one", **control)["Policy"]["PolicySummary"]["Id"]
    two = org.create_policy(Name="two", **control)["Policy"]["PolicySummary"]["Id"]
    assert refused(org.create_policy, Name="one", **control) == refused(org.update_policy, PolicyId=two, Name="one") == "DuplicatePolicyException"
    org.update_policy(PolicyId=two, Name="two")
    assert refused(org.update_policy, PolicyId=two, Content="{") == "MalformedPolicyDocumentException"
    assert refused(org.update_policy, PolicyId=two, Content=SEND[:-1] + " " * 5200 + "}") == "ConstraintViolationException"
    assert refused(org.attach_policy, PolicyId=one, TargetId="r-zzzz") == "TargetNotFoundException"
    assert refused(org.attach_policy, PolicyId=one, TargetId="ou-abcd-12345678") == "TargetNotFoundException"
    assert refused(org.attach_policy, PolicyId="p-nobody00", TargetId=member[0]) == "PolicyNotFoundException"
    assert refused(org.detach_policy, PolicyId=one, TargetId=member[0]) == "PolicyNotAttachedException"
    failed = org.create_account(Email="MEMBER@example.com", AccountName="again")["CreateAccountStatus"]
    assert (failed["State"], failed["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert org.describe_create_account_status(CreateAccountRequestId=failed["Id"])["CreateAccountStatus"] == failed
    assert refused(org.describe_create_account_status, CreateAccountRequestId="car-00000000") == "CreateAccountStatusNotFoundException"
    for policy in (one, two):
        org.delete_policy(PolicyId=policy)


def test_a_policy_is_attached_once_however_many_ask(org, member, server):
    policy = org.create_policy(Name="raced", Description="", Type="SERVICE_CONTROL_POLICY", Content=SEND)["Policy"]["PolicySummary"]["Id"]

    def attach(_):
        try:
            org.attach_policy(PolicyId=policy, TargetId=member[0])
            return "attached"
        except ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attach, range(48)))
    assert outcomes.count("attached") == 1 and set(outcomes) == {"attached", "DuplicatePolicyAttachmentException"}
    assert [target["TargetId"] for target in org.list_targets_for_policy(PolicyId=policy)["Targets"]] == [member[0]]
    org.detach_policy(PolicyId=policy, TargetId=member[0])
    org.delete_policy(PolicyId=policy)


def test_a_right_that_is_gone_changes_nothing_more(iam, delegate):
    """Calls that wait for their turn are asked again when it comes."""
    mine = delegate(allow())
    iam.create_user(UserName="contested")

    def tag(number):
        try:
            mine.tag_user(UserName="contested", Tags=[{"Key": "n", "Value": str(number)}])
        except ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(tag, number) for number in range(200)]
        iam.delete_user_policy(UserName=mine.user, PolicyName="p")
        iam.tag_user(UserName="contested", Tags=[{"Key": "n", "Value": "last"}])
        outcomes = {future.result() for future in waiting}
    assert "AccessDenied" in outcomes and outcomes <= {None, "AccessDenied"}
    assert iam.list_user_tags(UserName="contested")["Tags"] == [{"Key": "n", "Value": "last"}]


def test_the_query_form_cannot_say_a_name_twice(iam, server):
    """`UserName` and `UserName` again, once for the policy and once for the deed."""
    import boto3.session
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from conftest import KEY, SECRET
    import http.client

    for body in ("Action=GetUser&UserName=marked&UserName=SecAdmin", "Action=GetUser&UserName=marked&UserName.x=SecAdmin",
                 "Action=GetUser&Action=DeleteUser&UserName=marked"):
        body += "&Version=2010-05-08"
        request = AWSRequest("POST", f"http://127.0.0.1:{server.api}/", data=body.encode(), headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Host": f"127.0.0.1:{server.api}"})
        SigV4Auth(Credentials(KEY, SECRET), "iam", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection("127.0.0.1", server.api)
        connection.request("POST", "/", body, dict(request.headers))
        answer = connection.getresponse()
        assert answer.status == 400, urllib.parse.unquote(answer.read().decode())
