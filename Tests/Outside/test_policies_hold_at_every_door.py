# SPDX-License-Identifier: Apache-2.0
"""One table of sends, asked at every door: SES v1 and v2, in parts and raw, SMTP, and the simulator."""
import base64
import datetime
import hashlib
import hmac
import json
import smtplib
import ssl
import subprocess

import pytest
import urllib3
from botocore.exceptions import ClientError

from conftest import Server, wait_for

urllib3.disable_warnings()
ACCOUNT = "111122223333"
IDENTITY = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/aws.example.com"
SOUND = {"Version": "2012-10-17", "Statement": [
    {"Sid": "SendFromSubdomain", "Effect": "Allow", "Action": ["ses:SendEmail", "ses:SendRawEmail"],
     "Resource": [IDENTITY, f"arn:aws:ses:us-east-1:{ACCOUNT}:configuration-set/corp-tls"],
     "Condition": {"StringLike": {"ses:FromAddress": "*@aws.example.com"}, "StringEquals": {"aws:SourceVpce": "vpce-0abc"},
                   "Bool": {"aws:SecureTransport": "true"}}},
    {"Sid": "NoOutsideRecipient", "Effect": "Deny",
     "Action": ["ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail"],
     "Resource": "*", "Condition": {"ForAnyValue:StringNotLike": {"ses:Recipients": ["*@example.com"]}}},
    {"Sid": "NoMissingRecipient", "Effect": "Deny",
     "Action": ["ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail"],
     "Resource": "*", "Condition": {"Null": {"ses:Recipients": "true"}}},
    {"Sid": "UncheckableVerbs", "Effect": "Deny",
     "Action": ["ses:SendBulkEmail", "ses:SendCustomVerificationEmail", "ses:SendBounce"], "Resource": "*"},
    {"Sid": "PlainText", "Effect": "Deny", "Action": "ses:*", "Resource": "*",
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}

# The same limits for somebody who may send templates in bulk.
BULK_POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {"StringLike": {"ses:FromAddress": "*@aws.example.com"}}},
    {"Sid": "NoOutsideRecipient", "Effect": "Deny", "Action": "ses:Send*", "Resource": "*",
     "Condition": {"ForAnyValue:StringNotLike": {"ses:Recipients": ["*@example.com"]}}}]}

# (name, From, recipients, allowed by the doors, allowed by the policy alone)
SENDS = [
    ("inside", "ops@aws.example.com", ["ada@example.com"], True, True),
    ("outside", "ops@aws.example.com", ["x@evil.example"], False, False),
    ("mixed", "ops@aws.example.com", ["ada@example.com", "x@evil.example"], False, False),
    ("upper case", "ops@aws.example.com", ["ada@EXAMPLE.com"], False, False),
    ("look-alike", "ops@aws.example.com", ["ada@evilexample.com"], False, False),
    ("sub-domain", "ops@aws.example.com", ["ada@a.example.com"], False, False),
    ("apex From", "ops@example.com", ["ada@example.com"], False, False),
    ("look-alike From", "ops@aws.example.com.evil.example", ["ada@example.com"], False, False),
    ("sub-sub-domain From", "ops@x.aws.example.com", ["ada@example.com"], False, False),
    ("percent hack", "ops@aws.example.com", ["v%evil.example@example.com"], False, True),
    ("bang path", "ops@aws.example.com", ["evil.example!v@example.com"], False, True),
    ("quoted at", "ops@aws.example.com", ['"v@evil.example"@example.com'], False, True),
    ("display name", '"ceo@bank.example" <ops@aws.example.com>', ["ada@example.com"], False, True),
]


def password(secret, region="us-east-1"):
    key = b"AWS4" + secret.encode()
    for step in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.digest(key, step.encode(), "sha256")
    return base64.b64encode(b"\x04" + key).decode()


