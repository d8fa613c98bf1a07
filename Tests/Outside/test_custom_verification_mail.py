# SPDX-License-Identifier: Apache-2.0
"""Addresses are verified by mail that an account wrote itself: its templates, its From, its policies."""
import email
import email.policy
import html
import json
import re
import urllib.request

import pytest
from conftest import wait_for
from botocore.exceptions import ClientError

TEMPLATE = dict(
    TemplateName="welcome", FromEmailAddress="Ops <ops@example.com>", TemplateSubject="Bitte bestätigen",
    TemplateContent="<html><body><h1>Grüße</h1></BODY></html>", SuccessRedirectionURL="https://shop.example/ok?a=1&b=2",
    FailureRedirectionURL="https://shop.example/failed")
ARN = "arn:aws:ses:us-east-1:111122223333:"
DISCLAIMER = "If you did not request to verify this email address, please disregard this message."


@pytest.fixture
def server(start, sink):
    """A server that has addresses verified by link, with one verified sender."""
    server = start(extra=(
        f"delivery: {{ route: relay, relay: {{ host: 127.0.0.1, port: {sink.port}, tls: none }} }}\n"
        "identities: { verification: automatic }\n"))
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    server.stop()
    server.config.write_text(server.config.read_text().replace(
        "identities: { verification: automatic }", f"public-url: http://127.0.0.1:{server.api}"))
    server.start()
    server.sink = sink
    return server


def code(error):
    return error.value.response["Error"]["Code"]


def message(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def user(server, name, *statements):
    iam = server.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def allow(action="ses:SendCustomVerificationEmail", resource="*", **conditions):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | ({"Condition": conditions} if conditions else {})


@pytest.mark.parametrize("service", ["ses", "sesv2"])
def test_templates_are_kept(server, service):
    ses = server.client(service)
    absent = "CustomVerificationEmailTemplateDoesNotExist" if service == "ses" else "NotFoundException"
    present = "CustomVerificationEmailTemplateAlreadyExists" if service == "ses" else "AlreadyExistsException"
    with pytest.raises(ClientError) as caught:
        ses.get_custom_verification_email_template(TemplateName="welcome")
    assert code(caught) == absent
    ses.create_custom_verification_email_template(**TEMPLATE)
    with pytest.raises(ClientError) as caught:
        ses.create_custom_verification_email_template(**TEMPLATE)
    assert code(caught) == present
    found = ses.get_custom_verification_email_template(TemplateName="welcome")
    assert {name: found[name] for name in TEMPLATE} == TEMPLATE
    ses.update_custom_verification_email_template(**TEMPLATE | {"TemplateSubject": "Neu"})
    listed = ses.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]
    assert listed == [{name: value for name, value in (TEMPLATE | {"TemplateSubject": "Neu"}).items() if name != "TemplateContent"}]
    ses.delete_custom_verification_email_template(TemplateName="welcome")
    assert ses.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"] == []
    with pytest.raises(ClientError) as caught:
        ses.update_custom_verification_email_template(**TEMPLATE)
    assert code(caught) == absent


def test_v1_updates_what_is_given(server):
    v1, v2 = server.client("ses"), server.client("sesv2")
    v2.create_custom_verification_email_template(**TEMPLATE, Tags=[{"Key": "team", "Value": "a"}])
    v1.update_custom_verification_email_template(TemplateName="welcome", TemplateSubject="Neu")
    found = v2.get_custom_verification_email_template(TemplateName="welcome")
    assert (found["TemplateSubject"], found["TemplateContent"]) == ("Neu", TEMPLATE["TemplateContent"])
    assert found["Tags"] == [{"Key": "team", "Value": "a"}], "tags are not the update's to change"


