# SPDX-License-Identifier: Apache-2.0
"""The playbook's twenty edge cases of policies (2.4), each at every door that can say it.

What is refused must be refused in the protocol's own code, with the statement or guard that refused it by name, and
without anything having been accepted.
"""
import base64
import json
import smtplib
import sqlite3
import time

import pytest
from botocore.exceptions import ClientError

from conftest import wait_for
from test_iam_serves_stock_clients import totp
from test_policies_hold_at_every_door import (
    ACCOUNT, IDENTITY, House, bare, raw, v1_parts, v1_raw, v1_raw_destinations, v2_raw, v2_simple, v2_template)

SENDER, INSIDE, OUTSIDE = "ops@aws.example.com", "ada@example.com", "x@evil.example"
ALLOW = {"Sid": "May", "Effect": "Allow", "Action": "ses:Send*", "Resource": "*"}
DENIED = {"AccessDenied", "AccessDeniedException", (554, "5.7.1")}
SYNTAX = {"InvalidParameterValue", "BadRequestException", "INVALID_PARAMETER", (554, "5.6.0"), (501, "5.1.3"), (501, "5.1.7"), (501, "5.5.4"), (553, "5.1.3"),
          (553, "5.1.7"), (503, "5.5.1"), (553, "5.6.7"), (555, "5.5.4")}


class EntryRefused(Exception):
    """One entry of a bulk call that failed while the call did not."""

    def __init__(self, code, text):
        super().__init__(code, text)
        self.code, self.text = code, text


def v1_templated(house, keys, sender, to):
    house.client("ses", **keys).send_templated_email(
        Source=sender, Destination={"ToAddresses": to}, Template="hello", TemplateData="{}")


def v1_bulk(house, keys, sender, to, **more):
    for entry in house.client("ses", **keys).send_bulk_templated_email(
            Source=sender, Template="hello", DefaultTemplateData="{}", Destinations=[{"Destination": {"ToAddresses": to}}], **more)["Status"]:
        if entry["Status"] != "Success":
            raise EntryRefused(entry["Status"], entry["Error"])


def v2_bulk(house, keys, sender, to, **more):
    for entry in house.client("sesv2", **keys).send_bulk_email(
            FromEmailAddress=sender, DefaultContent={"Template": {"TemplateName": "hello", "TemplateData": "{}"}},
            BulkEmailEntries=[{"Destination": {"ToAddresses": to}}], **more)["BulkEmailEntryResults"]:
        if entry["Status"] != "SUCCESS":
            raise EntryRefused(entry["Status"], entry["Error"])


def session(house, keys, envelope, to, message, utf8=False):
    """One SMTP transaction whose envelope and content have nothing to do with each other."""
    with house.signed_in(keys) as client:
        client.command_encoding = "utf-8"
        for verb, argument in [("MAIL", f"FROM:<{envelope}>{' SMTPUTF8' if utf8 else ''}"), *(("RCPT", f"TO:<{one}>") for one in to)]:
            code, text = client.docmd(verb, argument)
            if code != 250:
                raise smtplib.SMTPDataError(code, text)
        code, text = client.data(message)
        if code != 250:
            raise smtplib.SMTPDataError(code, text)


def smtp(house, keys, sender, to):
    session(house, keys, bare(sender), to, raw(sender, [INSIDE]))


EVERY = [v1_parts, v1_raw, v1_raw_destinations, v1_templated, v1_bulk, v2_simple, v2_raw, v2_template, v2_bulk, smtp]
at_every_door = pytest.mark.parametrize("door", EVERY, ids=lambda door: door.__name__)


def at(*doors):
    return pytest.mark.parametrize("door", doors, ids=lambda door: getattr(door, "__name__", door))


def deny(sid, operator, key, *values, action="ses:Send*"):
    return {"Sid": sid, "Effect": "Deny", "Action": action, "Resource": "*", "Condition": {operator: {key: list(values)}}}


def may(operator, key, *values):
    return ALLOW | {"Condition": {operator: {key: list(values)}}}


NO_OUTSIDE = deny("NoOutsideRecipient", "ForAnyValue:StringNotLike", "ses:Recipients", "*@example.com")


@pytest.fixture(scope="module")
def house(binary, tmp_path_factory):
    server = House(binary, tmp_path_factory.mktemp("house"))
    server.people = {}
    server.ses = server.client("sesv2")
    for name in ("aws.example.com", "example.com"):
        server.ses.create_email_identity(EmailIdentity=name)
    server.ses.create_email_template(TemplateName="hello", TemplateContent={"Subject": "hello", "Text": "hi"})
    yield server
    server.stop(kill=True)


def who(house, *statements):
    """The keys of a user with exactly these statements."""
    text = json.dumps(statements)
    if text not in house.people:
        house.people[text] = house.user(f"u{len(house.people)}", {"Version": "2012-10-17", "Statement": list(statements)})
    return house.people[text]