class House(Server):
    """A server with TLS and an endpoint at both doors, and one user with the policy under test."""

    def __init__(self, binary, directory, extra=""):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", directory / "key.pem", "-out",
             directory / "cert.pem", "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        super().__init__(binary, directory, wait=False)
        text = self.config.read_text()
        text = text.replace(
            f"api: {{ host: 127.0.0.1, port: {self.api} }}",
            f"api: {{ host: 127.0.0.1, port: {self.api}, vpc-endpoint: vpce-0abc, tls: {{ certificate: {directory}/cert.pem, "
            f"key: {directory}/key.pem }} }}")
        text = text.replace(f"port: {self.submission} }}", f"port: {self.submission}, vpc-endpoint: vpce-0abc }}")
        self.config.write_text(text + extra)
        self.start()

    def healthy(self):
        assert self.process.poll() is None, self.log.read_text()
        context = ssl._create_unverified_context()
        try:
            import urllib.request
            return urllib.request.urlopen(f"https://127.0.0.1:{self.api}/health", timeout=2, context=context).status == 200
        except OSError:
            return False

    def client(self, service, **options):
        import boto3
        from conftest import KEY, SECRET
        arguments = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"} | options
        return boto3.client(service, endpoint_url=f"https://127.0.0.1:{self.api}", verify=False, **arguments)

    def user(self, name, policy):
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if policy:
            iam.put_user_policy(UserName=name, PolicyName="mail-app", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def signed_in(self, keys):
        client = smtplib.SMTP("127.0.0.1", self.submission, timeout=20)
        client.starttls(context=ssl._create_unverified_context())
        client.login(keys["aws_access_key_id"], password(keys["aws_secret_access_key"]))
        return client


def raw(sender, recipients):
    return f"From: {sender}\r\nTo: {', '.join(recipients)}\r\nSubject: x\r\n\r\nhi\r\n".encode()


def bare(sender):
    return sender.split("<")[-1].rstrip(">")


def v1_parts(house, keys, sender, to):
    house.client("ses", **keys).send_email(Source=sender, Destination={"ToAddresses": to}, Message={
        "Subject": {"Data": "x"}, "Body": {"Text": {"Data": "hi"}}})


def v1_raw(house, keys, sender, to):
    house.client("ses", **keys).send_raw_email(RawMessage={"Data": raw(sender, to)})


def v1_raw_destinations(house, keys, sender, to):
    house.client("ses", **keys).send_raw_email(
        Source=bare(sender), Destinations=to, RawMessage={"Data": raw(sender, ["ada@example.com"])})


def v2_simple(house, keys, sender, to):
    house.client("sesv2", **keys).send_email(FromEmailAddress=sender, Destination={"BccAddresses": to}, Content={
        "Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "hi"}}}})


def v2_raw(house, keys, sender, to):
    house.client("sesv2", **keys).send_email(Content={"Raw": {"Data": raw(sender, to)}})


def smtp(house, keys, sender, to):
    with house.signed_in(keys) as client:
        assert client.mail(bare(sender))[0] == 250
        for recipient in to:
            code, text = client.docmd("RCPT", f"TO:<{recipient}>")
            if code != 250:
                raise smtplib.SMTPDataError(code, text)
        code, text = client.data(raw(sender, ["ada@example.com"]))
        if code != 250:
            raise smtplib.SMTPDataError(code, text)


def v1_bulk(house, keys, sender, to):
    house.client("ses", **keys).send_bulk_templated_email(
        Source=sender, Template="hello", DefaultTemplateData="{}",
        Destinations=[{"Destination": {"ToAddresses": ["ada@example.com"]}}, {"Destination": {"ToAddresses": to}}])


def v2_bulk(house, keys, sender, to):
    house.client("sesv2", **keys).send_bulk_email(
        FromEmailAddress=sender, DefaultContent={"Template": {"TemplateName": "hello", "TemplateData": "{}"}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": ["ada@example.com"]}}, {"Destination": {"ToAddresses": to}}])


def v2_template(house, keys, sender, to):
    house.client("sesv2", **keys).send_email(
        FromEmailAddress=sender, Destination={"ToAddresses": to}, Content={"Template": {"TemplateName": "hello", "TemplateData": "{}"}})


BULK = [v1_bulk, v2_bulk, v2_template]
DOORS = [v1_parts, v1_raw, v1_raw_destinations, v2_simple, v2_raw, smtp]


@pytest.fixture(scope="module")
def house(binary, tmp_path_factory):
    server = House(binary, tmp_path_factory.mktemp("house"))
    ses = server.client("sesv2")
    for name in ("aws.example.com", "example.com"):
        ses.create_email_identity(EmailIdentity=name)
    ses.create_email_template(TemplateName="hello", TemplateContent={"Subject": "hello", "Text": "hi"})
    server.keys = server.user("app", SOUND)
    server.bulk = server.user("bulk", BULK_POLICY)
    yield server
    server.stop(kill=True)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("name, sender, to, allowed, _", SENDS, ids=[row[0] for row in SENDS])
def test_the_same_answer_at_every_door(house, door, name, sender, to, allowed, _):
    try:
        door(house, house.keys, sender, to)
        sent = True
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"), error
        sent = False
    except smtplib.SMTPDataError as error:
        assert error.smtp_code == 554 and b"5.7.1" in error.smtp_error, error
        sent = False
    assert sent == allowed


@pytest.mark.parametrize("door", BULK, ids=lambda door: door.__name__)
@pytest.mark.parametrize("name, sender, to, allowed, _", SENDS, ids=[row[0] for row in SENDS])
def test_bulk_sends_are_decided_by_their_own_addresses(house, door, name, sender, to, allowed, _):
    before = len(house.facts("accepted"))
    if allowed:
        return door(house, house.bulk, sender, to)
    with pytest.raises(ClientError) as caught:
        door(house, house.bulk, sender, to)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    assert len(house.facts("accepted")) == before, "an entry was sent before all were decided"


def test_the_sound_policy_denies_bulk_outright(house):
    for door in (v1_bulk, v2_bulk):
        with pytest.raises(ClientError) as caught:
            door(house, house.keys, "ops@aws.example.com", ["ada@example.com"])
        assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


@pytest.mark.parametrize("name, sender, to, _, allowed", SENDS, ids=[row[0] for row in SENDS])
def test_the_simulator_says_what_the_policy_says(house, name, sender, to, _, allowed):
    keys = {"ses:FromAddress": [bare(sender)], "ses:Recipients": to, "aws:SourceVpce": ["vpce-0abc"], "aws:SecureTransport": ["true"]}
    # What decides is the identity that stands over the sender.
    resource = IDENTITY if bare(sender).endswith("@aws.example.com") else IDENTITY.replace("aws.", "")
    result = house.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/app", ActionNames=["ses:SendEmail"], ResourceArns=[resource],
        ContextEntries=[{"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": "stringList"} for key, values in keys.items()])
    assert (result["EvaluationResults"][0]["EvalDecision"] == "allowed") == allowed


def published(key, operator, value):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {operator: {key: value}}}]}


# The policies of the playbook's last edition, as they were published: what each lets through and what it does not.
PUBLISHED = {
    "recipients": published("ses:Recipients", "ForAllValues:StringLike", ["*@example.com"]),
    "from": published("ses:FromAddress", "StringEquals", "operations@aws.example.com"),
    "display name": published("ses:FromDisplayName", "StringLike", "Operations"),
}
PUBLISHED_SENDS = [
    ("recipients", "ops@aws.example.com", ["ada@example.com"], True),
    ("recipients", "ops@aws.example.com", ["x@evil.example"], False),
    ("recipients", "ops@aws.example.com", ["ada@example.com", "x@evil.example"], False),
    ("recipients", "ops@aws.example.com", ["ada@evilexample.com"], False),
    ("from", "operations@aws.example.com", ["x@evil.example"], True),
    ("from", "Operations@aws.example.com", ["ada@example.com"], False),
    ("from", "ops@aws.example.com", ["ada@example.com"], False),
    ("display name", "Operations <anybody@aws.example.com>", ["x@evil.example"], True),
    ("display name", "Operations Team <anybody@aws.example.com>", ["ada@example.com"], False),
    ("display name", "operations <anybody@aws.example.com>", ["ada@example.com"], False),
    ("display name", "anybody@aws.example.com", ["ada@example.com"], False),
]


@pytest.fixture(scope="module")
def senders(house):
    return {name: house.user(name.replace(" ", "-"), policy) for name, policy in PUBLISHED.items()}


@pytest.mark.parametrize("door", DOORS + BULK, ids=lambda door: door.__name__)
@pytest.mark.parametrize("policy, sender, to, allowed", PUBLISHED_SENDS)
def test_published_policies_decide_as_they_are_written_at_every_door(house, senders, door, policy, sender, to, allowed):
    if allowed:
        return door(house, senders[policy], sender, to)
    with pytest.raises((ClientError, smtplib.SMTPDataError)) as caught:
        door(house, senders[policy], sender, to)
    assert "ses:Send" in str(caught.value) and "not authorized" in str(caught.value)


@pytest.mark.parametrize("policy, sender, to, allowed", [
    *PUBLISHED_SENDS, ("recipients", "ops@aws.example.com", [], True), ("recipients", "ops@aws.example.com", None, True)])
def test_the_simulator_decides_published_policies_alike(house, senders, policy, sender, to, allowed):
    """And as AWS does where there are no recipients: the published limit on them then lets everything through."""
    name = sender.partition("<")[0].strip() if "<" in sender else None
    keys = {"ses:FromAddress": [bare(sender)], "ses:FromDisplayName": [name] if name else None, "ses:Recipients": to}
    result = house.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{policy.replace(' ', '-')}", ActionNames=["ses:SendEmail"], ResourceArns=[IDENTITY],
        ContextEntries=[{"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": "stringList"}
                        for key, values in keys.items() if values is not None])
    assert (result["EvaluationResults"][0]["EvalDecision"] == "allowed") == allowed


