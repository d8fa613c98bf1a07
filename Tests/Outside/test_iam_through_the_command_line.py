# SPDX-License-Identifier: Apache-2.0
"""`aws iam`, `aws sts` and `aws organizations`, unmodified, as an administrator types them."""
import base64
import csv
import io
import json
import pathlib
import re
import subprocess
import sys
import time

import pytest

from test_iam_serves_stock_clients import ALLOW_SEND, TRUST, totp

AWS = pathlib.Path(sys.executable).with_name("aws")
ACCOUNT = "111122223333"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonSESReadOnlyAccess"


class CommandLine:
    def __init__(self, server, directory):
        self.environment = server.environment() | {
            "AWS_CONFIG_FILE": str(directory / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials")}
        self.directory = directory
        for name, document in (("send", ALLOW_SEND), ("trust", TRUST), ("list", [json.dumps(ALLOW_SEND)])):
            (directory / f"{name}.json").write_text(json.dumps(document))

    def run(self, command, keys=None):
        environment = self.environment
        if keys:
            environment = environment | {
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
            environment |= {"AWS_SESSION_TOKEN": keys["SessionToken"]} if "SessionToken" in keys else {}
        return subprocess.run(
            [AWS, *command.split(), "--output", "json"], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=60)

    def __call__(self, command, keys=None):
        done = self.run(command, keys)
        assert done.returncode == 0, command + "\n" + done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, command, keys=None):
        done = self.run(command, keys)
        assert done.returncode != 0, command + "\n" + done.stdout
        return re.search(r"An error occurred \((\w+)\)", done.stderr)[1]


@pytest.fixture(scope="module")
def aws(binary, tmp_path_factory):
    from conftest import Server

    server = Server(binary, tmp_path_factory.mktemp("commands"))
    yield CommandLine(server, tmp_path_factory.mktemp("typed"))
    server.stop(kill=True)


def test_users_groups_and_keys(aws):
    assert aws("iam create-user --user-name ada --path /staff/ --tags Key=team,Value=mail")["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/ada"
    assert aws.refused("iam create-user --user-name ADA") == "EntityAlreadyExists"
    assert aws("iam list-users --path-prefix /staff/ --query Users[].UserName") == ["ada"]
    aws("iam tag-user --user-name ada --tags Key=cost,Value=7")
    aws("iam untag-user --user-name ada --tag-keys team")
    assert aws("iam list-user-tags --user-name ada")["Tags"] == [{"Key": "cost", "Value": "7"}]
    aws("iam create-group --group-name crew")
    aws("iam add-user-to-group --group-name crew --user-name ada")
    assert aws("iam get-group --group-name crew --query Users[].UserName") == ["ada"]
    assert aws("iam list-groups-for-user --user-name ada --query Groups[].GroupName") == ["crew"]
    key = aws("iam create-access-key --user-name ada")["AccessKey"]
    assert aws("sts get-caller-identity", key)["Arn"].endswith(":user/staff/ada")
    assert aws(f"sts get-access-key-info --access-key-id {key['AccessKeyId']}")["Account"] == ACCOUNT
    assert aws(f"iam get-access-key-last-used --access-key-id {key['AccessKeyId']}")["UserName"] == "ada"
    assert aws.refused("iam list-users", key) == "AccessDenied"
    aws(f"iam update-access-key --user-name ada --access-key-id {key['AccessKeyId']} --status Inactive")
    assert aws("iam list-access-keys --user-name ada --query AccessKeyMetadata[].Status") == ["Inactive"]
    assert aws.refused("iam delete-user --user-name ada") == "DeleteConflict"
    aws(f"iam delete-access-key --user-name ada --access-key-id {key['AccessKeyId']}")
    aws("iam remove-user-from-group --group-name crew --user-name ada")
    aws("iam update-user --user-name ada --new-user-name Ada2 --new-path /")
    aws("iam delete-user --user-name ada2")
    aws("iam delete-group --group-name crew")
    assert aws.refused("iam get-user --user-name ada2") == "NoSuchEntity"


def test_policies_versions_and_boundaries(aws):
    aws("iam create-user --user-name bob")
    arn = aws("iam create-policy --policy-name send --path /mail/ --policy-document file://send.json --description sends")["Policy"]["Arn"]
    assert aws(f"iam create-policy-version --policy-arn {arn} --policy-document file://send.json --set-as-default")["PolicyVersion"]["VersionId"] == "v2"
    assert aws(f"iam get-policy-version --policy-arn {arn} --version-id v1")["PolicyVersion"]["Document"] == ALLOW_SEND
    assert aws(f"iam list-policy-versions --policy-arn {arn} --query Versions[].VersionId") == ["v2", "v1"]
    aws(f"iam set-default-policy-version --policy-arn {arn} --version-id v1")
    aws(f"iam delete-policy-version --policy-arn {arn} --version-id v2")
    aws(f"iam attach-user-policy --user-name bob --policy-arn {arn}")
    assert aws(f"iam list-entities-for-policy --policy-arn {arn} --query PolicyUsers[].UserName") == ["bob"]
    assert aws("iam list-policies --scope Local --only-attached --query Policies[].AttachmentCount") == [1]
    assert aws("iam list-attached-user-policies --user-name bob --path-prefix /mail/ --query AttachedPolicies[].PolicyName") == ["send"]
    aws("iam put-user-policy --user-name bob --policy-name own --policy-document file://send.json")
    assert aws("iam list-user-policies --user-name bob")["PolicyNames"] == ["own"]
    assert aws("iam get-user-policy --user-name bob --policy-name own")["PolicyDocument"] == ALLOW_SEND
    aws(f"iam put-user-permissions-boundary --user-name bob --permissions-boundary {READ_ONLY}")
    assert aws("iam get-user --user-name bob")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    source = f"--policy-source-arn arn:aws:iam::{ACCOUNT}:user/bob"
    result = aws(f"iam simulate-principal-policy {source} --action-names ses:SendEmail ses:GetAccount")["EvaluationResults"]
    assert [each["EvalDecision"] for each in result] == ["implicitDeny", "implicitDeny"]
    assert not result[0]["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]
    aws("iam delete-user-permissions-boundary --user-name bob")
    assert aws(f"iam simulate-principal-policy {source} --action-names ses:SendEmail --query EvaluationResults[].EvalDecision") == ["allowed"]
    custom = "iam simulate-custom-policy --policy-input-list file://list.json --action-names ses:SendEmail ses:GetAccount"
    assert aws(f"{custom} --query EvaluationResults[].EvalDecision") == ["allowed", "implicitDeny"]
    assert aws("iam get-context-keys-for-custom-policy --policy-input-list file://list.json") == {"ContextKeyNames": []}
    details = aws("iam get-account-authorization-details --filter User LocalManagedPolicy")
    assert [user["UserName"] for user in details["UserDetailList"]] == ["bob"] and details["Policies"][0]["Arn"] == arn
    assert aws.refused(f"iam delete-policy --policy-arn {arn}") == "DeleteConflict"
    aws("iam delete-user-policy --user-name bob --policy-name own")
    aws(f"iam detach-user-policy --user-name bob --policy-arn {arn}")
    aws("iam delete-user --user-name bob")
    aws(f"iam delete-policy --policy-arn {arn}")


def test_roles_and_sessions(aws):
    role = aws("iam create-role --role-name mailer --assume-role-policy-document file://trust.json --max-session-duration 7200")["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    aws(f"iam attach-role-policy --role-name mailer --policy-arn {READ_ONLY}")
    aws("iam put-role-policy --role-name mailer --policy-name own --policy-document file://send.json")
    aws("iam tag-role --role-name mailer --tags Key=team,Value=mail")
    assert aws("iam get-role --role-name MAILER")["Role"]["Tags"] == [{"Key": "team", "Value": "mail"}]
    given = aws(f"sts assume-role --role-arn {role['Arn']} --role-session-name s1 --duration-seconds 900")["Credentials"]
    assert aws("sts get-caller-identity", given)["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/mailer/s1"
    aws("sesv2 list-email-identities", given)
    aws("iam update-role --role-name mailer --description d --max-session-duration 3600")
    aws("iam update-assume-role-policy --role-name mailer --policy-document file://trust.json")
    assert aws("iam list-roles --query Roles[].RoleName") == ["mailer"]
    assert aws("iam list-instance-profiles-for-role --role-name mailer")["InstanceProfiles"] == []
    assert aws.refused("iam delete-role --role-name mailer") == "DeleteConflict"
    aws(f"iam detach-role-policy --role-name mailer --policy-arn {READ_ONLY}")
    aws("iam delete-role-policy --role-name mailer --policy-name own")
    aws("iam delete-role --role-name mailer")
    assert aws.refused("sesv2 list-email-identities", given) == "AccessDeniedException"


def test_devices_the_report_and_the_account(aws):
    aws("iam create-user --user-name carol")
    device = aws("iam create-virtual-mfa-device --virtual-mfa-device-name carol --outfile seed.txt --bootstrap-method Base32StringSeed")
    serial, seed, now = device["VirtualMFADevice"]["SerialNumber"], (aws.directory / "seed.txt").read_text(), time.time()
    aws(f"iam enable-mfa-device --user-name carol --serial-number {serial} --authentication-code1 {totp(seed, now - 30)} "
        f"--authentication-code2 {totp(seed, now)}")
    assert aws("iam list-mfa-devices --user-name carol --query MFADevices[].SerialNumber") == [serial]
    assert aws("iam list-virtual-mfa-devices --assignment-status Assigned --query VirtualMFADevices[].User.UserName") == ["carol"]
    assert aws("iam generate-credential-report")["State"] == "COMPLETE"
    report = base64.b64decode(aws("iam get-credential-report")["Content"]).decode()
    assert {row["user"]: row["mfa_active"] for row in csv.DictReader(io.StringIO(report))}["carol"] == "true"
    summary = aws("iam get-account-summary")["SummaryMap"]
    assert summary["Users"] == 1 and summary["MFADevicesInUse"] == 1 and summary["UsersQuota"] == 5000
    aws(f"iam deactivate-mfa-device --user-name carol --serial-number {serial}")
    aws(f"iam delete-virtual-mfa-device --serial-number {serial}")
    for command in ("list-ssh-public-keys", "list-signing-certificates", "list-service-specific-credentials"):
        aws(f"iam {command} --user-name carol")
    assert aws.refused("iam get-login-profile --user-name carol") == aws.refused("iam delete-login-profile --user-name carol") == "NoSuchEntity"
    aws("iam create-account-alias --account-alias mail-team")
    assert aws("iam list-account-aliases")["AccountAliases"] == ["mail-team"]
    aws("iam delete-account-alias --account-alias mail-team")
    aws("iam delete-user --user-name carol")


def test_organizations(aws):
    assert aws("organizations describe-organization")["Organization"]["MasterAccountId"] == ACCOUNT
    root = aws("organizations list-roots")["Roots"][0]["Id"]
    status = aws("organizations create-account --email app@example.com --account-name app")["CreateAccountStatus"]
    assert aws(f"organizations describe-create-account-status --create-account-request-id {status['Id']}")["CreateAccountStatus"]["State"] == "SUCCEEDED"
    member = status["AccountId"]
    assert sorted(aws("organizations list-accounts --query Accounts[].Id")) == sorted([ACCOUNT, member])
    (aws.directory / "deny.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "ses:CreateEmailIdentity", "Resource": "*"}]}))
    policy = aws("organizations create-policy --name guard --description d --type SERVICE_CONTROL_POLICY --content file://deny.json")["Policy"]["PolicySummary"]["Id"]
    given = aws(f"sts assume-role --role-arn arn:aws:iam::{member}:role/OrganizationAccountAccessRole --role-session-name s1")["Credentials"]
    aws(f"organizations attach-policy --policy-id {policy} --target-id {member}")
    assert aws.refused(f"organizations attach-policy --policy-id {policy} --target-id {member}") == "DuplicatePolicyAttachmentException"
    assert aws.refused("sesv2 create-email-identity --email-identity example.com", given) == "AccessDeniedException"
    assert aws(f"organizations list-targets-for-policy --policy-id {policy} --query Targets[].TargetId") == [member]
    listed = "--filter SERVICE_CONTROL_POLICY --query Policies[].Name"
    assert sorted(aws(f"organizations list-policies-for-target --target-id {member} {listed}")) == ["FullAWSAccess", "guard"]
    assert aws(f"organizations list-policies-for-target --target-id {root} {listed}") == ["FullAWSAccess"]
    assert aws(f"organizations update-policy --policy-id {policy} --name guard2")["Policy"]["PolicySummary"]["Name"] == "guard2"
    assert aws.refused("organizations delete-policy --policy-id p-FullAWSAccess") == "InvalidInputException"
    assert aws.refused(f"organizations delete-policy --policy-id {policy}") == "PolicyInUseException"
    aws(f"organizations detach-policy --policy-id {policy} --target-id {member}")
    aws("sesv2 create-email-identity --email-identity example.com", given)
    aws(f"organizations delete-policy --policy-id {policy}")
    assert aws(f"organizations list-policies {listed}") == ["FullAWSAccess"]


def test_pages_are_followed(aws):
    for number in range(5):
        aws(f"iam create-user --user-name page{number} --path /pages/")
    assert aws("iam list-users --path-prefix /pages/ --page-size 2 --query Users[].UserName") == [f"page{number}" for number in range(5)]
    first = aws("iam list-users --path-prefix /pages/ --max-items 3")
    rest = aws(f"iam list-users --path-prefix /pages/ --starting-token {first['NextToken']}")
    assert [user["UserName"] for user in first["Users"] + rest["Users"]] == [f"page{number}" for number in range(5)]
    assert aws.refused("iam list-users --no-paginate --marker 9223372036854775807") == "ValidationError"