def accepted(house):
    return [fact["accepted"] for fact in house.facts("accepted")]


def refused(house, attempt, *words, codes=DENIED):
    before = len(accepted(house))
    with pytest.raises((ClientError, EntryRefused, smtplib.SMTPResponseException)) as caught:
        attempt()
    error = caught.value
    if isinstance(error, EntryRefused):
        code, text = error.code, error.text
    elif isinstance(error, ClientError):
        code, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
    else:
        text = error.smtp_error.decode().replace("\n", " ")
        code = (error.smtp_code, text.split()[0])
    assert code in codes, error
    for word in words:
        assert word in text, error
    assert len(accepted(house)) == before, "something was accepted all the same"


def allowed(house, attempt):
    before = len(accepted(house))
    attempt()
    assert len(accepted(house)) > before
    return accepted(house)[-1]


@at_every_door
def test_e01_a_missing_recipient_leaks_through_no_door(house, door):
    """ForAllValues is true of nothing and ForAnyValue false of it: no send without recipients comes as far as a policy."""
    leaky = may("ForAllValues:StringLike", "ses:Recipients", "*@example.com") | {"Sid": "Leaky"}
    for keys, statement in ((who(house, leaky), "Leaky"), (who(house, ALLOW, NO_OUTSIDE), "NoOutsideRecipient")):
        allowed(house, lambda: door(house, keys, SENDER, [INSIDE]))
        refused(house, lambda: door(house, keys, SENDER, [OUTSIDE]), statement)
        # Destinations that name nobody leave it to the header, which names somebody here.
        if door is not v1_raw_destinations:
            refused(house, lambda: door(house, keys, SENDER, []), codes=SYNTAX)


def custom_v1(house, keys, _, to):
    house.client("ses", **keys).send_custom_verification_email(EmailAddress=to[0], TemplateName="verify")


def custom_v2(house, keys, _, to):
    house.client("sesv2", **keys).send_custom_verification_email(EmailAddress=to[0], TemplateName="verify")


@pytest.fixture(scope="module")
def verification(house):
    house.ses.create_custom_verification_email_template(
        TemplateName="verify", FromEmailAddress=SENDER, TemplateSubject="x", TemplateContent="<p>x</p>",
        SuccessRedirectionURL="https://example.com/yes", FailureRedirectionURL="https://example.com/no")


@at(v1_bulk, v2_bulk, custom_v1, custom_v2)
def test_e02_sends_without_address_keys_are_decided_by_their_addresses(house, verification, door):
    """On SES conditions are vacuous here and the verbs must be denied outright; denying them works, and so do conditions."""
    outright = {"Sid": "UncheckableVerbs", "Effect": "Deny", "Resource": "*", "Action": [
        "ses:SendBulkEmail", "ses:SendBulkTemplatedEmail", "ses:SendCustomVerificationEmail", "ses:SendBounce"]}
    refused(house, lambda: door(house, who(house, ALLOW, outright), SENDER, [INSIDE]), "UncheckableVerbs")
    refused(house, lambda: door(house, who(house, ALLOW, NO_OUTSIDE), SENDER, [OUTSIDE]), "NoOutsideRecipient")
    only_other = deny("OnlyOther", "StringNotLike", "ses:FromAddress", "*@other.example")
    refused(house, lambda: door(house, who(house, ALLOW, only_other), SENDER, [INSIDE]), "OnlyOther")
    allowed(house, lambda: door(house, who(house, ALLOW, NO_OUTSIDE), SENDER, ["new@example.com"]))


@at_every_door
def test_e03_case_hides_nobody_from_a_deny_list(house, door):
    no_evil = deny("NoEvil", "ForAnyValue:StringLike", "ses:Recipients", "*@evil.example", "bob@example.com")
    for recipient in (OUTSIDE, "x@EVIL.example", "X@Evil.Example", "Bob@example.com", "BOB@EXAMPLE.COM"):
        refused(house, lambda: door(house, who(house, ALLOW, no_evil), SENDER, [recipient]), "NoEvil")
    # An allow-list fails closed.
    refused(house, lambda: door(house, who(house, ALLOW, NO_OUTSIDE), SENDER, ["Ada@EXAMPLE.com"]), "NoOutsideRecipient")
    allowed(house, lambda: door(house, who(house, ALLOW, NO_OUTSIDE), SENDER, ["Ada@example.com"]))


@at_every_door
@pytest.mark.parametrize("pattern, inside, outside", [
    ("*@example.com", [INSIDE], ["x@evilexample.com", "x@a.example.com", "x@example.com.evil.example"]),
    ("*example.com", [INSIDE, "x@evilexample.com", "x@a.example.com"], ["x@example.com.evil.example"]),
    ("*.example.com", ["x@a.example.com"], [INSIDE, "x@evilexample.com"]),
    ("*@*.example.com", ["x@a.example.com", "x@a.b.example.com"], [INSIDE, "x@evilexample.com"])])
