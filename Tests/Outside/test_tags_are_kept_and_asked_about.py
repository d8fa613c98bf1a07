# SPDX-License-Identifier: Apache-2.0
"""Identities, configuration sets and templates have tags, and policies may ask for them."""
import json

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:ses:us-east-1:111122223333:"
VERIFICATION = dict(
    FromEmailAddress="ops@example.com", TemplateSubject="s", TemplateContent="<p>c</p>",
    SuccessRedirectionURL="https://a.example/", FailureRedirectionURL="https://b.example/")
THINGS = {
    "identity/example.com": ("EmailIdentity", "example.com"), "identity/ada@example.com": ("EmailIdentity", "ada@example.com"),
    "configuration-set/plain": ("ConfigurationSet", "plain"), "template/hello": ("Template", "hello"),
    "custom-verification-email-template/welcome": ("CustomVerificationEmailTemplate", "welcome")}


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    from conftest import Server
    server = Server(binary, tmp_path_factory.mktemp("tags"))
    yield server
    server.stop(kill=True)


@pytest.fixture(scope="module")
def ses(server):
    """One of each thing, with a tag from the start."""
    ses = server.client("sesv2")
    tags = [{"Key": "team", "Value": "a"}]
    ses.create_email_identity(EmailIdentity="example.com", Tags=tags)
    ses.create_email_identity(EmailIdentity="ada@example.com", Tags=tags)
    ses.create_configuration_set(ConfigurationSetName="plain", Tags=tags)
    ses.create_email_template(TemplateName="hello", TemplateContent={"Subject": "s", "Text": "t"}, Tags=tags)
    ses.create_custom_verification_email_template(TemplateName="welcome", **VERIFICATION, Tags=tags)
    return ses


def tags_of(ses, path):
    return {tag["Key"]: tag["Value"] for tag in ses.list_tags_for_resource(ResourceArn=ARN + path)["Tags"]}