def test_the_published_policy_has_the_holes_it_is_known_for(house):
    published = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {
        "ForAllValues:StringLike": {"ses:Recipients": ["*@aws.capgroup.com"]}}}]})
    results = house.client("iam").simulate_custom_policy(PolicyInputList=[published], ActionNames=["ses:SendEmail", "ses:SendBulkEmail"])
    assert [r["EvalDecision"] for r in results["EvaluationResults"]] == ["allowed", "allowed"]


def test_configuration_sets_are_resources(house):
    """E13 and E16: a set named in the call or the header needs its own permission, and one that is gone fails the send."""
    ses = house.client("sesv2")
    for name in ("corp-tls", "lax"):
        ses.create_configuration_set(ConfigurationSetName=name)

    def send(set_name, header=False):
        message = raw("ops@aws.example.com", ["ada@example.com"])
        if header:
            message = f"X-SES-CONFIGURATION-SET: {set_name}\r\n".encode() + message
            return house.client("sesv2", **house.keys).send_email(Content={"Raw": {"Data": message}})
        return house.client("sesv2", **house.keys).send_email(Content={"Raw": {"Data": message}}, ConfigurationSetName=set_name)

    def by_smtp(set_name):
        with house.signed_in(house.keys) as client:
            client.sendmail("ops@aws.example.com", ["ada@example.com"], f"X-SES-CONFIGURATION-SET: {set_name}\r\n".encode() + raw(
                "ops@aws.example.com", ["ada@example.com"]))

    send("corp-tls")
    send("corp-tls", header=True)
    by_smtp("corp-tls")
    for attempt in (lambda: send("lax"), lambda: send("lax", header=True), lambda: by_smtp("lax")):
        with pytest.raises((ClientError, smtplib.SMTPDataError)) as caught:
            attempt()
        assert "configuration-set/lax" in str(caught.value)
    ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com", ConfigurationSetName="corp-tls")
    assert ses.get_email_identity(EmailIdentity="aws.example.com")["ConfigurationSetName"] == "corp-tls"
    ses.delete_configuration_set(ConfigurationSetName="corp-tls")
    with pytest.raises(ClientError) as caught:
        v2_simple(house, house.keys, "ops@aws.example.com", ["ada@example.com"])
    assert "does not exist" in str(caught.value)
    ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com")
    v2_simple(house, house.keys, "ops@aws.example.com", ["ada@example.com"])