def test_e04_a_pattern_means_what_its_letters_say(house, door, pattern, inside, outside):
    keys = who(house, ALLOW, deny("Only", "ForAnyValue:StringNotLike", "ses:Recipients", pattern))
    for recipient in inside:
        allowed(house, lambda: door(house, keys, SENDER, [recipient]))
    for recipient in outside:
        refused(house, lambda: door(house, keys, SENDER, [recipient]), "Only", f"is outside {pattern}")


@at_every_door
@pytest.mark.parametrize("sender", [
    "ops\"@evil.example,a@aws.example.com", "ops@evil.example, a@aws.example.com", "ops@evil.example,a@aws.example.com",
    "<ops@evil.example>,<a@aws.example.com>"])
def test_e05_a_pattern_sees_parsed_addresses_only(house, door, sender):
    """`ops*@aws.example.com` spans everything between: it must never see more than one address."""
    keys = who(house, may("StringLike", "ses:FromAddress", "ops*@aws.example.com"))
    allowed(house, lambda: door(house, keys, "ops-1@aws.example.com", [INSIDE]))
    refused(house, lambda: door(house, keys, "a@aws.example.com", [INSIDE]), "May", "ses:FromAddress does not meet")
    refused(house, lambda: door(house, keys, sender, [INSIDE]), codes=SYNTAX | DENIED)
    # Two addresses in one place for a recipient are two, or none.
    keys = who(house, ALLOW, NO_OUTSIDE)
    refused(house, lambda: door(house, keys, SENDER, [f"{OUTSIDE},{INSIDE}"]), codes=SYNTAX | DENIED)


@at_every_door
def test_e06_a_label_is_the_address_to_verification_and_not_to_a_policy(house, door):
    if not getattr(house, "solo", False):
        house.ses.create_email_identity(EmailIdentity="sender@solo.example")
        house.solo = True
    fact = allowed(house, lambda: door(house, who(house, ALLOW), "sender+news@solo.example", [INSIDE]))
    assert fact["identity"].endswith("identity/sender@solo.example")
    exact = who(house, ALLOW, deny("Exactly", "StringNotEquals", "ses:FromAddress", "sender@solo.example"))
    allowed(house, lambda: door(house, exact, "sender@solo.example", [INSIDE]))
    refused(house, lambda: door(house, exact, "sender+news@solo.example", [INSIDE]), "Exactly")
    refused(house, lambda: door(house, who(house, ALLOW), "other@solo.example", [INSIDE]), "not verified",
            codes={"MessageRejected", "MESSAGE_REJECTED", (554, "5.7.1")})


@at_every_door
@pytest.mark.parametrize("recipient, guard", [
    ("v%evil.example@example.com", "holds '%'"), ("evil.example!v@example.com", "holds '!'"),
    ('"v@evil.example"@example.com', "holds '@'"), ('"v evil"@example.com', "needs quotes"), ("@example.com:v@evil.example", None),
    ("@example.com,@b.example:v@evil.example", None)])
def test_e07_no_relay_trick_in_a_local_part(house, door, recipient, guard):
    """No policy can stop these: they end in @example.com. The address guard does, where recipients are limited."""
    keys = who(house, ALLOW, NO_OUTSIDE)
    words, codes = ([guard, "recipient"], DENIED) if guard else ([], SYNTAX)
    refused(house, lambda: door(house, keys, SENDER, [recipient]), *words, codes=codes)


def smtp_utf8(house, keys, sender, to):
    session(house, keys, bare(sender), to, raw(sender, [INSIDE]), utf8=True)


@at(*(door for door in EVERY if door is not smtp), smtp_utf8)
@pytest.mark.parametrize("recipient, word, codes", [
    ("ada@example.com.", "", SYNTAX), ("ada@[10.1.2.3]", "", SYNTAX), ("ada@ex\u0430mple.com", "NoOutsideRecipient", DENIED),
    ("\u0430da@example.com", "ASCII", SYNTAX | DENIED), ("ada@example.com\u3002", "", SYNTAX | DENIED),
    ("ada@xn--exmple-4nf.com", "NoOutsideRecipient", DENIED)])
def test_e08_look_alike_domains_and_literals_are_none_of_ours(house, door, recipient, word, codes):
    refused(house, lambda: door(house, who(house, ALLOW, NO_OUTSIDE), SENDER, [recipient]), word, codes=codes)


def test_e08_without_smtputf8_there_are_no_such_letters(house):
    keys = who(house, ALLOW)
    refused(house, lambda: session(house, keys, SENDER, ["\u0430da@example.com"], raw(SENDER, [INSIDE])), codes=SYNTAX)


def letter(author, sender=None, to=(INSIDE,), more=""):
    return (f"From: {author}\r\n" + (f"Sender: {sender}\r\n" if sender else "") + f"To: {', '.join(to)}\r\n{more}Subject: x\r\n\r\nhi\r\n").encode()