def user(server, name, *statements):
    iam = server.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return server.client("sesv2", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def allow(action, condition=None, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | ({"Condition": condition} if condition else {})


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("path", THINGS)
def test_tags_come_and_go(ses, path):
    assert tags_of(ses, path) == {"team": "a"}
    ses.tag_resource(ResourceArn=ARN + path, Tags=[{"Key": "team", "Value": "b"}, {"Key": "stage", "Value": ""}])
    assert tags_of(ses, path) == {"team": "b", "stage": ""}
    ses.untag_resource(ResourceArn=ARN + path, TagKeys=["stage"])
    assert tags_of(ses, path) == {"team": "b"}
    ses.untag_resource(ResourceArn=ARN + path, TagKeys=["none"])
    ses.tag_resource(ResourceArn=ARN + path, Tags=[{"Key": "team", "Value": "a"}])
    assert tags_of(ses, path) == {"team": "a"}


def test_several_tags_go_at_once(ses):
    ses.create_configuration_set(ConfigurationSetName="several", Tags=[{"Key": str(number), "Value": "x"} for number in range(4)])
    ses.untag_resource(ResourceArn=ARN + "configuration-set/several", TagKeys=["0", "2", "none"])
    assert tags_of(ses, "configuration-set/several") == {"1": "x", "3": "x"}


def test_tags_are_shown_with_the_thing(ses):
    expected = [{"Key": "team", "Value": "a"}]
    assert ses.get_email_identity(EmailIdentity="example.com")["Tags"] == expected
    assert ses.get_configuration_set(ConfigurationSetName="plain")["Tags"] == expected
    assert ses.get_email_template(TemplateName="hello")["Tags"] == expected
    assert ses.get_custom_verification_email_template(TemplateName="welcome")["Tags"] == expected


@pytest.mark.parametrize("path", THINGS)
def test_what_is_not_there_has_no_tags(ses, path):
    kind, name = THINGS[path]
    missing = ARN + path.replace(name, "none.example" if kind == "EmailIdentity" else "none")
    said = f"No {kind} present with name: {missing.split('/', 1)[1]}"
    assert refused("NotFoundException", ses.list_tags_for_resource, ResourceArn=missing) == said
    assert refused("NotFoundException", ses.tag_resource, ResourceArn=missing, Tags=[{"Key": "a", "Value": "b"}]) == said
    assert refused("NotFoundException", ses.untag_resource, ResourceArn=missing, TagKeys=["a"]) == said
    elsewhere = ARN.replace("us-east-1", "eu-west-1") + path
    refused("NotFoundException", ses.list_tags_for_resource, ResourceArn=elsewhere)
    stranger = ARN.replace("111122223333", "444455556666") + path
    refused("AccessDeniedException", ses.list_tags_for_resource, ResourceArn=stranger)


def test_what_is_no_thing_of_ses(ses):
    for arn in ("arn", "arn:aws:s3:::bucket/key", ARN + "pool/x", ARN + "identity/", ARN + "identity/..", ARN + "template"):
        assert "not an SES resource" in refused("BadRequestException", ses.list_tags_for_resource, ResourceArn=arn)


@pytest.mark.parametrize("tags", [
    [("", "x")], [("k" * 129, "x")], [("k", "v" * 257)], [("aws:x", "y")], [("AWS:x", "y")], [("a", "1"), ("a", "2")],
    [("Team", "x")], [("a", "1"), ("A", "2")], [(str(number), "x") for number in range(51)], [(str(number), "x") for number in range(50)],
], ids=lambda tags: f"{len(tags)} {tags[0][0][:8]}")
def test_tags_are_checked(ses, tags):
    wire = [{"Key": key, "Value": value} for key, value in tags]
    refused("BadRequestException", ses.tag_resource, ResourceArn=ARN + "template/hello", Tags=wire)
    assert tags_of(ses, "template/hello") == {"team": "a"}


def test_policies_ask_for_the_tags_of_a_thing(server, ses):
    condition = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    own = user(server, "own", allow("ses:*", condition))
    ses.create_configuration_set(ConfigurationSetName="theirs", Tags=[{"Key": "team", "Value": "b"}])
    ses.create_configuration_set(ConfigurationSetName="bare")
    ses.create_email_identity(EmailIdentity="theirs.example", Tags=[{"Key": "team", "Value": "b"}])
    ses.create_email_template(TemplateName="theirs", TemplateContent={"Subject": "s", "Text": "t"}, Tags=[{"Key": "team", "Value": "b"}])
    own.get_configuration_set(ConfigurationSetName="plain")
    own.get_email_identity(EmailIdentity="example.com")
    own.get_email_template(TemplateName="hello")
    own.get_custom_verification_email_template(TemplateName="welcome")
    own.test_render_email_template(TemplateName="hello", TemplateData="{}")
    own.get_email_identity_policies(EmailIdentity="example.com")
    own.list_tags_for_resource(ResourceArn=ARN + "identity/example.com")
    for call, arguments in [
            (own.get_configuration_set, {"ConfigurationSetName": "theirs"}), (own.get_configuration_set, {"ConfigurationSetName": "bare"}),
            (own.get_configuration_set, {"ConfigurationSetName": "none"}), (own.delete_configuration_set, {"ConfigurationSetName": "theirs"}),
            (own.get_email_identity, {"EmailIdentity": "theirs.example"}), (own.delete_email_identity, {"EmailIdentity": "theirs.example"}),
            (own.get_email_template, {"TemplateName": "theirs"}), (own.delete_email_template, {"TemplateName": "theirs"}),
            (own.test_render_email_template, {"TemplateName": "theirs", "TemplateData": "{}"}),
            (own.list_tags_for_resource, {"ResourceArn": ARN + "identity/theirs.example"}),
            (own.tag_resource, {"ResourceArn": ARN + "identity/theirs.example", "Tags": [{"Key": "team", "Value": "a"}]}),
            (own.untag_resource, {"ResourceArn": ARN + "configuration-set/theirs", "TagKeys": ["team"]}),
            (own.list_email_identities, {})]:
        refused("AccessDeniedException", call, **arguments)


def test_sends_are_decided_by_the_tags_of_all_they_use(server, ses):
    condition = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    own = user(server, "sender", allow("ses:Send*", condition))
    send = dict(FromEmailAddress="x@example.com", Destination={"ToAddresses": ["b@example.net"]},
                Content={"Template": {"TemplateName": "hello", "TemplateData": "{}"}})
    own.send_email(**send)
    own.send_email(**send | {"FromEmailAddress": "ada@example.com"})
    ses.create_email_template(TemplateName="other", TemplateContent={"Subject": "s", "Text": "t"}, Tags=[{"Key": "team", "Value": "b"}])
    refused("AccessDeniedException", own.send_email, **send | {"Content": {"Template": {"TemplateName": "other", "TemplateData": "{}"}}})
    refused("AccessDeniedException", own.send_email, **send | {"Content": {"Template": {"TemplateName": "none", "TemplateData": "{}"}}})
    ses.create_email_identity(EmailIdentity="other.example")
    refused("AccessDeniedException", own.send_email, **send | {"FromEmailAddress": "x@other.example"})


def test_a_configuration_sets_tags_decide_too(server, ses):
    own = user(server, "setsender", allow("ses:Send*", {"StringEquals": {"aws:ResourceTag/team": "a"}}))
    send = dict(FromEmailAddress="x@example.com", Destination={"ToAddresses": ["b@example.net"]},
                Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})
    ses.create_configuration_set(ConfigurationSetName="others", Tags=[{"Key": "team", "Value": "b"}])
    own.send_email(**send, ConfigurationSetName="plain")
    refused("AccessDeniedException", own.send_email, **send, ConfigurationSetName="others")
    refused("AccessDeniedException", own.send_email, **send, ConfigurationSetName="none")


def test_policies_ask_for_the_tags_that_are_given(server, ses):
    maker = user(server, "maker", allow(
        ["ses:CreateConfigurationSet", "ses:TagResource"],
        {"StringEquals": {"aws:RequestTag/team": "a"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]}}),
        allow("ses:UntagResource", {"ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}}))

    def make(name, **tags):
        maker.create_configuration_set(ConfigurationSetName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])

    make("one", team="a")
    make("two", team="a", stage="x")
    for name, tags in [("three", {"team": "b"}), ("four", {"team": "a", "cost": "1"})]:
        refused("AccessDeniedException", lambda: make(name, **tags))
    refused("AccessDeniedException", maker.create_configuration_set, ConfigurationSetName="five")
    maker.tag_resource(ResourceArn=ARN + "configuration-set/one", Tags=[{"Key": "team", "Value": "a"}])
    refused("AccessDeniedException", maker.tag_resource, ResourceArn=ARN + "configuration-set/one", Tags=[{"Key": "cost", "Value": "1"}])
    maker.untag_resource(ResourceArn=ARN + "configuration-set/two", TagKeys=["stage"])
    refused("AccessDeniedException", maker.untag_resource, ResourceArn=ARN + "configuration-set/two", TagKeys=["team"])


def test_making_with_tags_is_tagging_too(server, ses):
    maker = user(server, "untagging", allow("ses:Create*"))
    maker.create_email_template(TemplateName="untagged", TemplateContent={"Subject": "s", "Text": "t"})
    tags = [{"Key": "team", "Value": "a"}]
    for call, arguments in [
            (maker.create_email_template, {"TemplateName": "tagged", "TemplateContent": {"Subject": "s", "Text": "t"}}),
            (maker.create_configuration_set, {"ConfigurationSetName": "tagged"}),
            (maker.create_email_identity, {"EmailIdentity": "tagged.example"}),
            (maker.create_custom_verification_email_template, {"TemplateName": "tagged"} | VERIFICATION)]:
        assert "ses:TagResource" in refused("AccessDeniedException", call, Tags=tags, **arguments)


def test_every_operation_says_its_version(server, ses):
    for version in "12":
        iam = server.client("iam")
        name = f"version{version}"
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            allow("ses:*", {"StringEquals": {"ses:ApiVersion": version}})]}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        v1, v2 = server.client("ses", **keys), server.client("sesv2", **keys)
        for call, itself, code in [
                (v1.list_identities, "1", "AccessDenied"), (v1.list_templates, "1", "AccessDenied"), (v1.get_send_quota, "1", "AccessDenied"),
                (v1.list_custom_verification_email_templates, "1", "AccessDenied"), (v1.list_configuration_sets, "1", "AccessDenied"),
                (v2.get_account, "2", "AccessDeniedException"), (v2.list_email_identities, "2", "AccessDeniedException"),
                (v2.list_email_templates, "2", "AccessDeniedException"), (v2.list_configuration_sets, "2", "AccessDeniedException"),
                (lambda: v2.get_email_identity(EmailIdentity="example.com"), "2", "AccessDeniedException"),
                (lambda: v2.list_tags_for_resource(ResourceArn=ARN + "identity/example.com"), "2", "AccessDeniedException")]:
            call() if itself == version else refused(code, call)
