# SPDX-License-Identifier: Apache-2.0
"""Templates are kept, changed, read and filled at both APIs, and say what is wrong with them."""
import json
import sqlite3
import time

import pytest
from botocore.exceptions import ClientError

from conftest import Server


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    server = Server(binary, tmp_path_factory.mktemp("templates"))
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    yield server
    server.stop(kill=True)


@pytest.fixture(scope="module")
def v1(server):
    return server.client("ses")


@pytest.fixture(scope="module")
def v2(server):
    return server.client("sesv2")


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    return caught.value.response["Error"]["Message"]


def test_templates_are_changed_at_both_apis(server, v1, v2):
    v2.create_email_template(TemplateName="first", TemplateContent={"Subject": "a", "Text": "b"}, Tags=[{"Key": "k", "Value": "v"}])
    v1.update_template(Template={"TemplateName": "first", "SubjectPart": "c", "HtmlPart": "d"})
    found = v2.get_email_template(TemplateName="first")
    assert found["TemplateContent"] == {"Subject": "c", "Html": "d"}
    assert found["Tags"] == [{"Key": "k", "Value": "v"}], "tags are not the update's to change"
    v2.update_email_template(TemplateName="first", TemplateContent={"Subject": "e", "Text": "f", "Html": "g"})
    assert v1.get_template(TemplateName="first")["Template"] == {
        "TemplateName": "first", "SubjectPart": "e", "TextPart": "f", "HtmlPart": "g"}
    with sqlite3.connect(f"file:{server.data}/postern.db?mode=ro", uri=True) as db:
        facts = [json.loads(row[0]).get("administered", {}) for row in db.execute("SELECT event FROM fact ORDER BY sequence")]
    assert [fact["operation"] for fact in facts if fact.get("resource", "").endswith("template/first")] == [
        "CreateEmailTemplate", "UpdateTemplate", "UpdateEmailTemplate"]


def test_what_is_not_there_is_not_changed(v1, v2):
    refused("TemplateDoesNotExist", v1.update_template, Template={"TemplateName": "none", "SubjectPart": "c", "TextPart": "d"})
    refused("NotFoundException", v2.update_email_template, TemplateName="none", TemplateContent={"Subject": "e", "Text": "f"})
    refused("TemplateDoesNotExist", v1.get_template, TemplateName="none")
    refused("NotFoundException", v2.get_email_template, TemplateName="none")
    refused("TemplateDoesNotExist", v1.test_render_template, TemplateName="none", TemplateData="{}")
    refused("NotFoundException", v2.test_render_email_template, TemplateName="none", TemplateData="{}")


@pytest.mark.parametrize("text", [
    "{{#if a}}", "{{a", "{{/if}}", "{{#for a}}{{/for}}", "{{a b}}", "{{#if (eq a b)}}{{/if}}", "{{#each l as |x|}}{{/each}}",
    "{{^a}}{{/a}}", "{{> f a=1}}", "{{{{raw}}}}{{{{/raw}}}}", "{{@x}}"])
def test_what_cannot_be_rendered_is_not_stored(v1, v2, text):
    refused("InvalidTemplate", v1.create_template, Template={"TemplateName": "bad", "SubjectPart": "s", "TextPart": text})
    refused("InvalidTemplate", v1.update_template, Template={"TemplateName": "first", "SubjectPart": text})
    refused("BadRequestException", v2.create_email_template, TemplateName="bad", TemplateContent={"Subject": "s", "Html": text})


def test_templates_are_bounded(v1, v2):
    large = "x" * (500 * 1024)
    refused("InvalidTemplate", v1.create_template, Template={"TemplateName": "large", "SubjectPart": "s", "TextPart": large})
    refused("BadRequestException", v2.create_email_template, TemplateName="large", TemplateContent={"Subject": "s", "Text": large})


