# SPDX-License-Identifier: Apache-2.0
"""Every operation of every service and every message at every door leaves its record, whatever came of it."""
import json
import pathlib
import smtplib
import sqlite3

import jsonschema
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import KEY, wait_for

ACCOUNT = "111122223333"
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((pathlib.Path(__file__).parent / "schemas/trail-record.json").read_text()))
ASSUME = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]})
READ_SES = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "ses:ListEmailIdentities", "Resource": "*"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "ses:SendEmail",
    "Resource": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"}]})

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"

# Service of boto3, operation, parameters; in an order in which the root user may do all of it.
OPERATIONS = [
    ("iam", "create_user", {"UserName": "app"}),
    ("iam", "get_user", {"UserName": "app"}),
    ("iam", "list_users", {}),
    ("iam", "tag_user", {"UserName": "app", "Tags": [{"Key": "team", "Value": "mail"}]}),
    ("iam", "list_user_tags", {"UserName": "app"}),
    ("iam", "untag_user", {"UserName": "app", "TagKeys": ["team"]}),
    ("iam", "put_user_policy", {"UserName": "app", "PolicyName": "p", "PolicyDocument": READ_SES}),
    ("iam", "get_user_policy", {"UserName": "app", "PolicyName": "p"}),
    ("iam", "list_user_policies", {"UserName": "app"}),
    ("iam", "create_group", {"GroupName": "senders"}),
    ("iam", "add_user_to_group", {"GroupName": "senders", "UserName": "app"}),
    ("iam", "get_group", {"GroupName": "senders"}),
    ("iam", "remove_user_from_group", {"GroupName": "senders", "UserName": "app"}),
    ("iam", "delete_group", {"GroupName": "senders"}),
    ("iam", "create_role", {"RoleName": "mailer", "AssumeRolePolicyDocument": ASSUME}),
    ("iam", "get_role", {"RoleName": "mailer"}),
    ("iam", "create_policy", {"PolicyName": "reader", "PolicyDocument": READ_SES}),
    ("iam", "attach_role_policy", {"RoleName": "mailer", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/reader"}),
    ("iam", "list_attached_role_policies", {"RoleName": "mailer"}),
    ("iam", "detach_role_policy", {"RoleName": "mailer", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/reader"}),
    ("iam", "delete_policy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/reader"}),
    ("iam", "get_account_summary", {}),
    ("sts", "get_caller_identity", {}),
    ("sts", "get_session_token", {}),
    ("organizations", "describe_organization", {}),
    ("organizations", "list_accounts", {}),
    ("organizations", "list_roots", {}),
    ("organizations", "create_account", {"Email": "other@example.net", "AccountName": "other"}),
    ("sesv2", "create_email_identity", {"EmailIdentity": "example.com"}),
    ("sesv2", "get_email_identity", {"EmailIdentity": "example.com"}),
    ("sesv2", "list_email_identities", {}),
    ("sesv2", "create_email_identity_policy",
     {"EmailIdentity": "example.com", "PolicyName": "others", "Policy": POLICY}),
    ("sesv2", "get_email_identity_policies", {"EmailIdentity": "example.com"}),
    ("sesv2", "delete_email_identity_policy", {"EmailIdentity": "example.com", "PolicyName": "others"}),
    ("sesv2", "put_email_identity_dkim_attributes", {"EmailIdentity": "example.com", "SigningEnabled": True}),
    ("sesv2", "create_configuration_set", {"ConfigurationSetName": "set"}),
    ("sesv2", "get_configuration_set", {"ConfigurationSetName": "set"}),
    ("sesv2", "list_configuration_sets", {}),
    ("sesv2", "put_configuration_set_delivery_options", {"ConfigurationSetName": "set", "TlsPolicy": "REQUIRE"}),
    ("sesv2", "put_configuration_set_sending_options", {"ConfigurationSetName": "set", "SendingEnabled": True}),
    ("sesv2", "create_email_template",
     {"TemplateName": "hello", "TemplateContent": {"Subject": "s", "Text": "Hello {{name}}"}}),
    ("sesv2", "get_email_template", {"TemplateName": "hello"}),
    ("sesv2", "list_email_templates", {}),
    ("sesv2", "test_render_email_template", {"TemplateName": "hello", "TemplateData": json.dumps({"name": "Ann"})}),
    ("sesv2", "put_suppressed_destination", {"EmailAddress": "gone@example.org", "Reason": "BOUNCE"}),
    ("sesv2", "get_suppressed_destination", {"EmailAddress": "gone@example.org"}),
    ("sesv2", "list_suppressed_destinations", {}),
    ("sesv2", "delete_suppressed_destination", {"EmailAddress": "gone@example.org"}),
    ("sesv2", "get_account", {}),
    ("sesv2", "put_account_suppression_attributes", {"SuppressedReasons": ["BOUNCE"]}),
    ("sesv2", "tag_resource", {"ResourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com",
                               "Tags": [{"Key": "team", "Value": "mail"}]}),
    ("sesv2", "list_tags_for_resource", {"ResourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"}),
    ("ses", "get_send_quota", {}),
    ("ses", "list_identities", {}),
    ("ses", "get_identity_verification_attributes", {"Identities": ["example.com"]}),
    ("ses", "verify_domain_identity", {"Domain": "example.net"}),
    ("ses", "get_account_sending_enabled", {}),
    ("ses", "update_account_sending_enabled", {"Enabled": True}),
    ("ses", "delete_identity", {"Identity": "example.net"}),
    ("cloudtrail", "describe_trails", {}),
    ("cloudtrail", "get_trail_status", {"Name": "postern"}),
    ("cloudtrail", "list_public_keys", {}),
    ("cloudtrail", "create_trail", {"Name": "copy", "S3BucketName": "copy-bucket"}),
    ("cloudtrail", "start_logging", {"Name": "copy"}),
    ("cloudtrail", "stop_logging", {"Name": "copy"}),
    ("cloudtrail", "delete_trail", {"Name": "copy"}),
    ("sns", "create_topic", {"Name": "alarms"}),
    ("sns", "get_topic_attributes", {"TopicArn": TOPIC}),
    ("sns", "list_topics", {}),
    ("sns", "set_topic_attributes", {"TopicArn": TOPIC, "AttributeName": "DisplayName", "AttributeValue": "Alarms"}),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "ops@example.com"}),
    ("sns", "list_subscriptions_by_topic", {"TopicArn": TOPIC}),
    ("sns", "publish", {"TopicArn": TOPIC, "Message": "never on record"}),
    ("sns", "delete_topic", {"TopicArn": TOPIC}),
    ("cloudwatch", "put_metric_data", {"Namespace": "Shop", "MetricData": [{"MetricName": "orders", "Value": 1}]}),
    ("cloudwatch", "list_metrics", {"Namespace": "Shop"}),
    ("cloudwatch", "put_metric_alarm", {
        "AlarmName": "few", "Namespace": "Shop", "MetricName": "orders", "Statistic": "Sum", "Period": 60, "Threshold": 1,
        "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold"}),
    ("cloudwatch", "describe_alarms", {}),
    ("cloudwatch", "set_alarm_state", {"AlarmName": "few", "StateValue": "OK", "StateReason": "a drill"}),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["few"]}),
    ("sesv2", "delete_email_template", {"TemplateName": "hello"}),
    ("sesv2", "delete_configuration_set", {"ConfigurationSetName": "set"}),
    ("iam", "delete_user_policy", {"UserName": "app", "PolicyName": "p"}),
    ("iam", "delete_role", {"RoleName": "mailer"}),
    ("iam", "delete_user", {"UserName": "app"}),
]


