# SPDX-License-Identifier: Apache-2.0
"""Stock clients look events up by each attribute, and declare trails that copy what they select."""
import datetime
import gzip
import json
import shutil
import subprocess

import botocore.config
import pytest

from conftest import KEY, need, wait_for
from test_terraform_applies_and_destroys import DECLARATIONS, PLUGINS, Terraform

BASE = "arn:aws:cloudtrail:us-east-1:111122223333:trail/"
SHORT = """
delivery: { route: capture }
identities: { verification: automatic }
trail: { log-interval: 1, digest-interval: 2 }
"""
WITHOUT_RETRIES = botocore.config.Config(retries={"max_attempts": 0})


def aws(server, *arguments):
    result = subprocess.run(
        ["aws", "cloudtrail", *arguments, "--output", "json"], env=server.environment(), capture_output=True, text=True,
        timeout=60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout or "null")


def look(server, **options):
    """All pages."""
    pages = server.client("cloudtrail").get_paginator("lookup_events").paginate(**options)
    return [event for page in pages for event in page["Events"]]


def attribute(key, value):
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


@pytest.fixture
def filled(start):
    """A server on whose trail ann was made, looked at and given a key, and may do nothing."""
    server = start(extra=SHORT)
    iam = server.client("iam")
    iam.create_user(UserName="ann")
    iam.get_user(UserName="ann")
    server.ann = iam.create_access_key(UserName="ann")["AccessKey"]
    wait_for(lambda: look(server, **attribute("EventName", "CreateAccessKey")), what="the record of the last call")
    return server


def as_ann(server, service, **options):
    key = {"aws_access_key_id": server.ann["AccessKeyId"], "aws_secret_access_key": server.ann["SecretAccessKey"]}
    return server.client(service, **key, **options)


@need("aws")
def test_the_command_line_looks_up_by_each_attribute(filled):
    made = aws(filled, "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=CreateUser")
    (event,) = made["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert (event["EventSource"], event["ReadOnly"], event["AccessKeyId"]) == ("iam.amazonaws.com", "false", KEY)
    assert (record["eventID"], record["eventName"]) == (event["EventId"], "CreateUser")
    assert record["requestParameters"] == {"userName": "ann"}
    for key, value in {
        "EventId": event["EventId"], "ReadOnly": "false", "Username": event["Username"],
        "EventSource": "iam.amazonaws.com", "AccessKeyId": KEY,
    }.items():
        found = aws(filled, "lookup-events", "--lookup-attributes", f"AttributeKey={key},AttributeValue={value}")
        assert event["EventId"] in [each["EventId"] for each in found["Events"]], key
    for resource in event.get("Resources", []):
        for key, value in (("ResourceType", resource["ResourceType"]), ("ResourceName", resource["ResourceName"])):
            found = look(filled, **attribute(key, value))
            assert event["EventId"] in [each["EventId"] for each in found], key
    assert look(filled, **attribute("Username", "nobody")) == []


def test_pages_are_disjoint_and_newest_first(filled):
    # Clients send whole seconds.
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=60)
    question = attribute("EventSource", "iam.amazonaws.com") | {"EndTime": end}
    whole = look(filled, **question)
    pages = look(filled, PaginationConfig={"PageSize": 1}, **question)
    assert [event["EventId"] for event in pages] == [event["EventId"] for event in whole]
    assert len(whole) == 3 and sorted(whole, key=lambda event: event["EventTime"], reverse=True) == whole


def test_a_token_is_good_for_its_question_alone(filled):
    trail = filled.client("cloudtrail")
    question = attribute("EventSource", "iam.amazonaws.com")
    token = trail.lookup_events(MaxResults=1, **question)["NextToken"]
    for options in (attribute("EventName", "CreateUser"), {}, {"StartTime": 1, **question}):
        with pytest.raises(trail.exceptions.InvalidNextTokenException):
            trail.lookup_events(NextToken=token, **options)
    with pytest.raises(trail.exceptions.InvalidNextTokenException):
        trail.lookup_events(NextToken="B" + token[1:] if token[0] == "A" else "A" + token[1:], **question)


