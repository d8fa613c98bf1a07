# SPDX-License-Identifier: Apache-2.0
"""Stock clients read the trail and the facts of mail as log groups, each account its own."""
import datetime
import json
import subprocess
import time

import botocore.config
import pytest
from botocore.exceptions import ClientError
from conftest import need, wait_for
from test_operators_act_on_the_queue import Desk

WITHOUT_RETRIES = botocore.config.Config(retries={"max_attempts": 0})
MAIL, TRAIL = "/postern/messages", "/postern/trail"
BASE = "arn:aws:logs:us-east-1:111122223333:log-group:"
SIMULATOR = "simulator.amazonses.com"


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def aws(server, *arguments):
    result = subprocess.run(
        ["aws", "logs", *arguments, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout or "null")


class Records:
    """A server with mail delivered, bounced and refused, and a member account with mail of its own."""

    account = Desk.account

    def __init__(self, start):
        self.server = start()
        self.logs = self.server.client("logs", config=WITHOUT_RETRIES)
        self.ses = self.server.client("sesv2")
        self.ses.create_email_identity(EmailIdentity="example.com")
        self.member, self.theirs = self.account("member")
        self.theirs("sesv2").create_email_identity(EmailIdentity="member.example")
        self.ids = [self.mail(self.ses, "ada@example.com", f"{name}@{SIMULATOR}") for name in ("success", "bounce")]
        self.ids += [self.mail(self.theirs("sesv2"), "eve@member.example", f"success@{SIMULATOR}")]
        with pytest.raises(ClientError):
            self.mail(self.ses, "ada@elsewhere.example", f"success@{SIMULATOR}")
        self.today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y/%m/%d")
        wait_for(lambda: len(self.found('{ $.event = "bounced" }')) == 1 and self.trail("CreateEmailIdentity"),
                 what="the bounce and the record")

    def mail(self, ses, sender, *recipients):
        return ses.send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": list(recipients)},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})["MessageId"]

    def found(self, pattern, logs=None, group=MAIL, **more):
        pages = (logs or self.logs).get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=pattern, **more)
        return [event for page in pages for event in page["events"]]

    def trail(self, name):
        return self.found(f'{{ $.eventName = "{name}" }}', group=TRAIL)


@pytest.fixture
def records(start):
    return Records(start)


def test_groups_and_streams(records):
    groups = records.logs.describe_log_groups()["logGroups"]
    assert [(group["logGroupName"], group["arn"]) for group in groups] == [(MAIL, f"{BASE}{MAIL}:*"), (TRAIL, f"{BASE}{TRAIL}:*")]
    assert [group.get("retentionInDays") for group in groups] == [None, 400]
    assert all(abs(group["creationTime"] / 1000 - time.time()) < 60 for group in groups)
    (group,) = records.logs.describe_log_groups(logGroupNamePrefix="/postern/t")["logGroups"]
    assert group["logGroupArn"] == BASE + TRAIL
    (group,) = records.logs.describe_log_groups(logGroupNamePattern="MESSAGE")["logGroups"]
    assert group["logGroupName"] == MAIL
    first = records.logs.describe_log_groups(limit=1)
    rest = records.logs.describe_log_groups(limit=1, nextToken=first["nextToken"])
    assert [page["logGroups"][0]["logGroupName"] for page in (first, rest)] == [MAIL, TRAIL] and "nextToken" not in rest
    for name in (MAIL, TRAIL):
        streams = records.logs.describe_log_streams(logGroupName=name, orderBy="LastEventTime", descending=True)["logStreams"]
        assert [stream["logStreamName"] for stream in streams][:1] == [records.today]
        assert streams[0]["arn"] == f"{BASE}{name}:log-stream:{records.today}"
    assert records.logs.describe_log_streams(logGroupIdentifier=f"{BASE}{MAIL}", logStreamNamePrefix="1999")["logStreams"] == []


