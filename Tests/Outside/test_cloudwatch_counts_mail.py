# SPDX-License-Identifier: Apache-2.0
"""Stock clients read what was sent from CloudWatch, and set alarms on it."""
import datetime
import json
import sqlite3
import subprocess

import botocore.exceptions
import pytest
from conftest import need, wait_for

CAPTURE = "delivery: { route: capture }\nidentities: { verification: automatic }\n"
ALARM = dict(
    AlarmName="many sends", Namespace="AWS/SES", MetricName="Send", Statistic="Sum", Period=60, EvaluationPeriods=1,
    Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching",
    Tags=[{"Key": "team", "Value": "mail"}])


@pytest.fixture
def server(start):
    return start(extra=CAPTURE)


@pytest.fixture
def watch(server):
    return server.client("cloudwatch")


def code(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def span():
    now = datetime.datetime.now(datetime.timezone.utc)
    return dict(StartTime=now - datetime.timedelta(minutes=30), EndTime=now + datetime.timedelta(minutes=2))


def total(watch, name, **dimensions):
    result = watch.get_metric_statistics(
        Namespace="AWS/SES", MetricName=name, Period=60, Statistics=["Sum", "SampleCount"],
        Dimensions=[{"Name": key.replace("_", "-").replace("ses-", "ses:", 1), "Value": value}
                    for key, value in dimensions.items()], **span())
    return sum(point["Sum"] for point in result["Datapoints"])


def send(server, count):
    server.client("sesv2").create_email_identity(EmailIdentity="rome.example")
    server.client("sesv2").create_configuration_set(ConfigurationSetName="news")
    for _ in range(count):
        server.client("sesv2").send_email(
            FromEmailAddress="a@rome.example", Destination={"ToAddresses": ["b@oslo.example", "c@oslo.example"]},
            ConfigurationSetName="news",
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})


def test_sends_are_counted_by_dimension(server, watch):
    send(server, 3)
    wait_for(lambda: total(watch, "Delivery") == 6, 90, "deliveries")
    assert total(watch, "Send") == 3
    assert total(watch, "Send", ses_configuration_set="news") == 3
    assert total(watch, "Send", ses_from_domain="rome.example") == 3
    assert total(watch, "Send", ses_configuration_set="other") == 0
    listed = watch.list_metrics(Namespace="AWS/SES", MetricName="Send")["Metrics"]
    assert {"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": []} in listed
    data = watch.get_metric_data(
        MetricDataQueries=[{"Id": "sends", "MetricStat": {
            "Metric": {"Namespace": "AWS/SES", "MetricName": "Send"}, "Period": 60, "Stat": "Sum"}}], **span())
    assert sum(data["MetricDataResults"][0]["Values"]) == 3


def test_own_metrics_are_kept(watch):
    watch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Orders", "Value": 2, "Unit": "Count"},
        {"MetricName": "Orders", "Values": [1, 5], "Counts": [2, 1], "Unit": "Count"}])
    points = watch.get_metric_statistics(
        Namespace="Shop", MetricName="Orders", Period=86_400, Statistics=["Sum", "Minimum", "Maximum", "Average"],
        StartTime=span()["StartTime"], EndTime=span()["EndTime"])["Datapoints"]
    assert [(p["Sum"], p["Minimum"], p["Maximum"], p["Average"]) for p in points] == [(9, 1, 5, 2.25)]
    assert code(watch.put_metric_data, Namespace="AWS/SES",
                MetricData=[{"MetricName": "Send", "Value": 1}]) == "InvalidParameterValue"


