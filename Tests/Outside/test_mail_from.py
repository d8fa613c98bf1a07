# SPDX-License-Identifier: Apache-2.0
"""MAIL FROM domains of identities: looked for in the DNS, shown by both versions of SES, and required where an owner says so."""
import json
import smtplib
import subprocess

import pytest
from conftest import need, wait_for

from test_iam_through_the_command_line import AWS
from test_identities_are_verified_through_dns import resolving, send, verified
from test_tags_are_kept_and_asked_about import allow, refused, user

ARN = "arn:aws:ses:us-east-1:111122223333:"
DOMAIN = "bounce.example.com"
GOOD = ("bounce IN MX 10 mail.example.com.", 'bounce IN TXT "v=spf1 include:mail.example.com ~all"')


def attributes(server):
    return server.ses.get_email_identity(EmailIdentity="example.com")["MailFromAttributes"]


@pytest.mark.parametrize("records", [
    (GOOD[0],), (GOOD[1],), (GOOD[0], 'bounce IN TXT "v=spf1 -all"'), (GOOD[0], "bounce IN MX 20 mx.example.org.", GOOD[1]),
    ("bounce IN MX 10 mx.example.org.", GOOD[1]), (*GOOD, 'bounce IN TXT "v=spf1 mx -all"'),
])
@need("nsd")
def test_the_records_must_stand_and_an_owner_may_insist(start, name_server, records):
    name_server.zone("example.com", "@ IN TXT nothing")
    server = resolving(start, name_server)
    server.ses.create_email_identity(EmailIdentity="example.com")
    keys = server.dkim_records("example.com")[0]
    name_server.zone("example.com", keys, *records)
    verified(server)
    server.ses.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain=DOMAIN, BehaviorOnMxFailure="REJECT_MESSAGE")
    identity = lambda: server.client("ses").get_identity_mail_from_domain_attributes(Identities=["example.com", "none.example"])
    assert attributes(server) == {"MailFromDomain": DOMAIN, "MailFromDomainStatus": "PENDING", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    refused("MailFromDomainNotVerifiedException", lambda: send(server))
    refused("MailFromDomainNotVerifiedException", server.client("ses").send_email, Source="ada@example.com",
            Destination={"ToAddresses": ["bob@example.net"]}, Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}})
    with server.smtp() as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("ada@example.com", ["bob@example.net"], "From: ada@example.com\r\n\r\nhi\r\n")
    assert caught.value.smtp_code == 554 and b"MAIL FROM domain <bounce.example.com> is not verified" in caught.value.smtp_error
    server.ses.put_email_identity_mail_from_attributes(EmailIdentity="example.com", MailFromDomain=DOMAIN)
    send(server)
    server.ses.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain=DOMAIN, BehaviorOnMxFailure="REJECT_MESSAGE")
    name_server.zone("example.com", keys, *GOOD)
    wait_for(lambda: attributes(server)["MailFromDomainStatus"] == "SUCCESS", 30, "the MAIL FROM domain")
    assert identity()["MailFromDomainAttributes"] == {
        "example.com": {"MailFromDomain": DOMAIN, "MailFromDomainStatus": "Success", "BehaviorOnMXFailure": "RejectMessage"}}
    send(server)


def test_the_records_are_printed_with_the_zone(relayed):
    relayed.ses.put_email_identity_mail_from_attributes(EmailIdentity="example.com", MailFromDomain="Bounce.Example.COM")
    text = relayed.dkim_records("example.com")[0]
    assert "bounce.example.com. 300 IN MX 10 mail.example.com.\n" in text
    assert 'bounce.example.com. 300 IN TXT "v=spf1 include:mail.example.com ~all"\n' in text
    relayed.ses.put_email_identity_mail_from_attributes(EmailIdentity="example.com")
    assert attributes(relayed) == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}
    assert "MX" not in relayed.dkim_records("example.com")[0]


