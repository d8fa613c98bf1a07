# SPDX-License-Identifier: Apache-2.0
"""Topics as stock clients use them: webhooks and mail with confirmation, signatures that validators from elsewhere accept."""
import base64
import email
import email.policy
import http.server
import json
import re
import shutil
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import botocore.exceptions
import pytest
from conftest import free_port, wait_for
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sns_message_validator import SNSMessageValidator
from sns_message_validator.exceptions import SignatureVerificationFailureException
from test_terraform_applies_and_destroys import PLUGINS, Terraform


class Webhook:
    """Keeps what is posted to it; `script` holds statuses that come before the usual 200; HTTPS with a certificate."""

    def __init__(self, certificate=None):
        self.port, self.posts, self.script = free_port(), [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posts.append((dict(self.headers.items()), body))
                self.send_response(outer.script.pop(0) if outer.script else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def wait(self, count, seconds=20):
        wait_for(lambda: len(self.posts) >= count, seconds, f"{count} posts")
        return [json.loads(body) for _, body in self.posts[:count]]


@pytest.fixture
def webhook():
    webhook = Webhook()
    yield webhook
    webhook.server.shutdown()


def serve(start, networks=("127.0.0.0/8",), **options):
    server = start(wait=False, **options)
    server.config.write_text(server.config.read_text() + f"""
sns: {{ public-url: "http://127.0.0.1:{server.api}" }}
""" + (f"events: {{ allowed-networks: [{', '.join(networks)}] }}\n" if networks else ""))
    server.start()
    server.sns = server.client("sns")
    return server


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def subscribed(server, topic, webhook, **attributes):
    """Confirmed as a far side does it: by the address in what it was posted."""
    before = len(webhook.posts)
    arn = server.sns.subscribe(
        TopicArn=topic, Protocol="http", Endpoint=webhook.url, Attributes=attributes, ReturnSubscriptionArn=True)["SubscriptionArn"]
    confirmation = webhook.wait(before + 1)[before]
    assert get(confirmation["SubscribeURL"])[0] == 200
    return arn


def code(error):
    return error.value.response["Error"]["Code"]


def canonical(message):
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    return "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()


def test_a_webhook_is_confirmed_and_its_validator_is_content(start, webhook):
    server = serve(start)
    topic = server.sns.create_topic(Name="alarms")["TopicArn"]
    assert topic == "arn:aws:sns:us-east-1:111122223333:alarms"
    answer = server.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=webhook.url)
    assert answer["SubscriptionArn"] == "pending confirmation"
    confirmation = webhook.wait(1)[0]
    headers = webhook.posts[0][0]
    assert headers["x-amz-sns-message-type"] == confirmation["Type"] == "SubscriptionConfirmation"
    assert headers["x-amz-sns-topic-arn"] == topic and headers["Content-Type"] == "text/plain; charset=UTF-8"
    validator = SNSMessageValidator(cert_url_regex=rf"^http://127\.0\.0\.1:{server.api}/SimpleNotificationService-[0-9a-f]+\.pem$")
    validator.validate_message(confirmation)
    server.sns.publish(TopicArn=topic, Message="nobody is there yet")
    listed = server.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [entry["SubscriptionArn"] for entry in listed] == ["PendingConfirmation"]
    assert get(confirmation["SubscribeURL"][:-1] + "x")[0] == 400
    status, body = get(confirmation["SubscribeURL"])
    arn = re.search("<SubscriptionArn>(.*)</SubscriptionArn>", body)[1]
    assert status == 200 and arn.startswith(topic + ":")
    assert get(confirmation["SubscribeURL"])[0] == 400
    published = server.sns.publish(
        TopicArn=topic, Subject="Wörter", Message="line\nanother \"é\" \u2028 <&>",
        MessageAttributes={"n": {"DataType": "Number", "StringValue": "5"}, "b": {"DataType": "Binary", "BinaryValue": b"\0\1"}})
    notification = webhook.wait(2)[1]
    validator.validate_message(notification)
    assert notification["MessageId"] == published["MessageId"] and notification["Subject"] == "Wörter"
    assert notification["Message"] == "line\nanother \"é\" \u2028 <&>"
    assert notification["MessageAttributes"] == {
        "b": {"Type": "Binary", "Value": base64.b64encode(b"\0\1").decode()}, "n": {"Type": "Number", "Value": "5"}}
    assert webhook.posts[1][0]["x-amz-sns-subscription-arn"] == arn
    with pytest.raises(SignatureVerificationFailureException):
        validator.validate_message(notification | {"Message": "other"})
    assert get(notification["UnsubscribeURL"][:-1] + "x")[0] == 404
    assert get(notification["UnsubscribeURL"])[0] == 200
    assert server.sns.list_subscriptions()["Subscriptions"] == []
    changes = [(fact["administered"]["operation"], fact["administered"]["principal"].split(":")[-1]) for fact in
               server.facts("administered") if fact["administered"]["operation"].startswith("sns:")]
    assert changes == [
        ("sns:CreateTopic", "root"), ("sns:Subscribe", "root"), ("sns:ConfirmSubscription", "anonymous"), ("sns:Unsubscribe", "anonymous")]


def test_version_two_signs_with_sha256(start, webhook):
    server = serve(start)
    topic = server.sns.create_topic(Name="two", Attributes={"SignatureVersion": "2"})["TopicArn"]
    subscribed(server, topic, webhook)
    server.sns.publish(TopicArn=topic, Message="m")
    for message in webhook.wait(2):
        assert message["SignatureVersion"] == "2"
        key = x509.load_pem_x509_certificate(get(message["SigningCertURL"])[1].encode()).public_key()
        key.verify(base64.b64decode(message["Signature"]), canonical(message), PKCS1v15(), SHA256())
        with pytest.raises(InvalidSignature):
            key.verify(base64.b64decode(message["Signature"]), canonical(message) + b"x", PKCS1v15(), SHA256())
    assert get(f"http://127.0.0.1:{server.api}/SimpleNotificationService-0123.pem")[0] == 404


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{}/hook", "http://[::ffff:127.0.0.1]:{}/hook", "http://localhost:{}/hook"])
def test_closed_networks_stay_closed(start, webhook, endpoint):
    server = serve(start, networks=())
    topic = server.sns.create_topic(Name="a")["TopicArn"]
    server.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.format(webhook.port))
    dropped = wait_for(lambda: server.facts("warned"), what="the record of a dropped notice") if "localhost" not in endpoint else []
    assert webhook.posts == []
    assert all(fact["warned"]["control"] == "sns-delivery" and "closed" in fact["warned"]["reason"] for fact in dropped)


