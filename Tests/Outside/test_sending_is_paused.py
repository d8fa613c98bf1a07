# SPDX-License-Identifier: Apache-2.0
"""A pause of the account or of a configuration set holds at every door, in each protocol's words, until it is over."""
import json
import smtplib
import subprocess

import pytest

from test_iam_through_the_command_line import AWS
from test_tags_are_kept_and_asked_about import allow, refused, user

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
TO = {"ToAddresses": ["bob@example.net"]}
MESSAGE = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}


@pytest.fixture
def server(start):
    server = start()
    server.ses, server.v1 = server.client("sesv2"), server.client("ses")
    server.ses.create_email_identity(EmailIdentity="example.com")
    server.ses.create_configuration_set(ConfigurationSetName="news")
    server.ses.create_email_template(TemplateName="t", TemplateContent={"Subject": "s", "Text": "t"})
    return server


def doors(server, configuration_set):
    """What every door says: its code, its words, and what became of an entry of a bulk."""
    more = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    header = f"X-SES-CONFIGURATION-SET: {configuration_set}\r\n" if configuration_set else ""
    raw = f"From: ada@example.com\r\nTo: bob@example.net\r\n{header}\r\nhi\r\n".encode()
    answers = {}

    def ask(name, call, **arguments):
        try:
            call(**arguments)
            answers[name] = "sent"
        except server.ses.exceptions.ClientError as error:
            answers[name] = error.response["Error"]["Code"]
            answers["words"] = error.response["Error"]["Message"]

    ask("v2", server.ses.send_email, FromEmailAddress="ada@example.com", Destination=TO, Content=CONTENT, **more)
    ask("v2 raw", server.ses.send_email, Content={"Raw": {"Data": raw}})
    ask("v2 template", server.ses.send_email, FromEmailAddress="ada@example.com", Destination=TO,
        Content={"Template": {"TemplateName": "t", "TemplateData": "{}"}}, **more)
    ask("v2 bulk", server.ses.send_bulk_email, FromEmailAddress="ada@example.com", BulkEmailEntries=[{"Destination": TO}],
        DefaultContent={"Template": {"TemplateName": "t", "TemplateData": "{}"}}, **more)
    ask("v1", server.v1.send_email, Source="ada@example.com", Destination=TO, Message=MESSAGE, **more)
    ask("v1 raw", server.v1.send_raw_email, RawMessage={"Data": raw})
    ask("v1 template", server.v1.send_templated_email, Source="ada@example.com", Destination=TO, Template="t", TemplateData="{}", **more)
    with server.smtp() as client:
        client.mail("ada@example.com")
        client.rcpt("bob@example.net")
        code, text = client.data(raw)
        answers["smtp"] = code
        answers["smtp words"] = text.decode()
    return answers


ALL = ("v2", "v2 raw", "v2 template", "v2 bulk", "v1", "v1 raw", "v1 template")


def test_a_paused_account_sends_nothing(server):
    server.ses.put_account_sending_attributes(SendingEnabled=False)
    assert server.ses.get_account()["SendingEnabled"] is False and server.v1.get_account_sending_enabled()["Enabled"] is False
    answers = doors(server, None)
    assert {answers[name] for name in ALL if name.startswith("v2")} == {"SendingPausedException"}
    assert {answers[name] for name in ALL if name.startswith("v1")} == {"AccountSendingPausedException"}
    assert answers["words"] == "Sending is paused for account 111122223333."
    assert answers["smtp"] == 454 and "Sending is paused for account 111122223333." in answers["smtp words"]
    assert server.captured() == []
    refusals = {fact["refused"]["control"] for fact in server.facts("refused")}
    assert refusals == {"sending-pause"}
    server.v1.update_account_sending_enabled(Enabled=True)
    assert server.ses.get_account()["SendingEnabled"] is True
    answers = doors(server, None)
    assert {answers[name] for name in ALL} == {"sent"} and answers["smtp"] == 250


def test_a_paused_set_stops_what_names_it_and_nothing_else(server):
    server.v1.update_configuration_set_sending_enabled(ConfigurationSetName="news", Enabled=False)
    answers = doors(server, "news")
    assert {answers[name] for name in ALL if name.startswith("v2")} == {"SendingPausedException"}
    assert {answers[name] for name in ALL if name.startswith("v1")} == {"ConfigurationSetSendingPausedException"}
    assert answers["smtp"] == 454 and "configuration set <news>" in answers["smtp words"]
    assert {doors(server, None)[name] for name in ALL} == {"sent"}
    server.ses.put_email_identity_configuration_set_attributes(EmailIdentity="example.com", ConfigurationSetName="news")
    assert doors(server, None)["v2"] == "SendingPausedException"
    server.ses.put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=True)
    assert {doors(server, "news")[name] for name in ALL} == {"sent"}
    reputation = server.ses.get_configuration_set(ConfigurationSetName="news")["ReputationOptions"]
    assert reputation["LastFreshStart"]


def test_who_may_not_send_hears_of_no_pause(server):
    server.ses.put_account_sending_attributes(SendingEnabled=False)
    nobody = user(server, "nobody", allow("ses:ListIdentities"))
    refused("AccessDeniedException", nobody.send_email, FromEmailAddress="ada@example.com", Destination=TO, Content=CONTENT)
    for call in (nobody.put_account_sending_attributes, nobody.get_account, nobody.put_account_suppression_attributes):
        refused("AccessDeniedException", call)


def test_the_command_line_pauses(server):
    def aws(*command):
        return subprocess.run([AWS, *command, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=60)

    assert aws("sesv2", "put-account-sending-attributes", "--no-sending-enabled").returncode == 0
    assert json.loads(aws("ses", "get-account-sending-enabled").stdout) == {"Enabled": False}
    sent = aws("ses", "send-email", "--from", "ada@example.com", "--to", "bob@example.net", "--subject", "s", "--text", "t")
    assert sent.returncode != 0 and "AccountSendingPausedException" in sent.stderr
    assert aws("ses", "update-account-sending-enabled", "--enabled").returncode == 0
    assert aws("ses", "send-email", "--from", "ada@example.com", "--to", "bob@example.net", "--subject", "s", "--text", "t").returncode == 0
    with pytest.raises(smtplib.SMTPDataError), server.smtp() as client:
        client.sendmail("ada@example.org", ["bob@example.net"], "From: ada@example.org\r\n\r\nhi\r\n")