def split_v1(house, keys, envelope, to, message):
    house.client("ses", **keys).send_raw_email(Source=envelope, Destinations=to, RawMessage={"Data": message})


def split_v1_header(house, keys, envelope, to, message):
    house.client("ses", **keys).send_raw_email(Destinations=to, RawMessage={"Data": f"Return-Path: <{envelope}>\r\n".encode() + message})


def split_v2(house, keys, envelope, to, message):
    house.client("sesv2", **keys).send_email(
        FeedbackForwardingEmailAddress=envelope, Destination={"ToAddresses": to}, Content={"Raw": {"Data": message}})


SPLIT = [split_v1, split_v1_header, split_v2, session]
BOSS = "boss@example.com"


@at(*SPLIT)
@pytest.mark.parametrize("author, sender, envelope", [(BOSS, None, SENDER), (SENDER, None, BOSS), (SENDER, BOSS, SENDER), (BOSS, SENDER, SENDER)])
def test_e09_every_sender_is_asked_about(house, door, author, sender, envelope):
    """From, Sender and MAIL FROM: one of them outside what may be sent as is one too many."""
    only_aws = who(house, ALLOW, deny("OnlyAws", "StringNotLike", "ses:FromAddress", "*@aws.example.com"))
    pattern = who(house, may("StringLike", "ses:FromAddress", "*@aws.example.com"))
    for keys, statement in ((only_aws, "OnlyAws"), (pattern, "May")):
        allowed(house, lambda: door(house, keys, "bounces@aws.example.com", [INSIDE], letter(SENDER, "x@aws.example.com")))
        refused(house, lambda: door(house, keys, envelope, [INSIDE], letter(author, sender)), statement, "identity/example.com")


@at("v1_parts", "v2_simple", "v1_templated", "v2_template", "v1_bulk", "v2_bulk")
def test_e09_a_return_path_is_asked_about_too(house, door):
    keys = who(house, ALLOW, deny("OnlyAws", "StringNotLike", "ses:FromAddress", "*@aws.example.com"))
    allowed(house, lambda: PARTS[door](house, keys, path="bounces@aws.example.com"))
    refused(house, lambda: PARTS[door](house, keys, path=BOSS), "OnlyAws")


@at(*SPLIT)
def test_e09_recipients_are_those_of_the_envelope(house, door):
    keys = who(house, ALLOW, NO_OUTSIDE)
    refused(house, lambda: door(house, keys, SENDER, [OUTSIDE], letter(SENDER)), "NoOutsideRecipient")
    refused(house, lambda: door(house, keys, SENDER, [INSIDE, OUTSIDE], letter(SENDER)), "value 2 of 2 of ses:Recipients")
    fact = allowed(house, lambda: door(house, keys, SENDER, [INSIDE], letter(SENDER, to=[OUTSIDE], more="Bcc: hidden@evil.example\r\n")))
    assert fact["recipients"] == [INSIDE]
    assert b"hidden" not in house.source(wait_for(lambda: house.captured())[0]["id"])


def arguments(service, template, bulk, path, configuration_set):
    """What one of the calls that are no raw message needs beyond who sends to whom."""
    v1 = service == "ses"
    call = {"Source" if v1 else "FromEmailAddress": SENDER}
    if path:
        call["ReturnPath" if v1 else "FeedbackForwardingEmailAddress"] = path
    if configuration_set:
        call["ConfigurationSetName"] = configuration_set
    destination = {"ToAddresses": [INSIDE]}
    simple = {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "hi"}}}
    stored = {"TemplateName": "hello", "TemplateData": "{}"}
    if bulk:
        return call | ({"Template": "hello", "DefaultTemplateData": "{}", "Destinations": [{"Destination": destination}]} if v1 else {
            "DefaultContent": {"Template": stored}, "BulkEmailEntries": [{"Destination": destination}]})
    if template:
        return call | {"Destination": destination} | ({"Template": "hello", "TemplateData": "{}"} if v1 else {"Content": {"Template": stored}})
    return call | {"Destination": destination} | ({"Message": simple} if v1 else {"Content": {"Simple": simple}})


def part(service, operation, template=False, bulk=False):
    def send(house, keys, path=None, configuration_set=None, more=()):
        getattr(house.client(service, **keys), operation)(**arguments(service, template, bulk, path, configuration_set), **dict(more))
    return send


PARTS = {
    "v1_parts": part("ses", "send_email"), "v2_simple": part("sesv2", "send_email"),
    "v1_templated": part("ses", "send_templated_email", template=True), "v2_template": part("sesv2", "send_email", template=True),
    "v1_bulk": part("ses", "send_bulk_templated_email", bulk=True), "v2_bulk": part("sesv2", "send_bulk_email", bulk=True)}
RESOURCES = [IDENTITY, IDENTITY.replace("identity/aws.example.com", "template/hello")]