@pytest.mark.parametrize("endpoint", [
    "http://2130706433/", "http://0x7f000001/", "http://127.1/", "http://user@example.com/", "gopher://example.com/", "file:///etc/passwd",
    "https://example.com/"])
def test_endpoints_that_are_none_are_refused(start, endpoint):
    server = serve(start)
    topic = server.sns.create_topic(Name="a")["TopicArn"]
    with pytest.raises(botocore.exceptions.ClientError) as error:
        server.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)
    assert code(error) == "InvalidParameter"


def test_what_failed_is_tried_again_also_after_a_crash(start, webhook):
    server = serve(start)
    topic = server.sns.create_topic(Name="a")["TopicArn"]
    subscribed(server, topic, webhook)
    webhook.script = [503, 500]
    first = server.sns.publish(TopicArn=topic, Message="first")["MessageId"]
    assert [message["MessageId"] for message in webhook.wait(4)[1:]] == [first] * 3
    webhook.script = [503] * 4
    second = server.sns.publish(TopicArn=topic, Message="second")["MessageId"]
    server.stop(kill=True)
    webhook.script, before = [], len(webhook.posts)
    server.start()
    assert webhook.wait(before + 1)[before]["MessageId"] == second
    assert server.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"


def test_filters_raw_delivery_and_batches(start, webhook):
    server = serve(start)
    other = Webhook()
    topic = server.sns.create_topic(Name="a")["TopicArn"]
    raw = subscribed(server, topic, webhook, RawMessageDelivery="true")
    subscribed(server, topic, other, FilterPolicy=json.dumps({"kind": ["bounce", {"prefix": "compl"}], "n": [{"numeric": [">", 3]}]}))

    def entry(id, kind, n):
        return {"Id": id, "Message": id, "MessageAttributes": {
            "kind": {"DataType": "String", "StringValue": kind}, "n": {"DataType": "Number", "StringValue": n}}}

    answer = server.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        entry("one", "bounce", "5"), entry("two", "send", "5"), entry("three", "complaint", "3"), entry("four", "complaint", "4"),
        {"Id": "five", "Message": "x", "Subject": "a\nb"}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["one", "two", "three", "four"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [("five", "InvalidParameter", True)]
    wait_for(lambda: len(webhook.posts) == 5 and len(other.posts) == 3, what="both far sides")
    assert sorted(body for _, body in webhook.posts[1:]) == [b"four", b"one", b"three", b"two"]
    assert all(headers["x-amz-sns-rawdelivery"] == "true" for headers, _ in webhook.posts[1:])
    assert sorted(json.loads(body)["Message"] for _, body in other.posts[1:]) == ["four", "one"]
    server.sns.set_subscription_attributes(SubscriptionArn=raw, AttributeName="FilterPolicyScope", AttributeValue="MessageBody")
    server.sns.set_subscription_attributes(
        SubscriptionArn=raw, AttributeName="FilterPolicy", AttributeValue=json.dumps({"mail": {"tags": {"team": ["a"]}}}))
    server.sns.publish(TopicArn=topic, Message=json.dumps({"mail": {"tags": {"team": ["b"]}}}))
    server.sns.publish(TopicArn=topic, Message=json.dumps({"mail": {"tags": {"team": ["b", "a"]}}}))
    wait_for(lambda: len(webhook.posts) == 6, what="the message that is wanted")
    assert json.loads(webhook.posts[5][1])["mail"]["tags"]["team"] == ["b", "a"]
    for policy in ('{"a":"b"}', '{"a":[{"cidr":"10.0.0.0/8"}]}', "{"):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            server.sns.set_subscription_attributes(SubscriptionArn=raw, AttributeName="FilterPolicy", AttributeValue=policy)
        assert code(error) == "InvalidParameter"


def test_mail_is_confirmed_by_its_link(start):
    server = serve(start)
    topic = server.sns.create_topic(Name="a", Attributes={"DisplayName": "Alarms"})["TopicArn"]
    for protocol in ("email", "email-json"):
        server.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint="ops@example.org")

    def mails(count):
        summaries = wait_for(lambda: len(server.captured()) >= count and server.captured(), what=f"{count} mails")
        parsed = [email.message_from_bytes(server.source(entry["id"]), policy=email.policy.default) for entry in summaries]
        return [(mail, mail.get_content()) for mail in parsed]

    for mail, text in mails(2):
        assert mail["To"] == "ops@example.org" and mail["From"].startswith("Alarms <")
        url = json.loads(text)["SubscribeURL"] if text.startswith("{") else re.search(r"^http\S+", text, re.M)[0]
        assert get(url)[0] == 200
    server.sns.publish(TopicArn=topic, Subject="Bounce rate", Message=json.dumps({"default": "5 %", "email": "fünf Prozent"}), MessageStructure="json")
    found = [(mail["Subject"], text) for mail, text in mails(4) if mail["Subject"] == "Bounce rate"]
    assert len(found) == 2
    plain = next(text for _, text in found if not text.startswith("{"))
    assert plain.startswith("fünf Prozent")
    assert json.loads(next(text for _, text in found if text.startswith("{")))["Message"] == "5 %"
    assert get(re.search(r"^http\S+", plain, re.M)[0])[0] == 200
    assert [entry["Protocol"] for entry in server.sns.list_subscriptions()["Subscriptions"]] == ["email-json"]