def source(client):
    return client.meta.service_model.signing_name + ".amazonaws.com"


def wire_name(client, operation):
    return client.meta.method_to_api_mapping[operation]


def one(server, **members):
    found = []

    def arrived():
        found[:] = server.records(**members)
        return found

    wait_for(arrived, what=f"the record with {members}")
    assert len(found) == 1, found
    SCHEMA.validate(found[0])
    return found[0]


@pytest.fixture(scope="module")
def busy(binary, tmp_path_factory):
    """A server on which all operations were done, first by somebody who may do nothing, with the answers of both."""
    from conftest import Server

    server = Server(binary, tmp_path_factory.mktemp("busy"))
    server.client("iam").create_user(UserName="nobody")
    key = server.client("iam").create_access_key(UserName="nobody")["AccessKey"]
    server.nobody = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    server.answers = {}
    for service, operation, parameters in OPERATIONS:
        try:
            answer = getattr(server.client(service, **server.nobody), operation)(**parameters)
        except ClientError as error:
            answer = error.response
        server.answers[service, operation] = [answer]
        server.answers[service, operation].append(getattr(server.client(service), operation)(**parameters))
    yield server
    server.stop()


@pytest.mark.parametrize("service, operation", [(service, operation) for service, operation, _ in OPERATIONS])
def test_an_operation_is_on_record(busy, service, operation):
    client = busy.client(service)
    request = busy.answers[service, operation][1]["ResponseMetadata"]["RequestId"]
    record = one(busy, requestID=request)
    assert (record["eventSource"], record["eventName"]) == (source(client), wire_name(client, operation))
    assert record["userIdentity"]["type"] == "Root" and record["userIdentity"]["accessKeyId"] == KEY
    assert record["sourceIPAddress"] == "127.0.0.1" and "boto3" in record["userAgent"].lower()
    assert "errorCode" not in record and record["managementEvent"] and record["eventCategory"] == "Management"
    reads = ("Get", "List", "Describe", "Test")
    # Credentials are made by these two, though nothing that is kept.
    assert record["readOnly"] == wire_name(client, operation).startswith(reads), record
    assert record["recipientAccountId"] == ACCOUNT


@pytest.mark.parametrize("service, operation", [
    (service, operation) for service, operation, _ in OPERATIONS
    if operation not in ("get_caller_identity", "get_session_token")])