def test_a_template_of_letters_that_clients_escape_is_as_large(v1, v2):
    content = {"Subject": "s", "Text": "ü" * 200_000}
    v2.create_email_template(TemplateName="letters", TemplateContent=content)
    assert v1.get_template(TemplateName="letters")["Template"]["TextPart"] == content["Text"]


@pytest.mark.parametrize("text, data, expected", [
    ("{{n}}", '{"n":1234567890123456}', "1234567890123456"), ("{{n}}", '{"n":1e16}', "1e16"), ("{{n}}", '{"n":1.50}', "1.50"),
    ("{{n}}", '{"n":123456789012345678901234567890}', "123456789012345678901234567890"),
    ("{{a}} {{{a}}} {{&a}}", '{"a":"<b>"}', "<b> <b> <b>"), (r"\{{a}} {{a}}", '{"a":1}', "{{a}} 1"),
    ("a  {{~#if x~}}  b  {{~/if~}}  c", '{"x":1}', "abc"),
    ("{{#each l}}{{#if @first}}[{{/if}}{{@root.p}}{{this}}{{#if @last}}]{{else}},{{/if}}{{/each}}", '{"l":[1,2],"p":"$"}', "[$1,$2]"),
])
def test_both_apis_render_alike(v1, v2, text, data, expected):
    template = {"Subject": "s", "Text": text}
    v2.create_email_template(TemplateName="render", TemplateContent=template)
    try:
        for rendered in (v1.test_render_template(TemplateName="render", TemplateData=data),
                         v2.test_render_email_template(TemplateName="render", TemplateData=data)):
            assert rendered["RenderedTemplate"].split("\r\n\r\n", 1)[1] == expected
    finally:
        v2.delete_email_template(TemplateName="render")


@pytest.mark.parametrize("template, data, first", [
    ({"Subject": "s {{a}}", "Text": "t"}, "{}", "MissingRenderingAttribute"),
    ({"Subject": "s {{a}}", "Text": "t"}, '{"a":"x\\r\\nBcc: eve@evil.example"}', "InvalidRenderingParameter"),
    ({"Subject": "s\nt", "Text": "t"}, "{}", "InvalidRenderingParameter"),
    ({"Subject": "s"}, "{}", "InvalidRenderingParameter"),
    ({"Subject": "s", "Text": "t"}, "no", "InvalidRenderingParameter"),
    ({"Subject": "s", "Text": "t"}, "[1]", "InvalidRenderingParameter"),
    ({"Subject": "s", "Text": "t"}, '{"a":' + "[" * 100_000, "InvalidRenderingParameter"),
])
def test_what_cannot_be_filled_is_the_callers_fault(v1, v2, template, data, first):
    v2.create_email_template(TemplateName="fault", TemplateContent=template)
    try:
        refused(first, v1.test_render_template, TemplateName="fault", TemplateData=data)
        refused("BadRequestException", v2.test_render_email_template, TemplateName="fault", TemplateData=data)
    finally:
        v2.delete_email_template(TemplateName="fault")


@pytest.mark.parametrize("body", [
    "{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}", "{{#each l}}{{#each ../l}}{{../../l}}{{/each}}{{/each}}",
    "{{#each l}}{{#each ../l}}{{#if a.b.c.d.e.f.g.h}}{{/if}}{{#if a.b.c.d.e.f.g.h}}{{/if}}{{/each}}{{/each}}"])
def test_a_template_cannot_keep_the_server_busy(v1, v2, body):
    data = json.dumps({"l": [1] * 100_000}, separators=(",", ":"))
    v2.create_email_template(TemplateName="bomb", TemplateContent={"Subject": "s", "Text": body, "Html": body})
    try:
        start = time.monotonic()
        assert "too much work" in refused("BadRequestException", v2.test_render_email_template, TemplateName="bomb", TemplateData=data)
        assert time.monotonic() - start < 5
    finally:
        v2.delete_email_template(TemplateName="bomb")
