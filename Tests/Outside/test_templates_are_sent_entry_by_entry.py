# SPDX-License-Identifier: Apache-2.0
"""Sends of templates: who may, with what attachments and headers, and what each destination of a bulk is told."""
import email
import email.policy
import json

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:ses:us-east-1:111122223333:"
DATA = '{"name":"Ada"}'


@pytest.fixture
def server(relayed):
    relayed.v1 = relayed.client("ses")
    relayed.ses.create_email_template(TemplateName="hello", TemplateContent={"Subject": "Hello {{name}}", "Text": "Dear {{name}}"})
    return relayed


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def user(server, name, *statements):
    iam = server.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def template(**members):
    return {"Template": {"TemplateName": "hello", "TemplateData": DATA} | members}


def single(server, content, **members):
    return server.ses.send_email(
        FromEmailAddress="ops@example.com", Destination={"ToAddresses": ["ada@example.net"]}, Content=content, **members)


def entry(*to, data=None, headers=None, **members):
    replacement = {"ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}}} if data is not None else {}
    return {"Destination": {"ToAddresses": list(to)}} | replacement | ({"ReplacementHeaders": headers} if headers else {}) | members


def bulk(server, entries, content=None, **members):
    results = server.ses.send_bulk_email(
        **{"FromEmailAddress": "ops@example.com", "DefaultContent": content or template(), "BulkEmailEntries": entries} | members)
    return [(result["Status"], result.get("MessageId") is not None) for result in results["BulkEmailEntryResults"]]


def v1_bulk(server, destinations, **members):
    results = server.v1.send_bulk_templated_email(**{
        "Source": "ops@example.com", "Template": "hello", "DefaultTemplateData": DATA, "Destinations": destinations} | members)
    return [result["Status"] for result in results["Status"]]


def messages(server, count):
    found = [email.message_from_bytes(content, policy=email.policy.default) for _, _, content in server.sink.wait(count)]
    return sorted(found, key=lambda mail: mail["To"])


def test_attachments_of_templates_are_sent(server):
    attachment = {"FileName": "a.txt", "RawContent": b"inside", "ContentType": "text/plain", "ContentDisposition": "ATTACHMENT"}
    single(server, template(Attachments=[attachment]))
    bulk(server, [entry("bob@example.net"), entry("cyd@example.net")], template(Attachments=[attachment]))
    for mail in messages(server, 3):
        assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [("a.txt", "inside")]
        assert mail.get_body().get_content().strip() == "Dear Ada"


def test_replacement_headers_stand_in_for_those_of_their_name(server):
    defaults = [{"Name": "X-One", "Value": "1"}, {"Name": "X-Two", "Value": "2"}]
    bulk(server, [
        entry("ada@example.net"), entry("bob@example.net", headers=[{"Name": "x-two", "Value": "b"}, {"Name": "X-Three", "Value": "3"}])],
        template(Headers=defaults))
    ada, bob = messages(server, 2)
    assert (ada["X-One"], ada["X-Two"], ada["X-Three"]) == ("1", "2", None)
    assert (bob["X-One"], bob.get_all("X-Two"), bob["X-Three"]) == ("1", ["b"], "3")


def test_a_fault_of_one_entry_is_that_entrys_alone(server):
    entries = [
        entry("ada@example.net"), entry("no address"), entry(), entry("bob@example.net", data="no json"),
        entry(*[f"u{number}@example.net" for number in range(51)]), entry("cyd@example.net", ReplacementTags=[{"Name": "a b", "Value": "x"}]),
        entry("dee@example.net", headers=[{"Name": "Subject", "Value": "twice"}]), entry("eve@example.net", data='{"name":"Eve"}')]
    statuses = bulk(server, entries)
    assert statuses == [("SUCCESS", True)] + [("INVALID_PARAMETER", False)] * 6 + [("SUCCESS", True)]
    assert [mail["Subject"] for mail in messages(server, 2)] == ["Hello Ada", "Hello Eve"]
    destination = lambda *to, **members: {"Destination": {"ToAddresses": list(to)}} | members
    assert v1_bulk(server, [
        destination("ada@example.net"), destination("no address"), destination(),
        destination("bob@example.net", ReplacementTemplateData="no json"),
        destination("cyd@example.net", ReplacementTags=[{"Name": "a b", "Value": "x"}])]) == ["Success"] + ["InvalidParameterValue"] * 4
    assert len(server.sink.wait(3)) == 3


def test_what_concerns_all_entries_refuses_the_call(server):
    ok, to = [entry("ada@example.net")], [{"Destination": {"ToAddresses": ["ada@example.net"]}}]
    for v2_code, v1_code, v2_change, v1_change in [
            ("MessageRejected", "MessageRejected", {"FromEmailAddress": "x@stranger.example"}, {"Source": "x@stranger.example"}),
            ("BadRequestException", "InvalidParameterValue", {"FromEmailAddress": "nobody"}, {"Source": "nobody"}),
            ("BadRequestException", "InvalidParameterValue", {"ReplyToAddresses": ["nobody"]}, {"ReplyToAddresses": ["nobody"]}),
            ("BadRequestException", "InvalidParameterValue", {"FromEmailAddressIdentityArn": "arn"}, {"SourceArn": "arn"}),
            ("NotFoundException", "ConfigurationSetDoesNotExist", {"ConfigurationSetName": "none"}, {"ConfigurationSetName": "none"}),
            ("NotFoundException", "TemplateDoesNotExist", {"DefaultContent": template(TemplateName="none")}, {"Template": "none"}),
            ("BadRequestException", "InvalidRenderingParameter", {"DefaultContent": template(TemplateData="no")}, {"DefaultTemplateData": "no"})]:
        refused(v2_code, lambda **change: bulk(server, ok, **change), **v2_change)
        refused(v1_code, lambda **change: v1_bulk(server, to, **change), **v1_change)
    assert not server.sink.messages


def test_one_entry_that_is_not_allowed_refuses_all(server):
    keys = user(server, "inside", {
        "Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {"ForAllValues:StringLike": {"ses:Recipients": ["*@example.net"]}}})
    server.ses, root = server.client("sesv2", **keys), server.ses
    refused("AccessDeniedException", lambda: bulk(server, [entry("ada@example.net"), entry("no address"), entry("x@evil.example")]))
    assert not server.sink.messages
    assert bulk(server, [entry("ada@example.net"), entry("no address")]) == [("SUCCESS", True), ("INVALID_PARAMETER", False)]
    server.ses = root


def test_who_may_not_send_learns_nothing_of_templates(server):
    keys = user(server, "stranger", {"Effect": "Allow", "Action": "ses:GetAccount", "Resource": "*"})
    server.ses, server.v1 = server.client("sesv2", **keys), server.client("ses", **keys)
    to = {"ToAddresses": ["ada@example.net"]}
    for name in ("hello", "none"):
        for data in ("{}", "no json"):
            content = template(TemplateName=name, TemplateData=data)
            refused("AccessDeniedException", lambda: single(server, content))
            refused("AccessDeniedException", lambda: bulk(server, [entry("ada@example.net")], content))
            refused("AccessDenied", server.v1.send_templated_email, Source="ops@example.com", Destination=to, Template=name, TemplateData=data)
            refused("AccessDenied", lambda: v1_bulk(server, [{"Destination": to}], Template=name, DefaultTemplateData=data))
        refused("AccessDeniedException", server.ses.get_email_template, TemplateName=name)
        refused("AccessDeniedException", server.ses.delete_email_template, TemplateName=name)


def test_an_arn_means_that_template_and_no_other(server):
    to = {"ToAddresses": ["ada@example.net"]}
    own = ARN + "template/hello"
    single(server, {"Template": {"TemplateArn": own, "TemplateData": DATA}})
    server.v1.send_templated_email(Source="ops@example.com", Destination=to, Template="hello", TemplateArn=own, TemplateData=DATA)
    for arn in (own.replace("111122223333", "444455556666"), own.replace("us-east-1", "eu-west-1"), own.replace(":aws:", ":aws-cn:"), ARN + "identity/hello", "hello"):
        content = {"Template": {"TemplateArn": arn, "TemplateData": DATA}}
        refused("BadRequestException", lambda: single(server, content))
        refused("BadRequestException", lambda: bulk(server, [entry("ada@example.net")], content))
        refused("InvalidParameterValue", server.v1.send_templated_email, Source="ops@example.com", Destination=to, Template="hello",
                TemplateArn=arn, TemplateData=DATA)
        refused("InvalidParameterValue", lambda: v1_bulk(server, [{"Destination": to}], TemplateArn=arn))
    refused("BadRequestException", lambda: single(server, template(TemplateArn=ARN + "template/other")))


def test_templates_that_come_with_the_call(server):
    inline = lambda **content: {"Template": {"TemplateContent": content, "TemplateData": DATA}}
    single(server, inline(Subject="Hi {{name}}", Html="<p>{{name}}</p>"))
    assert messages(server, 1)[0]["Subject"] == "Hi Ada"
    for content in ({"Subject": "s", "Text": "{{#if x}}"}, {"Subject": "s", "Text": "x" * (500 * 1024)}, {"Text": "t"}):
        refused("BadRequestException", lambda: single(server, inline(**content)))
        refused("BadRequestException", lambda: bulk(server, [entry("ada@example.net")], inline(**content)))


def test_what_cannot_be_filled_is_accepted_dropped_and_recorded(server):
    assert single(server, template(TemplateData="{}"))["MessageId"]
    server.v1.send_templated_email(
        Source="ops@example.com", Destination={"ToAddresses": ["bob@example.net"]}, Template="hello", TemplateData="{}")
    failures = [fact["renderingFailed"] for fact in server.facts("renderingFailed")]
    assert [(fact["template"], fact["recipients"]) for fact in failures] == [("hello", ["ada@example.net"]), ("hello", ["bob@example.net"])]
    refused("BadRequestException", lambda: single(server, template(TemplateData="no")))
    refused("InvalidRenderingParameter", server.v1.send_templated_email, Source="ops@example.com",
            Destination={"ToAddresses": ["bob@example.net"]}, Template="hello", TemplateData="no")
    refused("BadRequestException", lambda: single(server, template(TemplateData='{"name":"x\\r\\nBcc: eve@evil.example"}')))
    assert not server.sink.messages


def test_reply_to_of_a_raw_message_is_the_calls(server):
    raw = b"From: ops@example.com\r\nTo: ada@example.net\r\nReply-To: old@example.com\r\nSubject: x\r\n\r\nhi\r\n"
    single(server, {"Raw": {"Data": raw}}, ReplyToAddresses=["New <new@example.com>", "more@example.com"])
    single(server, {"Raw": {"Data": raw}})
    first, second = (email.message_from_bytes(content) for _, _, content in server.sink.wait(2)[:2])
    assert {first["Reply-To"], second["Reply-To"]} == {"New <new@example.com>, more@example.com", "old@example.com"}
    refused("BadRequestException", lambda: single(server, {"Raw": {"Data": raw}}, ReplyToAddresses=["nobody"]))