def policy_on(house, name, *statements):
    arn = IDENTITY.rsplit("/", 1)[0]
    document = {"Version": "2012-10-17", "Statement": [statement | {"Resource": f"{arn}/{name}"} for statement in statements]}
    house.ses.create_email_identity_policy(EmailIdentity=name, PolicyName="edge", Policy=json.dumps(document))


@pytest.fixture
def own(house):
    """An identity of one address below a domain that has one too."""
    house.ses.create_email_identity(EmailIdentity="own@aws.example.com")
    yield "own@aws.example.com"
    house.ses.delete_email_identity(EmailIdentity="own@aws.example.com")


@at_every_door
def test_e10_the_most_specific_verified_identity_decides(house, own, door):
    """An address identity takes its address from under the domain's policies: on SES, and here. One that only waits does not."""
    keys = who(house, ALLOW | {"Sid": "Ten"})
    name = house.client("sts", **keys).get_caller_identity()["Arn"]
    policy_on(house, "aws.example.com", {"Sid": "NotThisOne", "Effect": "Deny", "Principal": {"AWS": name}, "Action": "ses:Send*"})
    try:
        refused(house, lambda: door(house, keys, SENDER, [INSIDE]), "NotThisOne in edge on aws.example.com")
        allowed(house, lambda: door(house, keys, own, [INSIDE]))
        with sqlite3.connect(house.data / "postern.db", timeout=10) as db:
            assert db.execute("UPDATE identity SET verification = 'PENDING' WHERE name = ?", (own,)).rowcount == 1
        # A change of the identity has the server look at it anew.
        house.ses.put_email_identity_configuration_set_attributes(EmailIdentity=own)
        refused(house, lambda: door(house, keys, own, [INSIDE]), "NotThisOne in edge on aws.example.com")
    finally:
        house.ses.delete_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="edge")


@at_every_door
def test_e11_the_arn_asked_for_is_that_of_the_deciding_identity(house, own, door):
    domain = who(house, ALLOW | {"Resource": RESOURCES})
    address = who(house, ALLOW | {"Resource": [IDENTITY.replace("aws.example.com", own), RESOURCES[1]]})
    allowed(house, lambda: door(house, domain, SENDER, [INSIDE]))
    refused(house, lambda: door(house, domain, own, [INSIDE]), f"identity/{own}")
    allowed(house, lambda: door(house, address, own, [INSIDE]))
    refused(house, lambda: door(house, address, SENDER, [INSIDE]), "identity/aws.example.com")
    # There is no sandbox: a recipient that is an identity is no resource of the send.
    allowed(house, lambda: door(house, domain, SENDER, [own]))


@at_every_door
@pytest.mark.parametrize("author", [
    "ops@aws.example.com, other@aws.example.com", "Team: ops@aws.example.com;", "Team: ops@aws.example.com, other@aws.example.com;",
    "undisclosed:;"])
def test_e12_from_is_one_mailbox(house, door, author):
    refused(house, lambda: door(house, who(house, ALLOW), author, [INSIDE]), codes=SYNTAX)


@at(*SPLIT)
@pytest.mark.parametrize("head, word", [
    ("From: ops@aws.example.com, other@aws.example.com\r\n", "'From'"), ("From: Team: ops@aws.example.com;\r\n", "'From'"),
    ("From: ops@aws.example.com\r\nFrom: other@aws.example.com\r\n", "'From'"), ("From: ops@aws.example.com\r\nfrom : boss@example.com\r\n", ""),
    ("From: ops@aws.example.com\r\nSender: a@aws.example.com, b@aws.example.com\r\n", "'Sender'"),
    ("From: ops@aws.example.com\r\nSender: Team: a@aws.example.com;\r\n", "'Sender'"),
    ("From: ops@aws.example.com\r\nSender: a@aws.example.com\r\nSender: boss@example.com\r\n", "'Sender'"), ("Sender: ops@aws.example.com\r\n", "'From'")])
def test_e12_nobody_hides_among_several_senders(house, door, head, word):
    refused(house, lambda: door(house, who(house, ALLOW), SENDER, [INSIDE], f"{head}Subject: x\r\n\r\nhi\r\n".encode()), word, codes=SYNTAX)


def by_header(door):
    def send(house, keys, configuration_set=None):
        more = f"X-SES-CONFIGURATION-SET: {configuration_set}\r\n" if configuration_set else ""
        door(house, keys, SENDER, [INSIDE], letter(SENDER, more=more))
    return send


def raw_v1(house, keys, configuration_set=None):
    more = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    house.client("ses", **keys).send_raw_email(RawMessage={"Data": letter(SENDER)}, **more)


def raw_v2(house, keys, configuration_set=None):
    more = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    house.client("sesv2", **keys).send_email(Content={"Raw": {"Data": letter(SENDER)}}, **more)


