# SPDX-License-Identifier: Apache-2.0
"""Stock clients read the account's sending: v1's statistics, v2's metric data."""
import datetime

import botocore.exceptions
import pytest
from conftest import wait_for

CAPTURE = "delivery: { route: capture }\nidentities: { verification: automatic }\n"
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


@pytest.fixture
def server(start):
    return start(extra=CAPTURE)


def send(server, to, **options):
    server.client("sesv2").send_email(
        FromEmailAddress="a@rome.example", Destination={"ToAddresses": [to]}, Content=CONTENT, **options)


def query(metric, **changes):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"Id": metric.lower(), "Namespace": "VDM", "Metric": metric, "StartDate": now - datetime.timedelta(days=2),
            "EndDate": now + datetime.timedelta(minutes=1), **changes}


def test_sending_is_told_in_numbers(server):
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="rome.example")
    # Notices of bounces and complaints would be sends, too.
    ses.put_email_identity_feedback_attributes(EmailIdentity="rome.example", EmailForwardingEnabled=False)
    ses.create_configuration_set(ConfigurationSetName="news")
    send(server, "b@oslo.example", ConfigurationSetName="news")
    send(server, "c@oslo.example")
    send(server, "bounce@simulator.amazonses.com")
    send(server, "complaint@simulator.amazonses.com")
    with pytest.raises(botocore.exceptions.ClientError):
        server.client("sesv2").send_email(
            FromEmailAddress="a@nobody.example", Destination={"ToAddresses": ["b@oslo.example"]}, Content=CONTENT)

    def points():
        return server.client("ses").get_send_statistics()["SendDataPoints"]

    def total(name):
        return sum(point[name] for point in points())

    def totals():
        return tuple(total(name) for name in ("DeliveryAttempts", "Bounces", "Complaints", "Rejects"))

    wait_for(lambda: sum(totals()) >= 7, 100, "the statistics")
    assert totals() == (4, 1, 1, 1)
    assert 1 <= len(points()) <= 2
    age = datetime.datetime.now(datetime.timezone.utc) - points()[-1]["Timestamp"]
    assert datetime.timedelta(0) <= age <= datetime.timedelta(minutes=30)
    assert all(point["Timestamp"].minute % 15 == 0 and point["Timestamp"].second == 0 for point in points())

    answer = ses.batch_get_metric_data(Queries=[
        query("SEND"), query("DELIVERY"), query("COMPLAINT"),
        query("SEND", Id="news", Dimensions={"CONFIGURATION_SET": "news"}),
        query("SEND", Id="other", Dimensions={"CONFIGURATION_SET": "other"})])
    assert answer["Errors"] == []
    sums = {result["Id"]: sum(result["Values"]) for result in answer["Results"]}
    assert (sums["send"], sums["complaint"], sums["news"], sums["other"]) == (4, 1, 1, 0)
    assert sums["delivery"] >= 2
    first = answer["Results"][0]["Timestamps"][0]
    assert (first.hour, first.minute, first.second) == (0, 0, 0)


@pytest.mark.parametrize("changes", [
    {"Metric": "PERMANENT_BOUNCE"}, {"Metric": "OPEN"}, {"Dimensions": {"ISP": "Gmail"}},
    {"Dimensions": {"EMAIL_IDENTITY": "rome.example"}}, {"StartDate": datetime.datetime(2020, 1, 1)}])
def test_what_is_not_counted_is_refused(server, changes):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        server.client("sesv2").batch_get_metric_data(Queries=[query("SEND", **changes)])
    assert caught.value.response["Error"]["Code"] == "BadRequestException"