def test_its_refusal_is_on_record_with_what_refused(busy, service, operation):
    answer = busy.answers[service, operation][0]
    record = one(busy, requestID=answer["ResponseMetadata"]["RequestId"])
    assert record["eventName"] == wire_name(busy.client(service), operation)
    assert record["errorCode"] == answer["Error"]["Code"]
    assert record["userIdentity"]["type"] == "IAMUser" and record["userIdentity"]["userName"] == "nobody"
    assert record["additionalEventData"]["control"] == "iam" and record["additionalEventData"]["because"]


@pytest.fixture
def sending(start):
    server = start(extra="""
delivery: { route: capture }
identities: { verification: automatic }
guardrails: { recipient-domains: [example.org] }
""")
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    return server


def content(to, sender="app@example.com"):
    return {"FromEmailAddress": sender, "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "private words"}}}}}


def test_a_send_over_the_api_is_a_data_event(sending):
    answer = sending.client("sesv2").send_email(**content("ann@example.org"))
    record = one(sending, requestID=answer["ResponseMetadata"]["RequestId"])
    assert record["eventName"] == "SendEmail" and record["eventCategory"] == "Data" and not record["managementEvent"]
    assert record["additionalEventData"]["sesMessageId"] == answer["MessageId"]
    assert {"accountId": ACCOUNT, "type": "AWS::SES::EmailIdentity",
            "ARN": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"} in record["resources"]
    assert "private words" not in json.dumps(record) and "ann@example.org" not in json.dumps(record)


def test_a_refused_send_over_the_api_names_its_control(sending):
    with pytest.raises(ClientError) as refused:
        sending.client("sesv2").send_email(**content("ann@example.com"))
    record = one(sending, requestID=refused.value.response["ResponseMetadata"]["RequestId"])
    assert record["eventName"] == "SendEmail" and record["errorCode"]
    assert record["additionalEventData"]["control"] == "recipient-domains"


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "implicit TLS"])
def test_a_send_over_smtp_is_a_data_event(sending, implicit):
    client = sending.smtp(implicit=implicit)
    client.sendmail("app@example.com", ["ann@example.org"], "From: app@example.com\r\nSubject: s\r\n\r\nprivate words\r\n")
    client.quit()
    record = one(sending, eventName="SendRawEmail")
    assert record["additionalEventData"]["door"] == "smtp" and record["additionalEventData"]["sesMessageId"]
    assert record["userIdentity"]["type"] == "Root" and record["sourceIPAddress"] == "127.0.0.1"
    assert record["tlsDetails"]["tlsVersion"] == "TLSv1.3" and record["eventCategory"] == "Data"
    assert "private words" not in json.dumps(record) and "ann@example.org" not in json.dumps(record)


def test_a_refused_send_over_smtp_names_its_control(sending):
    client = sending.smtp()
    with pytest.raises(smtplib.SMTPException):
        client.sendmail("app@example.com", ["ann@example.com"], "From: app@example.com\r\nSubject: s\r\n\r\n.\r\n")
    record = one(sending, eventName="SendRawEmail")
    assert record["errorCode"] and record["additionalEventData"]["control"] == "recipient-domains"


def test_what_a_stranger_calls_himself_forges_no_line(sending):
    forged = 'x\u2028"},{"eventName":"DeleteTrail"}'
    api = sending.client("sesv2", config=Config(user_agent=forged.encode().decode("latin-1")))
    request = api.get_account()["ResponseMetadata"]["RequestId"]
    record = one(sending, requestID=request)
    assert record["eventName"] == "GetAccount" and "DeleteTrail" in record["userAgent"]
    with sqlite3.connect(f"file:{sending.data}/trail.db?mode=ro", uri=True) as db:
        text = db.execute("SELECT json FROM record WHERE json LIKE ?", (f"%{request}%",)).fetchone()[0]
    assert len(text.splitlines()) == 1 and '"eventName":"DeleteTrail"' not in text


def test_a_bad_signature_and_a_bad_password_are_on_record(sending):
    stranger = sending.client("sesv2", aws_secret_access_key="wrong")
    with pytest.raises(ClientError):
        stranger.get_account()
    record = one(sending, errorCode="SignatureDoesNotMatch")
    assert record["userIdentity"] == {"type": "Unknown", "accessKeyId": KEY} and record["sourceIPAddress"] == "127.0.0.1"
    client = sending.smtp(login=False)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(KEY, "wrong")
    # smtplib tries PLAIN, then LOGIN.
    wait_for(lambda: len(sending.records(eventName="SmtpAuthenticate")) == 2, what="both failures")
    for record in sending.records(eventName="SmtpAuthenticate"):
        SCHEMA.validate(record)
        assert record["errorCode"] == "WrongPassword" and record["userIdentity"]["accessKeyId"] == KEY


def test_operators_can_have_recipients_in_clear(start):
    server = start(extra="""
delivery: { route: capture }
identities: { verification: automatic }
trail: { recipients: clear }
""")
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    answer = server.client("sesv2").send_email(**content("ann@example.org"))
    assert "ann@example.org" in json.dumps(one(server, requestID=answer["ResponseMetadata"]["RequestId"]))