def test_an_owner_fixes_the_delegates_configuration_set(house):
    """E20: what the owner has set as the identity's default holds for delegates, whatever they name."""
    organizations, ses = house.client("organizations"), house.client("sesv2")
    member = organizations.create_account(Email="e20@example.com", AccountName="e20")["CreateAccountStatus"]["AccountId"]
    given = house.client("sts").assume_role(RoleArn=f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole", RoleSessionName="e20")["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"], "aws_session_token": given["SessionToken"]}
    ses.create_configuration_set(ConfigurationSetName="owners-tls")
    ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com", ConfigurationSetName="owners-tls")
    ses.create_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="e20", Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": member}, "Action": "ses:Send*", "Resource": IDENTITY}]}))
    theirs = house.client("sesv2", **keys)
    theirs.create_configuration_set(ConfigurationSetName="my-lax-one")
    theirs.send_email(FromEmailAddress="d@aws.example.com", FromEmailAddressIdentityArn=IDENTITY, ConfigurationSetName="my-lax-one",
                      Destination={"ToAddresses": ["ada@example.com"]}, Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}})
    accepted = house.facts("accepted")[-1]["accepted"]
    assert accepted["configurationSet"] == "owners-tls" and f"assumed-role/OrganizationAccountAccessRole" in accepted["principal"]
    ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com")
    ses.delete_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="e20")