def test_templates_are_checked(server):
    v1, v2 = server.client("ses"), server.client("sesv2")
    for change, first, second in [
            ({"FromEmailAddress": "ops@stranger.example"}, "FromEmailAddressNotVerified", "NotFoundException"),
            ({"FromEmailAddress": "nobody"}, "InvalidParameterValue", "BadRequestException"),
            ({"SuccessRedirectionURL": "javascript:alert(1)"}, "InvalidParameterValue", "BadRequestException"),
            ({"FailureRedirectionURL": "https://"}, "InvalidParameterValue", "BadRequestException"),
            ({"FailureRedirectionURL": "https://a.example/\"><script>"}, "InvalidParameterValue", "BadRequestException"),
            ({"TemplateContent": "x" * (10 * 1024 * 1024 + 1)}, "CustomVerificationEmailInvalidContent", "BadRequestException"),
            ({"TemplateContent": ""}, "CustomVerificationEmailInvalidContent", "BadRequestException"),
            ({"TemplateName": "a b"}, "InvalidParameterValue", "BadRequestException")]:
        for client, expected in ((v1, first), (v2, second)):
            with pytest.raises(ClientError) as caught:
                client.create_custom_verification_email_template(**TEMPLATE | change)
            assert code(caught) == expected, change.keys()


def test_fifty_templates_at_most(server):
    v1, v2 = server.client("ses"), server.client("sesv2")
    names = [f"t{number:02}" for number in range(50)]
    for name in names:
        v2.create_custom_verification_email_template(**TEMPLATE | {"TemplateName": name})
    for client, expected in ((v1, "LimitExceeded"), (v2, "LimitExceededException")):
        with pytest.raises(ClientError) as caught:
            client.create_custom_verification_email_template(**TEMPLATE)
        assert code(caught) == expected
    page = v2.list_custom_verification_email_templates(PageSize=20)
    assert [entry["TemplateName"] for entry in page["CustomVerificationEmailTemplates"]] == names[:20]
    rest = v1.list_custom_verification_email_templates(NextToken=page["NextToken"], MaxResults=30)
    assert [entry["TemplateName"] for entry in rest["CustomVerificationEmailTemplates"]] == names[20:]
    assert "NextToken" not in rest


@pytest.mark.parametrize("service", ["ses", "sesv2"])
def test_the_mail_is_the_accounts_own_and_its_link_verifies(server, service):
    ses, v1 = server.client(service), server.client("ses")
    ses.create_custom_verification_email_template(**TEMPLATE)
    identifier = ses.send_custom_verification_email(EmailAddress="Ada@shop.example", TemplateName="welcome")["MessageId"]
    sender, recipients, content = server.sink.wait()[0]
    assert (sender, recipients) == ("ops@example.com", ["Ada@shop.example"])
    mail = message(content)
    assert mail["Message-ID"] == f"<{identifier}@mail.example.com>"
    assert (mail["From"], mail["To"], mail["Subject"]) == ("Ops <ops@example.com>", "Ada@shop.example", "Bitte bestätigen")
    assert "d=example.com" in mail["DKIM-Signature"]
    text = mail.get_content()
    assert text.index("<h1>Grüße</h1>") < text.index("<a href=") < text.index(DISCLAIMER) < text.index("</BODY>")
    link = html.unescape(re.search('<a href="([^"]*)"', text)[1])
    assert re.fullmatch(rf"http://127.0.0.1:{server.api}/verify\?token=[a-z2-7]{{44}}", link)

    status = lambda: v1.get_identity_verification_attributes(Identities=["Ada@shop.example"])["VerificationAttributes"]["Ada@shop.example"]
    assert status()["VerificationStatus"] == "Pending"
    ses.send_custom_verification_email(EmailAddress="Ada@shop.example", TemplateName="welcome")
    assert link in html.unescape(message(server.sink.wait(2)[1][2]).get_content()), "asking again sends the same link again"
    urllib.request.urlopen(link, data=b"").read()
    assert status()["VerificationStatus"] == "Success"
    assert len(server.sink.messages) == 2, "and no mail of the server's own"
    facts = [fact["administered"] for fact in records(server) if "administered" in fact]
    assert [fact["resource"] for fact in facts if fact["operation"] == "SendCustomVerificationEmail"] == [
        ARN + "identity/Ada@shop.example"] + [ARN + "custom-verification-email-template/welcome"] * 2


