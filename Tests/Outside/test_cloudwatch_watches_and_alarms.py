# SPDX-License-Identifier: Apache-2.0
"""Metrics of one's own and alarms on them, by all protocols that stock clients of CloudWatch speak."""
import datetime
import json
import shutil
import struct
import subprocess

import botocore.model
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from conftest import KEY, SECRET, need, wait_for
from test_terraform_applies_and_destroys import DECLARATIONS, PLUGINS, Terraform

ACCOUNT = "111122223333"
ARN = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:pages"
ORDERS = dict(Namespace="Shop", MetricName="Orders")
ALARM = ORDERS | dict(
    AlarmName="no orders", Statistic="Sum", Period=300, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=0.5,
    ComparisonOperator="LessThanThreshold", TreatMissingData="ignore", AlarmDescription="nobody buys <&> \"that\"",
    Dimensions=[{"Name": "shop", "Value": "oslo"}], Unit="Count", AlarmActions=[TOPIC], OKActions=[], ActionsEnabled=True,
    InsufficientDataActions=[])
NOW = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
WIRES = ["smithy-rpc-v2-cbor", "json", "query"]
SPAN = dict(StartTime=NOW - datetime.timedelta(hours=3), EndTime=NOW + datetime.timedelta(hours=1))


def speaking(wire, server, **options):
    """A stock client that was told to prefer one of the service's protocols."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (wire,))
        client = server.client("cloudwatch", **options)
        assert client.meta.service_model.resolved_protocol == wire
    return client


@pytest.fixture
def server(start):
    return start()


@pytest.fixture(params=WIRES)
def watch(server, request):
    return speaking(request.param, server)


def minute(ago):
    return NOW - datetime.timedelta(minutes=ago)


def put(watch, *data):
    watch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Unit": "Count"} | datum for datum in data])


def test_values_are_kept_and_computed(watch):
    oslo = [{"Name": "shop", "Value": "oslo"}]
    put(watch, {"Value": 4, "Timestamp": minute(120)}, {"Values": [1, 7.5], "Counts": [2, 1], "Timestamp": minute(120)},
        {"StatisticValues": {"SampleCount": 3, "Sum": 30, "Minimum": 5, "Maximum": 20}, "Timestamp": minute(60)},
        {"Value": -1, "Dimensions": oslo, "Timestamp": minute(60)})
    points = watch.get_metric_statistics(
        **ORDERS, **SPAN, Period=60, Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"])["Datapoints"]
    assert sorted(points, key=lambda point: point["Timestamp"]) == [
        {"Timestamp": minute(120), "SampleCount": 4, "Sum": 13.5, "Average": 3.375, "Minimum": 1, "Maximum": 7.5, "Unit": "Count"},
        {"Timestamp": minute(60), "SampleCount": 3, "Sum": 30, "Average": 10, "Minimum": 5, "Maximum": 20, "Unit": "Count"}]
    assert watch.get_metric_statistics(**ORDERS, **SPAN, Period=60, Statistics=["Sum"], Unit="Seconds")["Datapoints"] == []
    put(watch, {"Value": 9, "Unit": "Seconds", "Timestamp": minute(60)})
    points = watch.get_metric_statistics(**ORDERS, **SPAN, Period=21_600, Statistics=["Sum"])["Datapoints"]
    assert sorted((point["Unit"], point["Sum"]) for point in points) == [("Count", 43.5), ("Seconds", 9)]

    def query(id, stat, **metric):
        return {"Id": id, "Label": id.upper(), "MetricStat": {"Metric": ORDERS | metric, "Period": 60, "Stat": stat, "Unit": "Count"}}

    asked = [query("sums", "Sum"), query("least", "Minimum", Dimensions=oslo), query("none", "Sum", MetricName="Returns")]
    results = watch.get_metric_data(MetricDataQueries=asked, ScanBy="TimestampAscending", **SPAN)["MetricDataResults"]
    assert [(one["Id"], one["Label"], one["Timestamps"], one["Values"], one["StatusCode"]) for one in results] == [
        ("sums", "SUMS", [minute(120), minute(60)], [13.5, 30], "Complete"),
        ("least", "LEAST", [minute(60)], [-1], "Complete"), ("none", "NONE", [], [], "Complete")]
    pages = list(watch.get_paginator("get_metric_data").paginate(MetricDataQueries=asked, MaxDatapoints=2, **SPAN))
    assert [[one["Values"] for one in page["MetricDataResults"]] for page in pages] == [[[30, 13.5]], [[-1], []]]


def test_metrics_are_listed_in_pages_and_large_requests_come_compressed(watch):
    encodings = []
    watch.meta.events.register(
        "before-send.cloudwatch.PutMetricData",
        lambda request, **_: encodings.append(request.headers.get("Content-Encoding", b"none")))
    put(watch, *({"Value": 1, "Dimensions": [{"Name": "shop", "Value": f"shop {number:03}"}]} for number in range(700)))
    put(watch, {"Value": 1})
    assert encodings == [b"gzip", b"none"]
    pages = list(watch.get_paginator("list_metrics").paginate(Namespace="Shop"))
    assert [len(page["Metrics"]) for page in pages] == [500, 201]
    names = {json.dumps(metric) for page in pages for metric in page["Metrics"]}
    assert len(names) == 701 and json.dumps({"Namespace": "Shop", "MetricName": "Orders", "Dimensions": []}) in names
    one = watch.list_metrics(Namespace="Shop", Dimensions=[{"Name": "shop", "Value": "shop 007"}])["Metrics"]
    assert one == [ORDERS | {"Dimensions": [{"Name": "shop", "Value": "shop 007"}]}]
    assert watch.list_metrics(Namespace="Shop", MetricName="Returns")["Metrics"] == []
    assert len(watch.list_metrics(Namespace="Shop", RecentlyActive="PT3H")["Metrics"]) == 500


def test_alarms_are_shown_as_they_were_put(watch):
    watch.put_metric_alarm(**ALARM, Tags=[{"Key": "team", "Value": "mail"}])
    shown, = watch.describe_alarms(AlarmNames=[ALARM["AlarmName"], "nobody"])["MetricAlarms"]
    assert {key: shown[key] for key in ALARM} == ALARM
    assert (shown["AlarmArn"], shown["StateValue"]) == (ARN + "no orders", "INSUFFICIENT_DATA")
    assert watch.list_tags_for_resource(ResourceARN=shown["AlarmArn"])["Tags"] == [{"Key": "team", "Value": "mail"}]
    watch.put_metric_alarm(**ALARM | {"Threshold": 2, "OKActions": [TOPIC]})
    changed, = watch.describe_alarms(AlarmNamePrefix="no ")["MetricAlarms"]
    assert (changed["Threshold"], changed["OKActions"]) == (2, [TOPIC])
    for number in range(3):
        watch.put_metric_alarm(**ALARM | {"AlarmName": f"other {number}", "AlarmActions": [], "MetricName": "Returns"})
    pages = watch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [[alarm["AlarmName"] for alarm in page["MetricAlarms"] if "postern" not in alarm["AlarmName"]] for page in pages] == [
        ["no orders", "other 0"], ["other 1", "other 2"], [], []]
    on_orders = watch.describe_alarms_for_metric(**ORDERS, Dimensions=ALARM["Dimensions"])["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in on_orders] == ["no orders"]
    assert [alarm["AlarmName"] for alarm in watch.describe_alarms(ActionPrefix=TOPIC[:-2])["MetricAlarms"]] == ["no orders"]
    watch.disable_alarm_actions(AlarmNames=["no orders", "other 1"])
    watch.enable_alarm_actions(AlarmNames=["other 1"])
    assert [alarm["ActionsEnabled"] for alarm in watch.describe_alarms(AlarmNames=["no orders", "other 1"])["MetricAlarms"]] == [False, True]
    watch.delete_alarms(AlarmNames=["no orders", "other 0"])
    assert [alarm["AlarmName"] for alarm in watch.describe_alarms(AlarmNamePrefix="o")["MetricAlarms"]] == ["other 1", "other 2"]


def test_states_set_by_hand_have_a_history(watch):
    watch.put_metric_alarm(**ALARM | {"AlarmActions": [TOPIC]})
    watch.set_alarm_state(AlarmName="no orders", StateValue="OK", StateReason="calm")
    watch.set_alarm_state(AlarmName="no orders", StateValue="ALARM", StateReason="a \"drill\"", StateReasonData='{"n":1}')
    shown, = watch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert (shown["StateReason"], shown["StateReasonData"]) == ("a \"drill\"", '{"n":1}')
    assert shown["StateUpdatedTimestamp"] > minute(1)
    assert watch.describe_alarms(StateValue="OK", AlarmNames=["no orders"])["MetricAlarms"] == []
    history = watch.describe_alarm_history(AlarmName="no orders", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in history] == ["ConfigurationUpdate", "StateUpdate", "StateUpdate", "Action"]
    assert history[2]["HistorySummary"] == "Alarm updated from OK to ALARM"
    assert json.loads(history[2]["HistoryData"])["newState"]["stateReason"] == "a \"drill\""
    # The topic was never made: that the alarm told nobody stands there too.
    assert history[3]["HistorySummary"] == f'Failed to execute action {TOPIC}. Received error: "Topic does not exist"'
    pages = watch.get_paginator("describe_alarm_history").paginate(AlarmName="no orders", PaginationConfig={"PageSize": 3})
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [3, 1]
    states = watch.describe_alarm_history(HistoryItemType="StateUpdate", StartDate=minute(5), EndDate=minute(-5))
    assert [item["HistorySummary"] for item in states["AlarmHistoryItems"]][0] == "Alarm updated from OK to ALARM"


def test_a_composite_alarm_follows_others(watch):
    for name in ("a", "b"):
        watch.put_metric_alarm(**ALARM | {"AlarmName": name, "AlarmActions": []})
    rule = f'ALARM("a") AND NOT (ALARM({ARN}b) OR INSUFFICIENT_DATA(a))'
    watch.put_composite_alarm(AlarmName="both", AlarmRule=rule, AlarmDescription="d", Tags=[{"Key": "k", "Value": "v"}])
    shown, = watch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (shown["AlarmRule"], shown["AlarmArn"], shown["AlarmDescription"]) == (rule, ARN + "both", "d")
    assert [alarm["AlarmName"] for alarm in watch.describe_alarms(ChildrenOfAlarmName="both")["MetricAlarms"]] == ["a", "b"]
    assert [alarm["AlarmName"] for alarm in watch.describe_alarms(
        ParentsOfAlarmName="a", AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]] == ["both"]

    def state():
        return watch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]["StateValue"]

    watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    wait_for(lambda: state() == "ALARM", 80, "the composite alarm")
    history = watch.describe_alarm_history(AlarmName="both", AlarmTypes=["CompositeAlarm"], HistoryItemType="StateUpdate")
    assert history["AlarmHistoryItems"][0]["AlarmType"] == "CompositeAlarm"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("wire", WIRES)
def test_refusals_have_the_codes_that_clients_know(server, wire):
    watch = speaking(wire, server, config=botocore.config.Config(parameter_validation=False))
    watch.put_metric_alarm(**ALARM)
    watch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("no orders")')
    datum = {"MetricName": "Orders", "Value": 1}
    asked = {"Id": "q", "MetricStat": {"Metric": ORDERS, "Period": 60, "Stat": "Sum"}}
    for call, arguments, code, status in [
        (watch.put_metric_data, dict(Namespace="Shop", MetricData=[datum | {"Values": [1]}]), "InvalidParameterCombination", 400),
        (watch.put_metric_data, dict(Namespace="Shop", MetricData=[{"MetricName": "Orders"}]), "MissingParameter", 400),
        (watch.put_metric_data, dict(Namespace="AWS/SES", MetricData=[datum]), "InvalidParameterValue", 400),
        (watch.put_metric_data, dict(Namespace="Shop", MetricData=[datum | {"Unit": "Eggs"}]), "InvalidParameterValue", 400),
        (watch.put_metric_data, dict(Namespace="Shop", MetricData=[datum | {"Timestamp": minute(60 * 24 * 15)}]), "InvalidParameterValue", 400),
        (watch.put_metric_data, dict(Namespace="Shop"), "MissingParameter", 400),
        (watch.get_metric_data, dict(MetricDataQueries=[asked | {"Id": "Q"}], **SPAN), "ValidationError", 400),
        (watch.get_metric_data, dict(MetricDataQueries=[asked], NextToken="x", **SPAN), "InvalidNextToken", 400),
        (watch.get_metric_statistics, dict(**ORDERS, **SPAN, Period=60), "MissingParameter", 400),
        (watch.get_metric_statistics, dict(**ORDERS, **SPAN, Period=61, Statistics=["Sum"]), "InvalidParameterValue", 400),
        (watch.get_metric_statistics, dict(**ORDERS, **SPAN, Period=60, Statistics=["Median"]), "InvalidParameterValue", 400),
        (watch.put_metric_alarm, ALARM | {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "ValidationError", 400),
        (watch.put_metric_alarm, ALARM | {"AlarmActions": [TOPIC.replace(ACCOUNT, "444455556666")]}, "ValidationError", 400),
        (watch.put_metric_alarm, ALARM | {"AlarmName": "both"}, "ValidationError", 400),
        (watch.put_metric_alarm, ALARM | {"DatapointsToAlarm": 4}, "ValidationError", 400),
        (watch.put_composite_alarm, dict(AlarmName="x", AlarmRule="ALARM(a"), "ValidationError", 400),
        (watch.put_composite_alarm, dict(AlarmName="both", AlarmRule="ALARM(both)"), "ValidationError", 400),
        (watch.set_alarm_state, dict(AlarmName="no", StateValue="OK", StateReason="r"), "ResourceNotFound", 404),
        (watch.set_alarm_state, dict(AlarmName="no orders", StateValue="FINE", StateReason="r"), "ValidationError", 400),
        (watch.delete_alarms, dict(AlarmNames=["no orders"]), "ValidationError", 400),
        (watch.delete_alarms, dict(AlarmNames=["nobody"]), "ResourceNotFound", 404),
        (watch.tag_resource, dict(ResourceARN=ARN + "nobody", Tags=[{"Key": "k", "Value": "v"}]), "ResourceNotFoundException", 404),
        (watch.describe_alarms, dict(NextToken="%"), "InvalidNextToken", 400),
        (watch.describe_alarms, dict(AlarmNames=["a"], AlarmNamePrefix="a"), "InvalidParameterCombination", 400),
        (watch.list_dashboards, {}, "InvalidAction" if wire == "query" else "UnknownOperationException", 400),
    ]:
        assert refusal(call, **arguments) == (code, status), (call.__name__, arguments)
    with pytest.raises(watch.exceptions.ResourceNotFound):
        watch.set_alarm_state(AlarmName="no", StateValue="OK", StateReason="r")
    with pytest.raises(watch.exceptions.InvalidParameterValueException):
        watch.get_metric_statistics(**ORDERS, **SPAN, Period=61, Statistics=["Sum"])


def rpc(server, operation, body, **headers):
    """What no stock client here writes, signed as they sign."""
    headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor", "accept": "application/cbor"} | headers
    url = f"http://127.0.0.1:{server.api}/service/com.amazonaws.cloudwatch.GraniteServiceVersion20100801/operation/{operation}"
    request = AWSRequest("POST", url, headers, body)
    SigV4Auth(Credentials(KEY, SECRET), "monitoring", server.region).add_auth(request)
    return URLLib3Session(timeout=20).send(request.prepare())


def test_cbor_is_read_in_every_form_and_nothing_else_is(server):
    def text(word):
        return bytes([0x60 + len(word)]) + word.encode()

    # Maps, lists and a text of indefinite length, half a float, seconds with a fraction, a member nobody knows.
    moment = struct.pack(">d", minute(60).timestamp() + 0.25)
    body = (b"\xbf" + text("Namespace") + text("Shop") + text("MetricData") + b"\x9f\xbf" + text("MetricName")
            + b"\x7f" + text("Ord") + text("ers") + b"\xff" + text("Value") + b"\xf9\x45\x00" + text("Timestamp") + b"\xc1\xfb" + moment
            + text("Unit") + text("Count") + text("Later") + b"\xa1" + text("x") + b"\x9f\xf6\xf7\xff" + b"\xff\xff\xff")
    done = rpc(server, "PutMetricData", body)
    assert (done.status_code, done.content, done.headers["smithy-protocol"]) == (200, b"\xa0", "rpc-v2-cbor"), done.content
    points = speaking("json", server).get_metric_statistics(**ORDERS, **SPAN, Period=60, Statistics=["Sum"])["Datapoints"]
    assert points == [{"Timestamp": minute(60), "Sum": 5, "Unit": "Count"}]
    for wrong in (body[:-1], body + b"\xff", b"\x9b" + b"\xff" * 8, b"\x81" * 100_000, b"\xbf\x7b" + b"\x7f" * 8, b"{}", b"\xff", b"\x80"):
        done = rpc(server, "PutMetricData", wrong)
        assert done.status_code == 400 and b"SerializationException" in done.content, (wrong[:20], done.content)
    assert rpc(server, "PutMetricData", body, **{"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}).status_code == 400
    assert rpc(server, "PutMetricData", body, **{"content-type": "application/json"}).status_code == 415
    for code in ("SerializationException", "UnsupportedMediaTypeException"):
        wait_for(lambda: server.records(eventName="PutMetricData", errorCode=code), what=f"the record of {code}")


def test_a_refused_signature_is_told_in_cbor(server):
    watch = speaking("smithy-rpc-v2-cbor", server, aws_secret_access_key="wrong")
    answers = []
    watch.meta.events.register("before-parse.cloudwatch.ListMetrics", lambda response_dict, **_: answers.append(response_dict))
    assert refusal(watch.list_metrics) == ("InvalidSignatureException", 403)
    assert {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor",
            "x-amzn-query-error": "InvalidSignatureException;Sender"}.items() <= {
                name.lower(): value for name, value in answers[0]["headers"].items()}.items()


@pytest.mark.parametrize("wire", WIRES)
def test_policies_hold_and_everything_is_on_record(server, wire):
    iam = server.client("iam")
    iam.create_user(UserName="app")
    iam.put_user_policy(UserName="app", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
         "Condition": {"StringEquals": {"cloudwatch:namespace": "Shop"}}},
        {"Effect": "Allow", "Action": ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"], "Resource": ARN + "app-*"},
        {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"}]}))
    key = iam.create_access_key(UserName="app")["AccessKey"]
    app = speaking(wire, server, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    put(app, {"Value": 1})
    app.put_metric_alarm(**ALARM | {"AlarmName": "app-1"})
    assert len(app.describe_alarms(AlarmNames=["app-1"])["MetricAlarms"]) == 1
    for call, arguments in [
        (app.put_metric_data, dict(Namespace="Other", MetricData=[{"MetricName": "m", "Value": 1}])),
        (app.put_metric_alarm, ALARM), (app.delete_alarms, dict(AlarmNames=["app-1", "no orders"])),
        (app.get_metric_statistics, dict(**ORDERS, **SPAN, Period=60, Statistics=["Sum"])), (app.list_metrics, {}),
    ]:
        assert refusal(call, **arguments) == ("AccessDenied", 403), call.__name__
    assert len(app.describe_alarms(AlarmNames=["app-1"])["MetricAlarms"]) == 1
    source = dict(eventSource="monitoring.amazonaws.com")
    # Those of the house are on record too, without parameters.
    made = wait_for(lambda: [
        record for record in server.records(eventName="PutMetricAlarm", **source)
        if "errorCode" not in record and record["requestParameters"]], what="the record")
    shown = made[0]["requestParameters"]
    assert made[0]["userIdentity"]["userName"] == "app" and shown["alarmName"] == "app-1"
    if wire != "query":
        assert (shown["threshold"], shown["evaluationPeriods"], shown["actionsEnabled"]) == (0.5, 3, True)
    refused = wait_for(lambda: server.records(eventName="ListMetrics", **source), what="the record of a refusal")
    assert (refused[0]["errorCode"], refused[0]["additionalEventData"]["control"]) == ("AccessDenied", "iam")


@need("aws")
def test_the_command_line_and_pages_of_it(server):
    def aws(*arguments):
        done = subprocess.run(
            ["aws", "cloudwatch", *arguments, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    aws("put-metric-data", "--namespace", "Shop", "--metric-name", "Orders", "--value", "3", "--unit", "Count")
    assert aws("list-metrics", "--namespace", "Shop")["Metrics"] == [ORDERS | {"Dimensions": []}]
    aws("put-metric-alarm", "--alarm-name", "cli", "--namespace", "Shop", "--metric-name", "Orders", "--statistic", "Sum", "--period", "60",
        "--evaluation-periods", "1", "--threshold", "1", "--comparison-operator", "GreaterThanThreshold", "--treat-missing-data", "ignore")
    aws("set-alarm-state", "--alarm-name", "cli", "--state-value", "OK", "--state-reason", "r")
    assert len(aws("describe-alarm-history", "--alarm-name", "cli")["AlarmHistoryItems"]) == 2


@pytest.mark.skipif(not shutil.which("terraform") or not PLUGINS, reason="terraform or its aws provider is not on this machine")
def test_alarms_are_declared_changed_and_taken_away(server, tmp_path):
    terraform = Terraform(server, tmp_path)
    (tmp_path / "access.tf").unlink()
    shutil.copy(DECLARATIONS / "alarms.tf", tmp_path)
    terraform.run("init", f"-plugin-dir={PLUGINS[0]}")
    watch, sns = server.client("cloudwatch"), server.client("sns")
    for is_changed in (False, True):
        terraform.environment["TF_VAR_changed"] = str(is_changed).lower()
        terraform.run("apply", "-auto-approve")
        terraform.run("plan", "-detailed-exitcode")
        alarm, = watch.describe_alarms(AlarmNames=["bounce-rate"])["MetricAlarms"]
        assert alarm["Threshold"] == (0.1 if is_changed else 0.05) and alarm["AlarmActions"] == [TOPIC]
        assert alarm["OKActions"] == ([] if is_changed else [TOPIC]) and alarm["ActionsEnabled"] is not is_changed
        assert alarm.get("Dimensions", []) == []
        composite, = watch.describe_alarms(AlarmNames=["mail"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        assert ("complaints" in composite["AlarmRule"]) is is_changed
        tags = {tag["Key"]: tag["Value"] for tag in watch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]}
        assert tags == ({"team": "mail", "stage": "two"} if is_changed else {"team": "mail"})
        assert [entry["Endpoint"] for entry in sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]] == ["ops@example.org"]
    terraform.run("destroy", "-auto-approve")
    assert watch.describe_alarms(AlarmNames=["bounce-rate", "mail", "complaints"])["MetricAlarms"] == []
    assert sns.list_topics()["Topics"] == []