def test_an_address_identity_takes_precedence(house):
    """E10: the policy of the address itself decides, not that of its domain."""
    ses = house.client("sesv2")
    keys = house.user("e10", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:*", "Resource": "*"}]})
    deny = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/e10"}, "Action": "ses:Send*", "Resource": IDENTITY}]})
    ses.create_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="e10", Policy=deny)
    with pytest.raises(ClientError):
        v2_simple(house, keys, "own@aws.example.com", ["ada@example.com"])
    ses.create_email_identity(EmailIdentity="own@aws.example.com")
    v2_simple(house, keys, "own@aws.example.com", ["ada@example.com"])
    ses.delete_email_identity(EmailIdentity="own@aws.example.com")
    ses.delete_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="e10")


def test_templates_render_and_fail_as_on_ses(house):
    ses, v1 = house.client("sesv2"), house.client("ses")
    ses.create_email_template(TemplateName="greeting", TemplateContent={"Subject": "Hello {{name}}", "Text": "{{#each items}}{{this}};{{/each}}"})
    assert v1.get_template(TemplateName="greeting")["Template"]["SubjectPart"] == "Hello {{name}}"
    with pytest.raises(ClientError) as caught:
        ses.create_email_template(TemplateName="broken", TemplateContent={"Subject": "{{#if x}}"})
    assert caught.value.response["Error"]["Code"] == "BadRequestException"
    data = json.dumps({"name": "Ada", "items": [1, 2]})
    assert "Subject: Hello Ada" in ses.test_render_email_template(TemplateName="greeting", TemplateData=data)["RenderedTemplate"]
    with pytest.raises(ClientError) as caught:
        v1.test_render_template(TemplateName="greeting", TemplateData="{}")
    assert caught.value.response["Error"]["Code"] == "MissingRenderingAttribute"
    v1.send_templated_email(Source="ops@aws.example.com", Destination={"ToAddresses": ["ada@example.com"]}, Template="greeting", TemplateData=data)
    wait_for(lambda: "Hello Ada" in [m["subject"] for m in house.captured()])
    result = ses.send_bulk_email(
        FromEmailAddress="ops@aws.example.com", DefaultContent={"Template": {"TemplateName": "greeting", "TemplateData": '{"items":[]}'}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": ["a@example.com"]}, "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": '{"name":"A"}'}}},
                          {"Destination": {"ToAddresses": ["b@example.com"]}}])["BulkEmailEntryResults"]
    assert [r["Status"] for r in result] == ["SUCCESS", "SUCCESS"]
    failed = house.facts("renderingFailed")[-1]["renderingFailed"]
    assert failed["recipients"] == ["b@example.com"] and "'name' is not present" in failed["reason"]
    with pytest.raises(ClientError) as caught:
        v1.send_templated_email(Source="ops@aws.example.com", Destination={"ToAddresses": ["a@example.com"]}, Template="none", TemplateData="{}")
    assert caught.value.response["Error"]["Code"] == "TemplateDoesNotExist"


def test_a_refusal_names_the_statement_and_the_recipient(house):
    with pytest.raises(ClientError) as caught:
        v2_simple(house, house.keys, "ops@aws.example.com", ["a@example.com", "x@evil.example", "b@example.com"])
    assert "NoOutsideRecipient" in str(caught.value) and "value 2 of 3 of ses:Recipients" in str(caught.value)


def test_a_key_that_is_switched_off_ends_the_session(house):
    keys = house.user("leaver", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:*", "Resource": "*"}]})
    client = house.signed_in(keys)
    client.sendmail("ops@aws.example.com", ["ada@example.com"], raw("ops@aws.example.com", ["ada@example.com"]))
    house.client("iam").update_access_key(UserName="leaver", AccessKeyId=keys["aws_access_key_id"], Status="Inactive")
    code, text = client.docmd("MAIL", "FROM:<ops@aws.example.com>")
    assert code == 421 and b"not active any more" in text
    with pytest.raises(smtplib.SMTPAuthenticationError):
        house.signed_in(keys)


def test_session_credentials_are_refused_by_smtp_with_a_reason(house):
    given = house.client("sts", **house.keys).get_session_token()["Credentials"]
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        house.signed_in({"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"]})
    assert caught.value.smtp_code == 535 and b"Temporary credentials" in caught.value.smtp_error


