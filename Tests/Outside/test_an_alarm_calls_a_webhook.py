# SPDX-License-Identifier: Apache-2.0
"""Mail bounces, so an alarm goes off, so webhooks are called with what a validator from elsewhere accepts."""
import datetime
import json
import sqlite3

import pytest
from conftest import wait_for
from sides import Authority
from sns_message_validator import SNSMessageValidator
from sns_message_validator.exceptions import SignatureVerificationFailureException
from test_sns_calls_webhooks import Webhook, get

ACCOUNT = "111122223333"
BOUNCES = dict(
    AlarmName="bounces", Namespace="AWS/SES", MetricName="Bounce", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
    ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching")
# The alarm that every account has, with somebody to tell.
RATE = dict(
    AlarmName="postern-bounce-rate-review", Namespace="AWS/SES", MetricName="Reputation.BounceRate", Statistic="Maximum", Period=300,
    EvaluationPeriods=1, Threshold=0.05, ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="ignore")


class House:
    """A server that relays to a sink, and two webhooks: in clear by address, and HTTPS by name."""

    def __init__(self, start, sink, name_server, directory):
        authority = Authority(directory / "authority")
        self.sink = sink
        self.plain, self.secure = Webhook(), Webhook(authority.issue("hooks.oslo.example"))
        name_server.zone("oslo.example", "hooks IN A 127.0.0.1")
        self.server = start(wait=False, extra=f"""
delivery:
  route: relay
  relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }}
  tls: {{ trust: ["{authority.ca}"] }}
identities: {{ verification: automatic }}
resolver: {{ servers: ["{name_server.address}"], trust-anchor: "{name_server.anchor()}" }}
events: {{ allowed-networks: [127.0.0.0/8] }}
""")
        self.server.config.write_text(f'{self.server.config.read_text()}sns: {{ public-url: "http://127.0.0.1:{self.server.api}" }}\n')
        self.server.start()
        self.watch, self.sns, self.ses = (self.server.client(name) for name in ("cloudwatch", "sns", "sesv2"))
        self.validator = SNSMessageValidator(
            cert_url_regex=rf"^http://127\.0\.0\.1:{self.server.api}/SimpleNotificationService-[0-9a-f]+\.pem$")

    def hooked_topic(self):
        """A topic that both webhooks have confirmed."""
        topic = self.sns.create_topic(Name="pages")["TopicArn"]
        for hook, protocol, url in (
            (self.plain, "http", self.plain.url), (self.secure, "https", f"https://hooks.oslo.example:{self.secure.port}/hook"),
        ):
            self.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=url)
            confirmation = hook.wait(1)[0]
            self.validator.validate_message(confirmation)
            assert get(confirmation["SubscribeURL"])[0] == 200
        return topic

    def send(self, *recipients):
        self.ses.send_email(
            FromEmailAddress="ada@example.com", Destination={"ToAddresses": list(recipients)},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})

    def told(self, hook):
        """What alarms told a webhook, by their names."""
        messages = [json.loads(body) for _, body in hook.posts]
        return {json.loads(one["Message"])["AlarmName"]: one for one in messages if one["Type"] == "Notification"}


@pytest.fixture
def house(start, sink, name_server, tmp_path):
    house = House(start, sink, name_server, tmp_path)
    yield house
    for hook in (house.plain, house.secure):
        hook.server.shutdown()


def test_mail_that_bounced_calls_webhooks(house):
    topic = house.hooked_topic()
    house.watch.put_metric_alarm(**BOUNCES, AlarmActions=[topic], AlarmDescription="somebody is not there")
    house.watch.put_metric_alarm(**RATE, AlarmActions=[topic])
    house.ses.create_email_identity(EmailIdentity="example.com")
    house.sink.rcpt_replies["gone@rome.example"] = "550 5.1.1 no such user here"
    house.send("there@rome.example")
    house.send("gone@rome.example")
    wait_for(lambda: all({"bounces", RATE["AlarmName"]} <= house.told(hook).keys() for hook in (house.plain, house.secure)), 200, "the calls")
    for hook in (house.plain, house.secure):
        for name, notification in house.told(hook).items():
            house.validator.validate_message(notification)
            assert notification["Subject"] == f'ALARM: "{name}" in us-east-1' and notification["TopicArn"] == topic
            with pytest.raises(SignatureVerificationFailureException):
                house.validator.validate_message(notification | {"Subject": "OK: never mind"})
    message = json.loads(house.told(house.secure)["bounces"]["Message"])
    assert (message["NewStateValue"], message["AWSAccountId"], message["AlarmDescription"]) == ("ALARM", ACCOUNT, "somebody is not there")
    assert message["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:bounces"
    assert (message["Trigger"]["MetricName"], message["Trigger"]["Threshold"]) == ("Bounce", 1)
    # What the alarm went by can be read: two recipients, of which one bounced.
    now = datetime.datetime.now(datetime.timezone.utc)
    span = dict(Namespace="AWS/SES", StartTime=now - datetime.timedelta(minutes=10), EndTime=now, Period=3600)
    points = house.watch.get_metric_statistics(MetricName="Reputation.BounceRate", Statistics=["Maximum"], **span)["Datapoints"]
    assert max(point["Maximum"] for point in points) == 0.5
    history = house.watch.describe_alarm_history(AlarmName="bounces", HistoryItemType="Action")["AlarmHistoryItems"]
    assert f"Successfully executed action {topic}" in [item["HistorySummary"] for item in history]


def test_a_webhook_that_was_down_is_told_when_it_is_back(house):
    topic = house.hooked_topic()
    house.watch.put_metric_alarm(**BOUNCES, AlarmActions=[topic])
    house.plain.script = [503, 503]
    house.watch.set_alarm_state(AlarmName="bounces", StateValue="ALARM", StateReason="a drill")
    messages = house.plain.wait(4)[1:]
    assert {message["MessageId"] for message in messages} == {house.told(house.secure)["bounces"]["MessageId"]}
    assert json.loads(messages[0]["Message"])["NewStateReason"] == "a drill"


def test_what_is_published_is_not_in_the_trail(house):
    topic = house.hooked_topic()
    house.sns.publish(TopicArn=topic, Message="the launch code", Subject="the launch", MessageAttributes={
        "code": {"DataType": "String", "StringValue": "launch 0000"}})
    record, = wait_for(lambda: house.server.records(eventName="Publish", eventSource="sns.amazonaws.com"), what="the record")
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert record["requestParameters"] == {"topicArn": topic, "message": hidden, "subject": hidden, "messageAttributes": hidden}
    token = json.loads(house.plain.posts[0][1])["Token"]
    with sqlite3.connect(f"file:{house.server.data}/trail.db?mode=ro", uri=True) as trail:
        text = "\n".join(row[0] for row in trail.execute("SELECT json FROM record"))
    assert "launch" not in text and token not in text