def test_who_may_do_what(start):
    server = serve(start)
    iam = server.client("iam")
    topic = server.sns.create_topic(Name="a")["TopicArn"]
    other = server.sns.create_topic(Name="b")["TopicArn"]
    iam.create_user(UserName="app")
    iam.put_user_policy(UserName="app", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sns:Publish", "sns:Subscribe"], "Resource": topic,
         "Condition": {"StringEqualsIfExists": {"sns:Protocol": "https"}}}]}))
    key = iam.create_access_key(UserName="app")["AccessKey"]
    app = server.client("sns", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert app.publish(TopicArn=topic, Message="m")["MessageId"]
    assert app.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://example.com/")["SubscriptionArn"] == "pending confirmation"
    refused = [
        lambda: app.publish(TopicArn=other, Message="m"), lambda: app.create_topic(Name="c"), lambda: app.list_topics(),
        lambda: app.delete_topic(TopicArn=topic), lambda: app.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")]
    for call in refused:
        with pytest.raises(botocore.exceptions.ClientError) as error:
            call()
        assert code(error) == "AuthorizationError" and error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    # A topic's own policy counts too: it forbids, and it lets in.
    user = iam.get_user(UserName="app")["User"]["Arn"]
    statements = [{"Effect": effect, "Principal": {"AWS": user}, "Action": "SNS:Publish", "Resource": arn} for effect, arn in (("Deny", topic), ("Allow", other))]
    for arn, statement in zip((topic, other), statements):
        server.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert app.publish(TopicArn=other, Message="m")["MessageId"]
    with pytest.raises(botocore.exceptions.ClientError) as error:
        app.publish(TopicArn=topic, Message="m")
    assert code(error) == "AuthorizationError"
    server.sns.add_permission(TopicArn=other, Label="share", AWSAccountId=["444455556666"], ActionName=["Publish"])
    policy = json.loads(server.sns.get_topic_attributes(TopicArn=other)["Attributes"]["Policy"])
    assert policy["Statement"][1] == {
        "Sid": "share", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::444455556666:root"]}, "Action": ["SNS:Publish"], "Resource": other}
    server.sns.remove_permission(TopicArn=other, Label="share")
    assert len(json.loads(server.sns.get_topic_attributes(TopicArn=other)["Attributes"]["Policy"])["Statement"]) == 1


def test_topics_through_the_command_line(start):
    server = serve(start)

    def aws(*arguments, fails=None):
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "sns", *arguments, "--output", "json"], env=server.environment(), capture_output=True, text=True)
        if fails:
            assert done.returncode != 0 and fails in done.stderr, done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    topic = aws("create-topic", "--name", "a", "--attributes", "DisplayName=Alarms", "--tags", "Key=team,Value=a")["TopicArn"]
    assert aws("create-topic", "--name", "a", "--tags", "Key=team,Value=a")["TopicArn"] == topic
    aws("create-topic", "--name", "a", "--attributes", "DisplayName=Other", fails="InvalidParameter")
    aws("create-topic", "--name", "a.fifo", fails="InvalidParameter")
    assert aws("list-topics")["Topics"] == [{"TopicArn": topic}]
    aws("set-topic-attributes", "--topic-arn", topic, "--attribute-name", "DeliveryPolicy", "--attribute-value", json.dumps(
        {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5, "minDelayTarget": 1, "maxDelayTarget": 2}}}))
    attributes = aws("get-topic-attributes", "--topic-arn", topic)["Attributes"]
    assert attributes["DisplayName"] == "Alarms" and attributes["Owner"] == "111122223333"
    assert json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 5
    aws("tag-resource", "--resource-arn", topic, "--tags", "Key=stage,Value=one")
    aws("untag-resource", "--resource-arn", topic, "--tag-keys", "team")
    assert aws("list-tags-for-resource", "--resource-arn", topic)["Tags"] == [{"Key": "stage", "Value": "one"}]
    arn = aws("subscribe", "--topic-arn", topic, "--protocol", "https", "--notification-endpoint", "https://example.com/x",
              "--return-subscription-arn")["SubscriptionArn"]
    aws("set-subscription-attributes", "--subscription-arn", arn, "--attribute-name", "RawMessageDelivery", "--attribute-value", "true")
    shown = aws("get-subscription-attributes", "--subscription-arn", arn)["Attributes"]
    assert (shown["RawMessageDelivery"], shown["PendingConfirmation"], shown["Endpoint"]) == ("true", "true", "https://example.com/x")
    aws("confirm-subscription", "--topic-arn", topic, "--token", "0" * 96, fails="InvalidParameter")
    aws("publish", "--topic-arn", topic, "--message", "hello", "--subject", "s")
    aws("publish", "--topic-arn", topic + "x", "--message", "hello", fails="NotFound")
    aws("publish", "--phone-number", "+15550100", "--message", "hello", fails="InvalidParameter")
    aws("unsubscribe", "--subscription-arn", arn)
    aws("get-subscription-attributes", "--subscription-arn", arn, fails="NotFound")
    aws("delete-topic", "--topic-arn", topic)
    aws("delete-topic", "--topic-arn", topic)
    aws("get-topic-attributes", "--topic-arn", topic, fails="NotFound")
    aws("list-tags-for-resource", "--resource-arn", topic, fails="ResourceNotFound")


DECLARATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" {}
variable "hook" {}
variable "stage" {}
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    sns = var.endpoint
    sts = var.endpoint
  }
}
resource "aws_sns_topic" "plain" { name = "plain" }
resource "aws_sns_topic" "alarms" {
  name              = "alarms"
  display_name      = "Alarms ${var.stage}"
  signature_version = 2
  tags              = { stage = var.stage }
  delivery_policy = jsonencode({ http = { defaultHealthyRetryPolicy = { minDelayTarget = 1, maxDelayTarget = 5, numRetries = 4 } } })
}
resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "share", Effect = "Allow", Action = "SNS:Publish",
    Principal = { AWS = "arn:aws:iam::444455556666:root" }, Resource = aws_sns_topic.alarms.arn }] })
}
resource "aws_sns_topic_subscription" "hook" {
  topic_arn            = aws_sns_topic.alarms.arn
  protocol             = "http"
  endpoint             = var.hook
  raw_message_delivery = var.stage == "two"
  filter_policy        = var.stage == "one" ? jsonencode({ kind = ["bounce"] }) : null
}
resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.plain.arn
  protocol  = "email"
  endpoint  = "ops@example.org"
}
"""


@pytest.mark.skipif(not shutil.which("terraform") or not PLUGINS, reason="terraform or its aws provider is not on this machine")
def test_topics_are_declared_by_terraform(start, webhook, tmp_path):
    server = serve(start)
    terraform = Terraform(server, tmp_path)
    (tmp_path / "access.tf").unlink()
    (tmp_path / "topics.tf").write_text(DECLARATION)
    terraform.run("init", f"-plugin-dir={PLUGINS[0]}")
    terraform.environment["TF_VAR_hook"] = webhook.url
    for stage in ("one", "two"):
        terraform.environment["TF_VAR_stage"] = stage
        terraform.run("apply", "-auto-approve")
        terraform.run("plan", "-detailed-exitcode")
        shown = server.sns.get_topic_attributes(TopicArn="arn:aws:sns:us-east-1:111122223333:alarms")["Attributes"]
        assert shown["DisplayName"] == f"Alarms {stage}" and "share" in shown["Policy"]
    terraform.run("destroy", "-auto-approve")
    assert server.sns.list_topics()["Topics"] == [] and server.sns.list_subscriptions()["Subscriptions"] == []