def test_only_beneath_the_identity(relayed):
    for domain in ("example.com", "bounce.example.org", "evilexample.com"):
        assert f"MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <example.com>" in refused(
            "BadRequestException", relayed.ses.put_email_identity_mail_from_attributes, EmailIdentity="example.com", MailFromDomain=domain)
        refused("InvalidParameterValue", relayed.client("ses").set_identity_mail_from_domain, Identity="example.com", MailFromDomain=domain)
    refused("BadRequestException", relayed.ses.put_email_identity_mail_from_attributes, EmailIdentity="example.com", MailFromDomain="a b")
    refused("BadRequestException", relayed.ses.put_email_identity_mail_from_attributes,
            EmailIdentity="example.com", MailFromDomain=DOMAIN, BehaviorOnMxFailure="RejectMessage")
    refused("NotFoundException", relayed.ses.put_email_identity_mail_from_attributes, EmailIdentity="example.org")
    refused("InvalidParameterValue", relayed.client("ses").set_identity_mail_from_domain, Identity="example.org", MailFromDomain="a.example.org")
    assert attributes(relayed) == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


def test_feedback_and_signing_are_turned_on_and_off(relayed):
    ses, v1 = relayed.ses, relayed.client("ses")
    both = lambda: (ses.get_email_identity(EmailIdentity="example.com")["FeedbackForwardingStatus"],
                    v1.get_identity_notification_attributes(Identities=["example.com"])["NotificationAttributes"]["example.com"]["ForwardingEnabled"])
    assert both() == (True, True)
    ses.put_email_identity_feedback_attributes(EmailIdentity="example.com", EmailForwardingEnabled=False)
    assert both() == (False, False)
    v1.set_identity_feedback_forwarding_enabled(Identity="example.com", ForwardingEnabled=True)
    assert both() == (True, True)
    dkim = lambda: v1.get_identity_dkim_attributes(Identities=["example.com", "none.example"])["DkimAttributes"]
    tokens = ses.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    assert dkim() == {"example.com": {"DkimEnabled": True, "DkimVerificationStatus": "Success", "DkimTokens": tokens}}
    ses.put_email_identity_dkim_attributes(EmailIdentity="example.com", SigningEnabled=False)
    assert dkim()["example.com"]["DkimEnabled"] is False
    v1.delete_identity(Identity="example.com")
    v1.delete_identity(Identity="example.com")
    assert ses.list_email_identities()["EmailIdentities"] == []
    operations = [fact["administered"]["operation"] for fact in relayed.facts("administered")]
    for operation in ("PutEmailIdentityFeedbackAttributes", "SetIdentityFeedbackForwardingEnabled", "PutEmailIdentityDkimAttributes"):
        assert operation in operations


def test_policies_decide_over_each_identity(relayed):
    relayed.ses.create_email_identity(EmailIdentity="example.org")
    ada = user(relayed, "ada", allow("ses:PutEmailIdentity*", resource=ARN + "identity/example.org"))
    ada.put_email_identity_mail_from_attributes(EmailIdentity="example.org", MailFromDomain="b.example.org")
    ada.put_email_identity_feedback_attributes(EmailIdentity="example.org", EmailForwardingEnabled=False)
    for call in (ada.put_email_identity_mail_from_attributes, ada.put_email_identity_feedback_attributes, ada.put_email_identity_dkim_attributes):
        assert "identity/example.com" in refused("AccessDeniedException", call, EmailIdentity="example.com")


def test_the_command_line_sets_it(relayed):
    def aws(*command):
        done = subprocess.run([AWS, *command, "--output", "json"], env=relayed.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("sesv2", "put-email-identity-mail-from-attributes", "--email-identity", "example.com", "--mail-from-domain", DOMAIN,
        "--behavior-on-mx-failure", "REJECT_MESSAGE")
    assert aws("ses", "get-identity-mail-from-domain-attributes", "--identities", "example.com")["MailFromDomainAttributes"]["example.com"] == {
        "MailFromDomain": DOMAIN, "MailFromDomainStatus": "Success", "BehaviorOnMXFailure": "RejectMessage"}
    aws("ses", "set-identity-mail-from-domain", "--identity", "example.com")
    assert aws("ses", "get-identity-mail-from-domain-attributes", "--identities", "example.com")["MailFromDomainAttributes"] == {}
