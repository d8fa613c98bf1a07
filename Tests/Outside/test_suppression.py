# SPDX-License-Identifier: Apache-2.0
"""The account's suppression list: kept by hand and by what mail teaches; who is on it gets nothing, and that is a bounce."""
import datetime
import json
import subprocess

import pytest
from conftest import wait_for

from test_iam_through_the_command_line import AWS
from test_tags_are_kept_and_asked_about import allow, refused, user

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def put(server, address, reason="BOUNCE"):
    server.ses.put_suppressed_destination(EmailAddress=address, Reason=reason)


def send(server, *recipients, **more):
    return server.ses.send_email(
        FromEmailAddress="ada@example.com", Destination={"ToAddresses": list(recipients)}, Content=CONTENT, **more)["MessageId"]


def listed(server, **filters):
    found, token = [], {}
    while True:
        answer = server.ses.list_suppressed_destinations(**filters, **token)
        found += [(entry["EmailAddress"], entry["Reason"]) for entry in answer["SuppressedDestinationSummaries"]]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_the_list_is_kept_by_hand(relayed):
    ses = relayed.ses
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    for number in range(5):
        put(relayed, f"r{number}@example.net", "COMPLAINT" if number % 2 else "BOUNCE")
    put(relayed, "Bob+x/y@Example.NET")
    entry = ses.get_suppressed_destination(EmailAddress="Bob+x/y@EXAMPLE.net")["SuppressedDestination"]
    assert (entry["EmailAddress"], entry["Reason"]) == ("Bob+x/y@example.net", "BOUNCE")
    assert abs((entry["LastUpdateTime"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 60
    assert "Attributes" not in entry
    refused("NotFoundException", ses.get_suppressed_destination, EmailAddress="bob+x/y@example.net")
    put(relayed, "r0@example.net", "COMPLAINT")
    assert sorted(listed(relayed, PageSize=2)) == sorted(listed(relayed)) == [
        ("Bob+x/y@example.net", "BOUNCE"), ("r0@example.net", "COMPLAINT"), ("r1@example.net", "COMPLAINT"),
        ("r2@example.net", "BOUNCE"), ("r3@example.net", "COMPLAINT"), ("r4@example.net", "BOUNCE")]
    assert sorted(address for address, _ in listed(relayed, Reasons=["BOUNCE"], PageSize=1)) == [
        "Bob+x/y@example.net", "r2@example.net", "r4@example.net"]
    assert len(listed(relayed, Reasons=["BOUNCE", "COMPLAINT"], StartDate=before)) == 6
    assert listed(relayed, EndDate=before) == [] and listed(relayed, StartDate=before + datetime.timedelta(hours=1)) == []
    ses.delete_suppressed_destination(EmailAddress="Bob+x/y@example.net")
    assert "Email address Bob+x/y@example.net does not exist on your suppression list." == refused(
        "NotFoundException", ses.delete_suppressed_destination, EmailAddress="Bob+x/y@example.net")
    assert len(listed(relayed)) == 5
    operations = [fact["administered"]["operation"] for fact in relayed.facts("administered")]
    assert operations.count("PutSuppressedDestination") == 7 and operations.count("DeleteSuppressedDestination") == 1


def test_bad_input_is_refused(relayed):
    ses = relayed.ses
    refused("BadRequestException", ses.put_suppressed_destination, EmailAddress="nobody", Reason="BOUNCE")
    refused("BadRequestException", ses.put_suppressed_destination, EmailAddress="a@example.net", Reason="TASTE")
    refused("BadRequestException", ses.get_suppressed_destination, EmailAddress="@")
    refused("BadRequestException", ses.put_account_suppression_attributes, SuppressedReasons=["TASTE"])
    refused("InvalidNextTokenException", ses.list_suppressed_destinations, NextToken="nonsense")
    for size in (0, 1001):
        refused("BadRequestException", ses.list_suppressed_destinations, PageSize=size)
    assert listed(relayed) == []


def test_who_is_on_it_gets_nothing_by_any_door(relayed):
    put(relayed, "bob@example.net")
    mixed = send(relayed, "bob@example.net", "eve@example.net")
    alone = send(relayed, "bob@example.net")
    with relayed.smtp() as client:
        assert client.sendmail("ada@example.com", ["bob@example.net"], "From: ada@example.com\r\n\r\nhi\r\n") == {}
    assert [message[1] for message in relayed.sink.wait(1)] == [["eve@example.net"]]
    bounces = [fact["bounced"] for fact in relayed.facts("bounced")]
    assert [bounce["recipients"] for bounce in bounces] == [["bob@example.net"]] * 3
    assert {(b["verdict"]["type"], b["verdict"]["subType"]) for b in bounces} == {("Permanent", "OnAccountSuppressionList")}
    assert len(relayed.facts("accepted")) == 3 and mixed != alone
    relayed.ses.delete_suppressed_destination(EmailAddress="bob@example.net")
    send(relayed, "bob@example.net")
    assert relayed.sink.wait(2)[1][1] == ["bob@example.net"]


def test_the_accounts_reasons_count_and_the_sets_stand_before_them(relayed):
    ses = relayed.ses
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    put(relayed, "bob@example.net", "COMPLAINT")
    ses.create_configuration_set(ConfigurationSetName="none", SuppressionOptions={"SuppressedReasons": []})
    ses.create_configuration_set(ConfigurationSetName="complaints", SuppressionOptions={"SuppressedReasons": ["COMPLAINT"]})
    send(relayed, "bob@example.net")
    send(relayed, "bob@example.net", ConfigurationSetName="none")
    assert len(relayed.sink.wait(1)) == 1
    ses.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE"]}
    send(relayed, "bob@example.net")
    assert len(relayed.sink.wait(2)) == 2
    send(relayed, "bob@example.net", ConfigurationSetName="complaints")
    ses.put_account_suppression_attributes(SuppressedReasons=[])
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": []}
    assert len(relayed.facts("bounced")) == 2


def test_a_hard_bounce_is_learnt_and_a_soft_one_is_not(relayed):
    relayed.sink.rcpt_replies = {
        "gone@example.net": "550 5.1.1 <gone@example.net>: Recipient address rejected: User unknown",
        "full@example.net": "552 5.2.2 <full@example.net>: mailbox full"}
    message = send(relayed, "gone@example.net", "full@example.net")
    wait_for(lambda: ("gone@example.net", "BOUNCE") in listed(relayed), 20, "the lesson")
    assert listed(relayed) == [("gone@example.net", "BOUNCE")]
    entry = relayed.ses.get_suppressed_destination(EmailAddress="gone@example.net")["SuppressedDestination"]
    assert entry["Attributes"]["MessageId"] == message
    relayed.sink.rcpt_replies = {}
    send(relayed, "gone@example.net")
    wait_for(lambda: any(b["bounced"].get("verdict", {}).get("subType") == "OnAccountSuppressionList" for b in relayed.facts("bounced")),
             what="the bounce of a suppressed recipient")
    # Learnt once: a restart reads nothing anew, and what was taken off the list stays off.
    relayed.ses.delete_suppressed_destination(EmailAddress="gone@example.net")
    relayed.stop()
    relayed.start()
    send(relayed, "gone@example.net")
    # The sender was told of the bounces by mail, too.
    wait_for(lambda: ["gone@example.net"] in [message[1] for message in relayed.sink.messages], what="the mail")
    assert listed(relayed) == []


def test_a_set_decides_what_its_mail_teaches(relayed):
    relayed.ses.put_account_suppression_attributes(SuppressedReasons=[])
    for name, reasons in [("bounces", ["BOUNCE"]), ("complaints", ["COMPLAINT"])]:
        relayed.ses.create_configuration_set(
            ConfigurationSetName=name, SuppressionOptions={"SuppressedReasons": reasons})
    relayed.sink.rcpt_replies = {
        f"{name}@example.net": "550 5.1.1 Recipient address rejected: User unknown" for name in ("a", "b", "c")}
    send(relayed, "a@example.net")
    send(relayed, "b@example.net", ConfigurationSetName="complaints")
    send(relayed, "c@example.net", ConfigurationSetName="bounces")
    wait_for(lambda: listed(relayed), 20, "the lesson")
    wait_for(lambda: len(relayed.facts("bounced")) >= 3, 20, "the bounces")
    # Facts are read in their order: what comes after all three was read after them.
    relayed.sink.rcpt_replies["d@example.net"] = "550 5.1.1 Recipient address rejected: User unknown"
    send(relayed, "d@example.net", ConfigurationSetName="bounces")
    wait_for(lambda: ("d@example.net", "BOUNCE") in listed(relayed), 20, "the last lesson")
    assert sorted(listed(relayed)) == [("c@example.net", "BOUNCE"), ("d@example.net", "BOUNCE")]


def test_policies_are_asked(relayed):
    reader = user(relayed, "reader", allow(["ses:GetSuppressedDestination", "ses:ListSuppressedDestinations"]))
    put(relayed, "bob@example.net")
    reader.get_suppressed_destination(EmailAddress="bob@example.net")
    assert len(reader.list_suppressed_destinations()["SuppressedDestinationSummaries"]) == 1
    refused("AccessDeniedException", reader.put_suppressed_destination, EmailAddress="eve@example.net", Reason="BOUNCE")
    refused("AccessDeniedException", reader.delete_suppressed_destination, EmailAddress="bob@example.net")
    refused("AccessDeniedException", reader.put_account_suppression_attributes, SuppressedReasons=[])


@pytest.mark.parametrize("address", ["bob@example.net", "Bob+a%b&c@example.net"])
def test_the_command_line_keeps_it(relayed, address):
    def aws(*command):
        done = subprocess.run([AWS, "sesv2", *command, "--output", "json"], env=relayed.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("put-suppressed-destination", "--email-address", address, "--reason", "COMPLAINT")
    assert aws("get-suppressed-destination", "--email-address", address)["SuppressedDestination"]["Reason"] == "COMPLAINT"
    found = aws("list-suppressed-destinations", "--reasons", "COMPLAINT", "--start-date", "2024-01-01")
    assert [entry["EmailAddress"] for entry in found["SuppressedDestinationSummaries"]] == [address]
    aws("delete-suppressed-destination", "--email-address", address)
    assert aws("list-suppressed-destinations")["SuppressedDestinationSummaries"] == []