def test_bad_questions_are_refused_in_awss_words(filled):
    trail = filled.client("cloudtrail")
    two = [{"AttributeKey": "Username", "AttributeValue": "ann"}, {"AttributeKey": "EventName", "AttributeValue": "x"}]
    with pytest.raises(trail.exceptions.InvalidLookupAttributesException):
        trail.lookup_events(LookupAttributes=two)
    with pytest.raises(trail.exceptions.InvalidTimeRangeException):
        trail.lookup_events(StartTime=2_000_000_000, EndTime=1_000_000_000)


def test_two_questions_a_second(filled):
    trail = filled.client("cloudtrail", config=WITHOUT_RETRIES)
    with pytest.raises(trail.exceptions.ClientError, match="ThrottlingException.*Rate exceeded"):
        for _ in range(20):
            trail.lookup_events()


def test_who_may_not_is_refused_and_that_is_on_record(filled):
    own = as_ann(filled, "cloudtrail")
    for call, options in {
        "lookup_events": {}, "describe_trails": {}, "stop_logging": {"Name": "postern"},
        "delete_trail": {"Name": "postern"}, "put_event_selectors": {"TrailName": "postern", "EventSelectors": []},
    }.items():
        with pytest.raises(own.exceptions.ClientError, match="AccessDenied"):
            getattr(own, call)(**options)
    found = wait_for(lambda: look(filled, **attribute("EventName", "StopLogging")), what="the record of the refusal")
    record = json.loads(found[0]["CloudTrailEvent"])
    assert record["errorCode"] == "AccessDeniedException" and record["userIdentity"]["userName"] == "ann"


@need("aws")
def test_trails_are_made_changed_and_deleted(filled):
    made = aws(filled, "create-trail", "--name", "audit", "--s3-bucket-name", "files", "--tags-list", "Key=a,Value=b")
    arn = made["TrailARN"]
    assert arn == BASE + "audit" and made["S3BucketName"] == "files"
    assert aws(filled, "get-trail-status", "--name", arn)["IsLogging"] is False
    aws(filled, "start-logging", "--name", arn)
    assert aws(filled, "get-trail-status", "--name", "audit")["IsLogging"] is True
    assert aws(filled, "update-trail", "--name", arn, "--s3-key-prefix", "here")["S3KeyPrefix"] == "here"
    (described,) = aws(filled, "describe-trails", "--trail-name-list", arn)["trailList"]
    assert described == aws(filled, "get-trail", "--name", "audit")["Trail"]
    assert (described["HomeRegion"], described["HasCustomEventSelectors"]) == ("us-east-1", False)
    aws(filled, "add-tags", "--resource-id", arn, "--tags-list", "Key=c,Value=d")
    aws(filled, "remove-tags", "--resource-id", arn, "--tags-list", "Key=a")
    tags = aws(filled, "list-tags", "--resource-id-list", arn)["ResourceTagList"]
    assert tags == [{"ResourceId": arn, "TagsList": [{"Key": "c", "Value": "d"}]}]
    assert {trail["Name"] for trail in aws(filled, "list-trails")["Trails"]} == {"audit", "postern"}
    aws(filled, "stop-logging", "--name", arn)
    aws(filled, "delete-trail", "--name", arn)
    assert aws(filled, "describe-trails", "--trail-name-list", arn)["trailList"] == []
    names = ["CreateTrail", "StartLogging", "UpdateTrail", "AddTags", "RemoveTags", "StopLogging", "DeleteTrail"]
    wait_for(lambda: look(filled, **attribute("EventName", "DeleteTrail")), what="the record of the last change")
    seen = [event["EventName"] for event in look(filled, **attribute("EventSource", "cloudtrail.amazonaws.com"))]
    assert set(names) <= set(seen)


def copied(server):
    """The names of the operations in a trail's bucket."""
    files = (server.data / "trail/objects/111122223333/files").glob("**/CloudTrail/**/*.json.gz")
    records = [json.loads(gzip.decompress(file.read_bytes()))["Records"] for file in files]
    return [record["eventName"] for each in records for record in each]