WITH_SET = PARTS | {"raw_v1": raw_v1, "raw_v2": raw_v2} | {f"{door.__name__}_header": by_header(door) for door in SPLIT}


@pytest.fixture(scope="module")
def sets(house):
    for name in ("corp-tls", "lax"):
        house.ses.create_configuration_set(ConfigurationSetName=name)
    house.ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com", ConfigurationSetName="corp-tls")
    yield
    house.ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com")


@pytest.mark.parametrize("door", WITH_SET)
def test_e13_no_call_and_no_header_leads_past_the_allowed_sets(house, sets, door):
    keys = who(house, ALLOW | {"Resource": [*RESOURCES, IDENTITY.replace("identity/aws.example.com", "configuration-set/corp-tls")]})
    for named in (None, "corp-tls"):
        assert allowed(house, lambda: WITH_SET[door](house, keys, configuration_set=named))["configurationSet"] == "corp-tls"
    refused(house, lambda: WITH_SET[door](house, keys, configuration_set="lax"), "configuration-set/lax")


def encoded(text):
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


@at_every_door
@pytest.mark.parametrize("name", [
    '"ceo@bank.example"', encoded("ceo@bank.example"), encoded("c\u200beo"), encoded("\u202eoec"), encoded("ceo\uff20bank.example"),
    encoded("ceo\ufe6bbank.example"), f'{encoded("ceo")} {encoded("@bank.example")}', encoded("c\u2060eo"), encoded("c\u00adeo"), encoded("c\ufeffeo")],
    ids=["address", "encoded", "zero-width", "right-to-left", "full-width", "small", "in two words", "joiner", "soft hyphen", "mark"])
def test_e14_a_display_name_shows_no_other_address_and_hides_nothing(house, door, name):
    keys = who(house, may("StringLike", "ses:FromAddress", "*@aws.example.com"))
    allowed(house, lambda: door(house, keys, f"{encoded('Zoë Ops')} <{SENDER}>", [INSIDE]))
    refused(house, lambda: door(house, keys, f"{name} <{SENDER}>", [INSIDE]), "the display name of From")


@at_every_door
@pytest.mark.parametrize("name", ["The CEO", encoded("The CEO"), encoded("The \uff23\uff25\uff2f"), f'The {encoded("C")} {encoded("EO")}'],
                         ids=["plain", "encoded", "full-width", "in two words"])
def test_e14_a_condition_sees_the_name_as_people_do(house, door, name):
    keys = who(house, ALLOW, deny("NoCEO", "StringLike", "ses:FromDisplayName", "*CEO*"))
    allowed(house, lambda: door(house, keys, f"Ops <{SENDER}>", [INSIDE]))
    refused(house, lambda: door(house, keys, f"{name} <{SENDER}>", [INSIDE]), "NoCEO")


class Member:
    """A member account with a user who may send, and one who has no policy of its own."""

    def __init__(self, house, name):
        made = house.client("organizations").create_account(Email=f"{name}@example.com", AccountName=name)
        self.id = made["CreateAccountStatus"]["AccountId"]
        given = house.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{self.id}:role/OrganizationAccountAccessRole", RoleSessionName="edge")["Credentials"]
        self.admin = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
                      "aws_session_token": given["SessionToken"]}
        self.delegate, self.poor = self.user(house, "delegate", ALLOW), self.user(house, "poor")

    def user(self, house, name, *statements):
        iam = house.client("iam", **self.admin)
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="send", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


@pytest.fixture(scope="module")
def member(house):
    return Member(house, "edge")


V1_ARN, V2_ARN = {"SourceArn": IDENTITY}, {"FromEmailAddressIdentityArn": IDENTITY}
ARN_HEADERS = f"X-SES-SOURCE-ARN: {IDENTITY}\r\nX-SES-FROM-ARN: {IDENTITY}\r\n"


def delegated_raw(service, operation, wrap, arn):
    def send(house, keys, configuration_set=None):
        more = arn | ({"ConfigurationSetName": configuration_set} if configuration_set else {})
        getattr(house.client(service, **keys), operation)(**wrap(letter(SENDER)), **more)
    return send


def delegated_by_header(door):
    def send(house, keys, configuration_set=None):
        more = ARN_HEADERS + (f"X-SES-CONFIGURATION-SET: {configuration_set}\r\n" if configuration_set else "")
        door(house, keys, SENDER, [INSIDE], letter(SENDER, more=more))
    return send


DELEGATED = {
    "v1_parts": lambda house, keys, configuration_set=None: PARTS["v1_parts"](house, keys, configuration_set=configuration_set, more=V1_ARN),
    "v2_simple": lambda house, keys, configuration_set=None: PARTS["v2_simple"](house, keys, configuration_set=configuration_set, more=V2_ARN),
    "v1_raw": delegated_raw("ses", "send_raw_email", lambda data: {"RawMessage": {"Data": data}}, V1_ARN),
    "v2_raw": delegated_raw("sesv2", "send_email", lambda data: {"Content": {"Raw": {"Data": data}}}, V2_ARN),
} | {f"{door.__name__}_header": delegated_by_header(door) for door in SPLIT}