def test_a_member_account_sends_with_the_mail_accounts_identity(house):
    organizations, ses = house.client("organizations"), house.client("sesv2")
    member = organizations.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]["AccountId"]
    given = house.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole", RoleSessionName="set-up")["Credentials"]
    admin = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"], "aws_session_token": given["SessionToken"]}
    iam = house.client("iam", **admin)
    iam.create_user(UserName="delegate")
    iam.put_user_policy(UserName="delegate", PolicyName="send", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": "*"}]}))
    key = iam.create_access_key(UserName="delegate")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def api():
        house.client("sesv2", **keys).send_email(
            FromEmailAddress="app1-x@aws.example.com", FromEmailAddressIdentityArn=IDENTITY, Destination={"ToAddresses": ["ada@example.com"]},
            Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "hi"}}}})

    def mail():
        with house.signed_in(keys) as client:
            client.sendmail("app1-x@aws.example.com", ["ada@example.com"], (
                f"From: app1-x@aws.example.com\r\nX-SES-SOURCE-ARN: {IDENTITY}\r\nX-SES-FROM-ARN: {IDENTITY}\r\nSubject: delegated\r\n\r\nhi\r\n").encode())

    for send, error in ((api, ClientError), (mail, smtplib.SMTPDataError)):
        with pytest.raises(error):
            send()
    organization = organizations.describe_organization()["Organization"]["Id"]
    policy = {"Version": "2012-10-17", "Statement": [{
        "Sid": "member", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{member}:user/delegate"},
        "Action": ["ses:SendEmail", "ses:SendRawEmail"], "Resource": IDENTITY,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}, "StringLike": {"ses:FromAddress": "app1-*@aws.example.com"}}}]}
    ses.create_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="member", Policy=json.dumps(policy))
    api()
    mail()
    delegated = wait_for(lambda: [m for m in house.captured() if m["subject"] == "delegated"])
    source = house.source(delegated[0]["id"])
    assert b"X-SES-" not in source and b"d=aws.example.com" in source.replace(b"\r\n\t", b"")
    ses.delete_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="member")
    for send, error in ((api, ClientError), (mail, smtplib.SMTPDataError)):
        with pytest.raises(error):
            send()
    public = json.dumps(policy).replace(f'{{"AWS": "arn:aws:iam::{member}:user/delegate"}}', '"*"').replace('"aws:PrincipalOrgID"', '"aws:UserAgent"')
    with pytest.raises(ClientError) as caught:
        ses.create_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="public", Policy=public)
    assert "forbid-public-identity-policies" in str(caught.value)


@pytest.fixture(scope="module")
def guarded(binary, tmp_path_factory):
    server = House(binary, tmp_path_factory.mktemp("guarded"), """
guardrails:
  sender-domains: [aws.example.com]
  recipient-domains: [example.com]
  require-tls: "1.2"
  source-networks: [127.0.0.0/8]
""")
    server.client("sesv2").create_email_identity(EmailIdentity="aws.example.com")
    server.keys = server.user("star", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    yield server
    server.stop(kill=True)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("sender, to, guardrail", [
    ("ops@aws.example.com", ["x@evil.example"], "recipient-domains"), ("ops@aws.example.com", ["v@a.example.com"], "recipient-domains"),
    ("ops@example.com", ["ada@example.com"], "sender-domains"), ("ops@aws.example.com", ["v%evil.example@example.com"], "relays route by"),
    ("ops@aws.example.com", ["ada@example.com"], None)])
def test_guardrails_bind_an_administrator(guarded, door, sender, to, guardrail):
    if guardrail is None:
        return door(guarded, guarded.keys, sender, to)
    with pytest.raises((ClientError, smtplib.SMTPDataError)) as caught:
        door(guarded, guarded.keys, sender, to)
    assert guardrail in str(caught.value)


def test_guardrails_bind_identities_and_plain_listeners(guarded):
    with pytest.raises(ClientError) as caught:
        guarded.client("sesv2", **guarded.keys).create_email_identity(EmailIdentity="example.com")
    assert "sender-domains" in str(caught.value)
    with smtplib.SMTP("127.0.0.1", guarded.trusted) as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("ops@aws.example.com", ["ada@example.com"], raw("ops@aws.example.com", ["ada@example.com"]))
    assert b"require-tls" in caught.value.smtp_error