def test_alarms_are_declared_set_and_deleted(watch):
    watch.put_metric_alarm(**ALARM)
    shown = watch.describe_alarms(AlarmNames=[ALARM["AlarmName"]])["MetricAlarms"][0]
    assert {key: shown[key] for key in ALARM if key != "Tags"} == {k: v for k, v in ALARM.items() if k != "Tags"}
    assert shown["StateValue"] == "INSUFFICIENT_DATA"
    assert watch.list_tags_for_resource(ResourceARN=shown["AlarmArn"])["Tags"] == ALARM["Tags"]
    watch.tag_resource(ResourceARN=shown["AlarmArn"], Tags=[{"Key": "k", "Value": "v"}])
    watch.untag_resource(ResourceARN=shown["AlarmArn"], TagKeys=["team"])
    assert watch.list_tags_for_resource(ResourceARN=shown["AlarmArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    watch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("many sends") AND NOT (ALARM("many sends") AND FALSE)')
    assert watch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]["AlarmName"] == "both"
    watch.set_alarm_state(AlarmName="many sends", StateValue="ALARM", StateReason="a drill")
    history = watch.describe_alarm_history(AlarmName="many sends", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert json.loads(history[0]["HistoryData"])["newState"]["stateReason"] == "a drill"
    assert code(watch.delete_alarms, AlarmNames=["many sends"]) == "ValidationError"
    watch.delete_alarms(AlarmNames=["both", "many sends"])
    assert code(watch.set_alarm_state, AlarmName="both", StateValue="OK", StateReason="r") == "ResourceNotFound"


def test_what_is_not_there_is_refused_by_its_code(watch):
    assert code(watch.put_metric_alarm, **{**ALARM, "Period": 30}) == "ValidationError"
    plain = {key: value for key, value in ALARM.items() if key != "Statistic"}
    assert code(watch.put_metric_alarm, **plain, ExtendedStatistic="p99") == "InvalidParameterValue"
    assert code(watch.put_composite_alarm, AlarmName="c", AlarmRule="ALARM(nobody)") == "ValidationError"
    assert code(watch.get_metric_data, MetricDataQueries=[{"Id": "e", "Expression": "1+1"}],
                **span()) == "ValidationError"


def alarms(server, account):
    with sqlite3.connect(f"file:{server.data}/postern.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM sending_record WHERE kind = 'alarm' AND account = ?", (account,)).fetchone()[0]


def test_shipped_alarms_stand_and_deleted_ones_stay_away(server, watch):
    def names():
        return {a["AlarmName"] for a in watch.describe_alarms(AlarmNamePrefix="postern-")["MetricAlarms"]}
    wait_for(lambda: len(names()) == 4, what="the shipped alarms")
    watch.delete_alarms(AlarmNames=["postern-bounce-rate-pause"])
    # At a start accounts are given their alarms in their order, and the new one is the last.
    request = server.client("organizations").create_account(Email="other@example.net", AccountName="other")
    other = request["CreateAccountStatus"]["AccountId"]
    server.stop()
    server.start()
    wait_for(lambda: alarms(server, other) == 4, what="the other account's alarms")
    assert len(names()) == 3


def test_an_alarm_fires_within_two_minutes(server, watch):
    watch.put_metric_alarm(**ALARM)
    send(server, 2)
    wait_for(lambda: watch.describe_alarms(AlarmNames=["many sends"], StateValue="ALARM")["MetricAlarms"], 150, "ALARM")


@need("aws")
def test_the_command_line_asks_and_changes(server, watch):
    def aws(*arguments):
        result = subprocess.run(["aws", "cloudwatch", *arguments, "--output", "json"], env=server.environment(),
                                capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout or "{}")
    aws("put-metric-alarm", "--alarm-name", "cli", "--namespace", "AWS/SES", "--metric-name", "Bounce", "--statistic",
        "Sum", "--period", "60", "--evaluation-periods", "2", "--threshold", "0.5", "--comparison-operator",
        "GreaterThanThreshold", "--dimensions", "Name=ses:configuration-set,Value=news")
    aws("disable-alarm-actions", "--alarm-names", "cli")
    found = aws("describe-alarms-for-metric", "--namespace", "AWS/SES", "--metric-name", "Bounce", "--dimensions",
                "Name=ses:configuration-set,Value=news")["MetricAlarms"]
    assert [(a["AlarmName"], a["ActionsEnabled"], a["Threshold"]) for a in found] == [("cli", False, 0.5)]
    aws("delete-alarms", "--alarm-names", "cli")