def records(server):
    import sqlite3
    with sqlite3.connect(f"file:{server.data}/postern.db?mode=ro", uri=True) as db:
        return [json.loads(row[0]) for row in db.execute("SELECT event FROM fact ORDER BY sequence")]


def test_who_followed_the_link_is_sent_where_the_template_says(server):
    ses = server.client("sesv2")
    ses.create_custom_verification_email_template(**TEMPLATE)
    ses.send_custom_verification_email(EmailAddress="ada@shop.example", TemplateName="welcome")
    link = html.unescape(re.search('<a href="([^"]*)"', message(server.sink.wait()[0][2]).get_content())[1])
    assert "shop.example" not in urllib.request.urlopen(link).read().decode(), "a scanner's GET confirms nothing"
    page = urllib.request.urlopen(link, data=b"").read().decode()
    assert html.escape(TEMPLATE["SuccessRedirectionURL"]) in page

    ses.create_email_identity(EmailIdentity="bob@shop.example")
    link = re.search(r"http://\S+/verify\?token=\w+", message(server.sink.wait(2)[1][2]).get_content())[0]
    assert "shop.example" not in urllib.request.urlopen(link, data=b"").read().decode(), "a link of our own mail leads nowhere else"


def test_sending_is_decided_like_any_send(server):
    ses = server.client("sesv2")
    ses.create_custom_verification_email_template(**TEMPLATE, Tags=[{"Key": "team", "Value": "a"}])
    ses.create_configuration_set(ConfigurationSetName="plain")
    send = dict(EmailAddress="ada@shop.example", TemplateName="welcome")
    inside = {"ForAllValues:StringLike": {"ses:Recipients": ["*@shop.example"]}, "StringEquals": {"ses:FromAddress": "ops@example.com"}}
    template, identity = ARN + "custom-verification-email-template/welcome", ARN + "identity/example.com"
    cases = [
        ("all", [allow(**inside)], {}, True),
        ("recipient", [allow(**inside)], {"EmailAddress": "ada@evil.example"}, False),
        ("from", [allow(StringEquals={"ses:FromAddress": "boss@example.com"})], {}, False),
        ("version1", [allow(StringEquals={"ses:ApiVersion": "1"})], {}, False),
        ("version2", [allow(StringEquals={"ses:ApiVersion": "2"})], {}, True),
        ("tag", [allow(resource=template, StringEquals={"aws:ResourceTag/team": "a"}), allow(resource=identity)], {}, True),
        ("othertag", [allow(resource=template, StringEquals={"aws:ResourceTag/team": "b"}), allow(resource=identity)], {}, False),
        ("identityonly", [allow(resource=identity)], {}, False),
        ("templateonly", [allow(resource=template)], {}, False),
        ("set", [allow(resource=[identity, template])], {"ConfigurationSetName": "plain"}, False),
        ("otheraction", [allow("ses:SendEmail")], {}, False)]
    for name, statements, change, allowed in cases:
        client = server.client("sesv2", **user(server, name, *statements))
        if allowed:
            client.send_custom_verification_email(**send | change)
            continue
        with pytest.raises(ClientError) as caught:
            client.send_custom_verification_email(**send | change)
        assert code(caught) == "AccessDeniedException", name
    names = [entry["IdentityName"] for entry in ses.list_email_identities()["EmailIdentities"]]
    assert "ada@evil.example" not in names, "who may not send makes no identity"
    ses.send_custom_verification_email(**send, ConfigurationSetName="plain")
    assert server.facts("accepted")[-1]["accepted"]["configurationSet"] == "plain"
    for client, expected in ((ses, "NotFoundException"), (server.client("ses"), "ConfigurationSetDoesNotExist")):
        with pytest.raises(ClientError) as caught:
            client.send_custom_verification_email(**send, ConfigurationSetName="none")
        assert code(caught) == expected