def with_policy(house, principal, condition, attempt):
    statement = {"Sid": "Delegates", "Effect": "Allow", "Principal": principal, "Action": "ses:Send*"} | ({"Condition": condition} if condition else {})
    policy_on(house, "aws.example.com", statement)
    try:
        attempt()
    finally:
        house.ses.delete_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="edge")


@pytest.mark.parametrize("door", DELEGATED)
def test_e15_a_principal_is_who_it_says(house, member, door):
    """An account's number stands for everybody there whom their own account lets; `*` with an organisation is not public."""
    send, organization = DELEGATED[door], house.client("organizations").describe_organization()["Organization"]["Id"]
    user, resource = f"arn:aws:iam::{member.id}:user/", "identity/aws.example.com"
    refused(house, lambda: send(house, member.delegate), resource)
    for principal, condition in (
            ({"AWS": member.id}, None), ({"AWS": f"arn:aws:iam::{member.id}:root"}, None), ({"AWS": f"{user}delegate"}, None),
            ("*", {"StringEquals": {"aws:PrincipalOrgID": organization}}), ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": member.id}}),
            ("*", {"ArnLike": {"aws:PrincipalArn": f"{user}dele*"}})):
        with_policy(house, principal, condition, lambda: (
            allowed(house, lambda: send(house, member.delegate)), refused(house, lambda: send(house, member.poor), "policy allows")))
    for principal, condition in (
            ({"AWS": f"{user}poor"}, None), ({"AWS": "999988887777"}, None), ({"AWS": f"{user}DELEGATE"}, None),
            ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}})):
        with_policy(house, principal, condition, lambda: refused(house, lambda: send(house, member.delegate), resource))


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": [ACCOUNT, "*"]}], ids=["star", "AWS star", "among others"])
@pytest.mark.parametrize("condition", [
    None, {"StringLike": {"ses:FromAddress": "*@aws.example.com"}}, {"StringLike": {"aws:PrincipalArn": "arn:*"}}, {"StringLike": {"aws:userid": "*:*"}},
    {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}},
    {"NumericGreaterThan": {"aws:PrincipalAccount": "0"}}, {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0abc"}}], ids=lambda condition: next(iter(next(iter(condition.values())))) if condition else "none")
def test_e15_what_restricts_nobody_counts_as_public(house, principal, condition):
    statement = {"Sid": "Public", "Effect": "Allow", "Principal": principal, "Action": "ses:Send*", "Resource": IDENTITY}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]})
    words = "forbid-public-identity-policies: statement Public"
    refused(house, lambda: house.ses.create_email_identity_policy(EmailIdentity="aws.example.com", PolicyName="public", Policy=document), words,
            codes={"BadRequestException"})
    refused(house, lambda: house.client("ses").put_identity_policy(Identity="aws.example.com", PolicyName="public", Policy=document), words,
            codes={"InvalidPolicy"})


NO_SET = {"ConfigurationSetDoesNotExist", "NotFoundException", "CONFIGURATION_SET_NOT_FOUND", (554, "5.7.1")}


@pytest.mark.parametrize("door", WITH_SET)
def test_e16_a_default_set_that_is_deleted_stops_the_identity(house, sets, door):
    keys = who(house, ALLOW)
    house.ses.create_configuration_set(ConfigurationSetName="short-lived")
    house.ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com", ConfigurationSetName="short-lived")
    try:
        assert allowed(house, lambda: WITH_SET[door](house, keys))["configurationSet"] == "short-lived"
        house.ses.delete_configuration_set(ConfigurationSetName="short-lived")
        refused(house, lambda: WITH_SET[door](house, keys), "short-lived", "does not exist", codes=NO_SET)
        allowed(house, lambda: WITH_SET[door](house, keys, configuration_set="corp-tls"))
    finally:
        house.ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com", ConfigurationSetName="corp-tls")


def test_e17_a_set_names_a_pool_that_exists_or_the_shared_one(house):
    """Which pool mail leaves from where none is named is test_pools_keep_their_addresses' matter."""
    refused(house, lambda: house.ses.create_configuration_set(
        ConfigurationSetName="pooled", DeliveryOptions={"SendingPoolName": "own"}), codes={"BadRequestException", "NotFoundException"})
    house.ses.create_configuration_set(
        ConfigurationSetName="pooled", DeliveryOptions={"SendingPoolName": "ses-shared-pool"})
    try:
        options = house.ses.get_configuration_set(ConfigurationSetName="pooled")["DeliveryOptions"]
        assert options["SendingPoolName"] == "ses-shared-pool"
        refused(house, lambda: house.ses.put_configuration_set_delivery_options(
            ConfigurationSetName="pooled", SendingPoolName="own"), codes={"BadRequestException", "NotFoundException"})
    finally:
        house.ses.delete_configuration_set(ConfigurationSetName="pooled")