def test_events_are_filtered(records):
    logs = records.logs
    mail = [json.loads(event["message"]) for event in records.found("")]
    kinds = [event["event"] for event in mail if event.get("messageId") in [None, *records.ids]]
    assert sorted(kinds) == ["accepted", "accepted", "bounced", "delivered", "refused"]
    assert [event["time"] for event in mail] == sorted(event["time"] for event in mail)
    (bounce,) = records.found('{ $.bounced.verdict.type = "Permanent" }')
    assert json.loads(bounce["message"])["messageId"] == records.ids[1]
    assert bounce["logStreamName"] == records.today and abs(bounce["timestamp"] / 1000 - time.time()) < 60
    assert [event["eventId"] for event in records.found('"bounced" -refused', startTime=bounce["timestamp"], endTime=bounce["timestamp"] + 1)] \
        == [bounce["eventId"]]
    assert len(records.found("?bounced ?refused")) >= 2
    assert records.found("nothingLikeIt") == []
    (refusal,) = records.found("refused")
    assert json.loads(refusal["message"])["refused"]["call"]["name"] == "SendEmail"
    (made,) = records.trail("CreateAccount")
    assert json.loads(made["message"])["eventSource"] == "organizations.amazonaws.com"
    everything = records.found("", group=TRAIL)
    one_by_one, token = [], {}
    while True:
        page = logs.filter_log_events(logGroupName=TRAIL, limit=2, endTime=everything[-1]["timestamp"] + 1, **token)
        one_by_one += page["events"]
        assert len(page["events"]) <= 2
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert [event["eventId"] for event in one_by_one][:len(everything)] == [event["eventId"] for event in everything]
    same = logs.filter_log_events(logGroupName=MAIL, logStreamNames=[records.today], filterPattern="bounced")["events"]
    assert bounce["eventId"] in [event["eventId"] for event in same]
    assert logs.filter_log_events(logGroupName=MAIL, logStreamNamePrefix="1999")["events"] == []


def test_a_stream_is_read_either_way(records):
    logs = records.logs
    place = {"logGroupName": MAIL, "logStreamName": records.today}
    whole = logs.get_log_events(**place, startFromHead=True)
    wait_for(lambda: logs.get_log_events(**place, startFromHead=True)["events"] == logs.get_log_events(**place)["events"],
             what="mail that comes to rest")
    whole = logs.get_log_events(**place, startFromHead=True)
    assert len(whole["events"]) >= 5
    ahead, token = [], {"startFromHead": True}
    while True:
        page = logs.get_log_events(**place, limit=2, **token)
        ahead += page["events"]
        if token.get("nextToken") == page["nextForwardToken"]:
            break
        token = {"nextToken": page["nextForwardToken"]}
    assert ahead == whole["events"]
    back, token = [], {}
    while True:
        page = logs.get_log_events(**place, limit=2, **token)
        back = page["events"] + back
        if token.get("nextToken") == page["nextBackwardToken"]:
            break
        token = {"nextToken": page["nextBackwardToken"]}
    assert back == whole["events"]
    last = logs.get_log_events(**place, limit=1)
    assert last["events"] == whole["events"][-1:]
    message = records.mail(records.ses, "ada@example.com", f"success@{SIMULATOR}")
    new = wait_for(lambda: logs.get_log_events(**place, nextToken=last["nextForwardToken"])["events"], what="what came since")
    assert json.loads(new[0]["message"])["messageId"] == message


def test_what_is_not_there_is_refused(records):
    logs = records.logs
    for call, arguments, code in [
        (logs.filter_log_events, {"logGroupName": "/aws/lambda/x"}, "ResourceNotFoundException"),
        (logs.describe_log_streams, {"logGroupName": "nothing"}, "ResourceNotFoundException"),
        (logs.get_log_events, {"logGroupName": MAIL, "logStreamName": "1999/01/01"}, "ResourceNotFoundException"),
        (logs.get_log_events, {"logGroupName": MAIL, "logStreamName": "today"}, "ResourceNotFoundException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "logStreamNames": ["1999/01/01"]}, "ResourceNotFoundException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "filterPattern": '{ $.event != "x" }'}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "filterPattern": "[a, b]"}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "nextToken": "mine"}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "startTime": 5, "endTime": 4}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "endTime": 1 << 60}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "logStreamNames": ["a"], "logStreamNamePrefix": "a"}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupName": MAIL, "logGroupIdentifier": MAIL}, "InvalidParameterException"),
        (logs.filter_log_events, {}, "InvalidParameterException"),
        (logs.filter_log_events, {"logGroupIdentifier": "arn:aws:logs:us-east-1:999999999999:log-group:x"}, "InvalidParameterException"),
        (logs.describe_log_groups, {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}, "InvalidParameterException"),
        (logs.describe_log_streams, {"logGroupName": MAIL, "nextToken": "x"}, "InvalidParameterException"),
        (logs.create_log_group, {"logGroupName": "mine"}, "UnknownOperationException"),
        (logs.delete_log_group, {"logGroupName": MAIL}, "UnknownOperationException"),
        (logs.put_retention_policy, {"logGroupName": MAIL, "retentionInDays": 1}, "UnknownOperationException"),
        (logs.put_log_events, {"logGroupName": MAIL, "logStreamName": records.today, "logEvents": [{"timestamp": 1, "message": "m"}]},
         "UnknownOperationException"),
    ]:
        assert refused(call, **arguments) == code, (call, arguments)