def test_who_may_not_send_learns_nothing_of_templates(server):
    server.client("sesv2").create_custom_verification_email_template(**TEMPLATE)
    stranger = user(server, "stranger", allow("ses:GetAccount"))
    for service in ("ses", "sesv2"):
        said = set()
        for name in ("welcome", "none"):
            with pytest.raises(ClientError) as caught:
                server.client(service, **stranger).send_custom_verification_email(EmailAddress="a@shop.example", TemplateName=name)
            said.add(code(caught))
        assert said == {"AccessDenied" if service == "ses" else "AccessDeniedException"}
        with pytest.raises(ClientError) as caught:
            server.client(service).send_custom_verification_email(EmailAddress="a@shop.example", TemplateName="none")
        assert code(caught) == ("CustomVerificationEmailTemplateDoesNotExist" if service == "ses" else "NotFoundException")


def test_the_sender_must_be_verified_still(server):
    v1, v2 = server.client("ses"), server.client("sesv2")
    v2.create_custom_verification_email_template(**TEMPLATE)
    v2.delete_email_identity(EmailIdentity="example.com")
    for client, expected in ((v1, "FromEmailAddressNotVerified"), (v2, "MessageRejected")):
        with pytest.raises(ClientError) as caught:
            client.send_custom_verification_email(EmailAddress="a@shop.example", TemplateName="welcome")
        assert code(caught) == expected
    for client, expected in ((v1, "InvalidParameterValue"), (v2, "BadRequestException")):
        with pytest.raises(ClientError) as caught:
            client.send_custom_verification_email(EmailAddress="nobody", TemplateName="welcome")
        assert code(caught) == expected


def test_guardrails_hold(server):
    server.client("sesv2").create_custom_verification_email_template(**TEMPLATE)
    server.stop()
    server.config.write_text(server.config.read_text() + "guardrails: { recipient-domains: [shop.example] }\n")
    server.start()
    ses = server.client("sesv2")
    with pytest.raises(ClientError) as caught:
        ses.send_custom_verification_email(EmailAddress="a@evil.example", TemplateName="welcome")
    assert code(caught) == "AccessDeniedException" and "recipient-domains" in str(caught.value)
    ses.send_custom_verification_email(EmailAddress="a@shop.example", TemplateName="welcome")
    server.stop()
    server.config.write_text(server.config.read_text().replace("recipient-domains: [shop.example]", "sender-domains: [example.com]"))
    server.start()
    with pytest.raises(ClientError) as caught:
        server.client("sesv2").send_custom_verification_email(EmailAddress="b@shop.example", TemplateName="welcome")
    assert code(caught) == "AccessDeniedException" and "sender-domains" in str(caught.value)
    assert len(server.sink.messages) == 1


def test_without_a_public_url_it_is_refused(server):
    server.client("sesv2").create_custom_verification_email_template(**TEMPLATE)
    server.stop()
    server.config.write_text("\n".join(line for line in server.config.read_text().splitlines() if "public-url" not in line))
    server.start()
    for service, expected in (("ses", "InvalidParameterValue"), ("sesv2", "BadRequestException")):
        with pytest.raises(ClientError, match="public-url") as caught:
            server.client(service).send_custom_verification_email(EmailAddress="a@shop.example", TemplateName="welcome")
        assert code(caught) == expected
    assert not server.sink.messages


def test_where_every_identity_is_verified_the_mail_is_sent_all_the_same(start):
    server = start()
    ses = server.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    ses.create_custom_verification_email_template(**TEMPLATE)
    ses.send_custom_verification_email(EmailAddress="ada@shop.example", TemplateName="welcome")
    assert ses.get_email_identity(EmailIdentity="ada@shop.example")["VerifiedForSendingStatus"]
    text = message(server.source(wait_for(server.captured)[0]["id"])).get_content()
    assert "<a href" not in text and "verified already" in text and DISCLAIMER in text