@pytest.fixture(scope="module")
def mfa(house):
    """Two users, one whose policy asks with BoolIfExists and one with Bool: by key, and by sessions without and with a code."""
    people, devices, codes, iam = {}, {}, {}, house.client("iam")
    for name, operator in (("careful", "BoolIfExists"), ("careless", "Bool")):
        people[name] = {"key": house.user(name, {"Version": "2012-10-17", "Statement": [
            ALLOW, {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}, deny("NoMFA", operator, "aws:MultiFactorAuthPresent", "false")]})}
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        devices[name] = device["SerialNumber"], device["Base32StringSeed"].decode()
        now = time.time()
        codes[name] = totp(devices[name][1], now + 30)
        iam.enable_mfa_device(UserName=name, SerialNumber=devices[name][0], AuthenticationCode1=totp(devices[name][1], now - 30),
                              AuthenticationCode2=totp(devices[name][1], now))
    # A code is good once: what comes after the two of the enrolment is the next.
    for name, (serial, _) in devices.items():
        sts = house.client("sts", **people[name]["key"])
        for kind, given in ("plain", sts.get_session_token()), ("mfa", sts.get_session_token(SerialNumber=serial, TokenCode=codes[name])):
            given = given["Credentials"]
            people[name][kind] = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
                                  "aws_session_token": given["SessionToken"]}
    return people


@at_every_door
def test_e18_a_long_term_key_has_no_mfa_to_speak_of(house, mfa, door):
    """The key is absent then: BoolIfExists denies, Bool does not, which is why it is not recommended."""
    refused(house, lambda: door(house, mfa["careful"]["key"], SENDER, [INSIDE]), "NoMFA")
    allowed(house, lambda: door(house, mfa["careless"]["key"], SENDER, [INSIDE]))
    if door is smtp:
        return  # Session credentials are none for SMTP.
    for name in ("careful", "careless"):
        refused(house, lambda: door(house, mfa[name]["plain"], SENDER, [INSIDE]), "NoMFA")
        allowed(house, lambda: door(house, mfa[name]["mfa"], SENDER, [INSIDE]))


@at_every_door
def test_e19_a_domain_covers_what_lies_beneath_it(house, door):
    """Whoever verified the apex sends from every sub-domain, unless a policy says which."""
    fact = allowed(house, lambda: door(house, who(house, ALLOW), "x@a.b.example.com", [INSIDE]))
    assert fact["identity"] == IDENTITY.replace("aws.", "")
    apex = who(house, ALLOW, deny("ApexOnly", "StringNotLike", "ses:FromAddress", "*@example.com"))
    allowed(house, lambda: door(house, apex, "x@example.com", [INSIDE]))
    for sender in ("x@a.b.example.com", "x@a.example.com", SENDER):
        refused(house, lambda: door(house, apex, sender, [INSIDE]), "ApexOnly")
    # The nearest verified one decides: another policy may stand there.
    narrow = who(house, ALLOW | {"Resource": [IDENTITY.replace("aws.", ""), RESOURCES[1]]})
    allowed(house, lambda: door(house, narrow, "x@a.b.example.com", [INSIDE]))
    refused(house, lambda: door(house, narrow, SENDER, [INSIDE]), "identity/aws.example.com")


@pytest.mark.parametrize("door", DELEGATED)
def test_e20_the_owner_decides_how_a_delegates_mail_leaves(house, member, door):
    """The set that the owner has fixed holds, whatever the delegate names; when it is gone, nothing leaves."""
    send, theirs = DELEGATED[door], house.client("sesv2", **member.admin)
    if "lax" not in theirs.list_configuration_sets()["ConfigurationSets"]:
        theirs.create_configuration_set(ConfigurationSetName="lax")
    before = house.ses.get_email_identity(EmailIdentity="aws.example.com").get("ConfigurationSetName")
    house.ses.create_configuration_set(ConfigurationSetName="owners-tls")
    house.ses.put_email_identity_configuration_set_attributes(EmailIdentity="aws.example.com", ConfigurationSetName="owners-tls")

    def attempts():
        for named in (None, "lax", "no-such-set"):
            assert allowed(house, lambda: send(house, member.delegate, configuration_set=named))["configurationSet"] == "owners-tls"
        house.ses.delete_configuration_set(ConfigurationSetName="owners-tls")
        for named in (None, "lax"):
            refused(house, lambda: send(house, member.delegate, configuration_set=named), "owners-tls", "does not exist", codes=NO_SET)

    try:
        with_policy(house, {"AWS": member.id}, None, attempts)
    finally:
        house.ses.put_email_identity_configuration_set_attributes(
            EmailIdentity="aws.example.com", **({"ConfigurationSetName": before} if before else {}))