def test_each_account_reads_its_own(records):
    theirs = records.theirs("logs")
    ids = {json.loads(event["message"])["messageId"] for event in records.found("", theirs)}
    assert ids == {records.ids[2]}
    events = wait_for(lambda: records.found("", theirs, TRAIL), what="records")
    assert {json.loads(event["message"])["recipientAccountId"] for event in events} == {records.member}
    assert records.ids[2] not in "".join(event["message"] for event in records.found(""))
    iam = records.theirs("iam")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["logs:FilterLogEvents", "logs:GetLogEvents"],
            "Resource": f"arn:aws:logs:us-east-1:{records.member}:log-group:{MAIL}:*"}]}))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = records.server.client(
        "logs", config=WITHOUT_RETRIES, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert {json.loads(event["message"])["messageId"] for event in records.found("", reader)} == ids
    assert reader.get_log_events(logGroupName=MAIL, logStreamName=records.today)["events"]
    for call, arguments in [
        (reader.filter_log_events, {"logGroupName": TRAIL}), (reader.describe_log_groups, {}),
        (reader.filter_log_events, {"logGroupName": "/nothing"}), (reader.describe_log_streams, {"logGroupName": MAIL}),
    ]:
        assert refused(call, **arguments) == "AccessDeniedException", arguments
    def refusals():
        """The questions themselves are on the trail too, with their patterns."""
        found = [json.loads(event["message"]) for event in records.found('{ $.eventSource = "logs.amazonaws.com" }', theirs, TRAIL)]
        return [record["eventName"] for record in found if record.get("errorCode", "").startswith("AccessDenied")]
    wait_for(lambda: len(refusals()) == 4, what="the refusals on the trail")


def test_tags(records):
    arn = BASE + TRAIL
    records.logs.tag_resource(resourceArn=arn, tags={"team": "mail", "Cost": "7"})
    records.logs.tag_resource(resourceArn=arn + ":*", tags={"team": "ops"})
    assert records.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "ops", "Cost": "7"}
    records.logs.untag_resource(resourceArn=arn, tagKeys=["Cost", "absent"])
    assert records.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "ops"}
    assert records.logs.list_tags_for_resource(resourceArn=BASE + MAIL)["tags"] == {}
    their = arn.replace("111122223333", records.member)
    assert records.theirs("logs").list_tags_for_resource(resourceArn=their)["tags"] == {}
    assert refused(records.theirs("logs").list_tags_for_resource, resourceArn=arn) == "InvalidParameterException"
    assert refused(records.logs.tag_resource, resourceArn=arn, tags={"aws:x": "y"}) == "InvalidParameterException"
    assert refused(records.logs.tag_resource, resourceArn=arn, tags={f"k{n}": "v" for n in range(50)}) == "TooManyTagsException"
    wait_for(lambda: records.trail("TagResource"), what="the record of the tagging")


@need("aws")
def test_the_command_line_reads_logs(records):
    groups = aws(records.server, "describe-log-groups")["logGroups"]
    assert [group["logGroupName"] for group in groups] == [MAIL, TRAIL]
    streams = aws(records.server, "describe-log-streams", "--log-group-name", TRAIL)["logStreams"]
    assert records.today in [stream["logStreamName"] for stream in streams]
    found = aws(records.server, "filter-log-events", "--log-group-name", MAIL, "--filter-pattern", '{ $.event = "bounced" }')
    assert json.loads(found["events"][0]["message"])["messageId"] == records.ids[1]
    got = aws(records.server, "get-log-events", "--log-group-name", MAIL, "--log-stream-name", records.today, "--limit", "1")
    assert len(got["events"]) == 1