def test_copies_keep_to_their_selectors(filled):
    trail, iam = filled.client("cloudtrail"), filled.client("iam")
    trail.create_trail(Name="audit", S3BucketName="files")
    selectors = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    trail.put_event_selectors(TrailName="audit", EventSelectors=selectors)
    (selector,) = trail.get_event_selectors(TrailName=BASE + "audit")["EventSelectors"]
    assert (selector["ReadWriteType"], selector["IncludeManagementEvents"]) == ("WriteOnly", True)
    assert trail.get_trail(Name="audit")["Trail"]["HasCustomEventSelectors"] is True
    trail.start_logging(Name="audit")
    iam.list_users()
    iam.create_user(UserName="first")
    wait_for(lambda: "CreateUser" in copied(filled), 30, what="a copy of the change")
    assert "ListUsers" not in copied(filled)
    reads = [{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "StartsWith": ["List"]}]}]
    answer = trail.put_event_selectors(TrailName="audit", AdvancedEventSelectors=reads)
    assert answer["AdvancedEventSelectors"] == reads and "EventSelectors" not in answer
    changes = copied(filled).count("CreateUser")

    def listed():
        iam.list_users()
        return "ListUsers" in copied(filled)

    wait_for(listed, 30, what="a copy of the read")
    iam.create_user(UserName="second")
    iam.list_groups()
    wait_for(lambda: "ListGroups" in copied(filled), 30, what="a copy of what came behind the change")
    assert copied(filled).count("CreateUser") == changes
    result = subprocess.run(
        [filled.binary, "trail", "verify", "--config", filled.config], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_servers_own_trail_goes_on(filled):
    trail = filled.client("cloudtrail")
    for call, options in {
        "stop_logging": {"Name": "postern"}, "delete_trail": {"Name": "postern"},
        "put_event_selectors": {"TrailName": "postern", "EventSelectors": []},
    }.items():
        with pytest.raises(trail.exceptions.OperationNotPermittedException):
            getattr(trail, call)(**options)
    with pytest.raises(trail.exceptions.InsightNotEnabledException):
        trail.get_insight_selectors(TrailName="postern")
    with pytest.raises(trail.exceptions.InvalidParameterCombinationException):
        trail.create_trail(Name="sly", S3BucketName="postern-trail-111122223333", S3KeyPrefix="x")
    with pytest.raises(trail.exceptions.TrailAlreadyExistsException):
        trail.create_trail(Name="postern", S3BucketName="elsewhere")


@pytest.mark.skipif(not shutil.which("terraform") or not PLUGINS, reason="terraform or its aws provider is not on this machine")
def test_trails_are_declared_changed_and_taken_away(start, tmp_path):
    server = start()
    terraform = Terraform(server, tmp_path)
    (tmp_path / "access.tf").unlink()
    shutil.copy(DECLARATIONS / "trail.tf", tmp_path)
    terraform.run("init", f"-plugin-dir={PLUGINS[0]}")
    trail = server.client("cloudtrail")
    for is_changed in (False, True):
        terraform.environment["TF_VAR_changed"] = str(is_changed).lower()
        terraform.run("apply", "-auto-approve")
        terraform.run("plan", "-detailed-exitcode")
        assert trail.get_trail(Name="plain")["Trail"]["S3KeyPrefix"] == ("there" if is_changed else "here")
        assert trail.get_trail_status(Name="plain")["IsLogging"] is not is_changed
        assert trail.get_trail_status(Name="sends")["IsLogging"] is True
        (selector,) = trail.get_event_selectors(TrailName="plain")["EventSelectors"]
        assert selector["ReadWriteType"] == ("All" if is_changed else "WriteOnly")
        assert ("AdvancedEventSelectors" in trail.get_event_selectors(TrailName="sends")) is not is_changed
        (tags,) = trail.list_tags(ResourceIdList=[BASE + "plain"])["ResourceTagList"]
        assert {tag["Key"] for tag in tags["TagsList"]} == ({"team", "stage"} if is_changed else {"team"})
    terraform.run("destroy", "-auto-approve")
    assert [each["Name"] for each in trail.list_trails()["Trails"]] == ["postern"]
