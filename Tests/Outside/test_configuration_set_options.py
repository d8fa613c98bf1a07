# SPDX-License-Identifier: Apache-2.0
"""Configuration sets with all their options: put by one version of SES, read by the other, checked as SES does."""
import json
import subprocess

import pytest
from botocore.config import Config

from test_iam_through_the_command_line import AWS
from test_tags_are_kept_and_asked_about import allow, refused, user

ARN = "arn:aws:ses:us-east-1:111122223333:"
ATTRIBUTES = ["trackingOptions", "deliveryOptions", "reputationOptions", "eventDestinations"]
OPTIONS = {
    "DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "marketing", "MaxDeliverySeconds": 300},
    "ReputationOptions": {"ReputationMetricsEnabled": True}, "SendingOptions": {"SendingEnabled": False},
    "SuppressionOptions": {"SuppressedReasons": ["BOUNCE"]},
    "TrackingOptions": {"CustomRedirectDomain": "links.example.com", "HttpsPolicy": "REQUIRE"},
    "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "DISABLED"}, "GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"}},
    "Tags": [{"Key": "team", "Value": "a"}]}


@pytest.fixture
def server(start):
    server = start()
    server.ses, server.v1 = server.client("sesv2"), server.client("ses")
    server.ses.create_email_identity(EmailIdentity="example.com")
    server.ses.create_dedicated_ip_pool(PoolName="marketing")
    return server


def found(server, name="s"):
    answer = server.ses.get_configuration_set(ConfigurationSetName=name)
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_everything_is_given_at_once_and_read_back(server):
    server.ses.create_configuration_set(ConfigurationSetName="s", **OPTIONS)
    assert found(server) == {"ConfigurationSetName": "s"} | OPTIONS
    described = server.v1.describe_configuration_set(ConfigurationSetName="s", ConfigurationSetAttributeNames=ATTRIBUTES)
    assert described["TrackingOptions"] == {"CustomRedirectDomain": "links.example.com"}
    assert described["DeliveryOptions"] == {"TlsPolicy": "Require"}
    assert described["ReputationOptions"] == {"SendingEnabled": False, "ReputationMetricsEnabled": True}
    assert described["EventDestinations"] == []
    plain = server.v1.describe_configuration_set(ConfigurationSetName="s")
    assert not {"TrackingOptions", "DeliveryOptions", "ReputationOptions"} & set(plain)
    server.ses.create_configuration_set(ConfigurationSetName="bare")
    assert found(server, "bare") == {
        "ConfigurationSetName": "bare", "ReputationOptions": {"ReputationMetricsEnabled": False}, "SendingOptions": {"SendingEnabled": True}, "Tags": []}


def test_each_option_is_put_and_taken_away(server):
    ses, v1, name = server.ses, server.v1, {"ConfigurationSetName": "s"}
    ses.create_configuration_set(**name)
    ses.put_configuration_set_delivery_options(**name, **OPTIONS["DeliveryOptions"])
    ses.put_configuration_set_reputation_options(**name, ReputationMetricsEnabled=True)
    ses.put_configuration_set_sending_options(**name, SendingEnabled=False)
    ses.put_configuration_set_suppression_options(**name, SuppressedReasons=["BOUNCE"])
    ses.put_configuration_set_tracking_options(**name, **OPTIONS["TrackingOptions"])
    ses.put_configuration_set_vdm_options(**name, VdmOptions=OPTIONS["VdmOptions"])
    ses.put_configuration_set_archiving_options(**name)
    assert found(server) == name | OPTIONS | {"Tags": []}
    ses.put_configuration_set_delivery_options(**name)
    ses.put_configuration_set_reputation_options(**name, ReputationMetricsEnabled=False)
    ses.put_configuration_set_sending_options(**name, SendingEnabled=True)
    ses.put_configuration_set_suppression_options(**name, SuppressedReasons=[])
    ses.put_configuration_set_tracking_options(**name)
    ses.put_configuration_set_vdm_options(**name)
    after = found(server)
    assert after.pop("ReputationOptions").pop("LastFreshStart")
    assert after == name | {
        "SendingOptions": {"SendingEnabled": True},
        "SuppressionOptions": {"SuppressedReasons": []}, "Tags": []}
    v1.put_configuration_set_delivery_options(**name, DeliveryOptions={"TlsPolicy": "Require"})
    v1.update_configuration_set_reputation_metrics_enabled(**name, Enabled=True)
    v1.update_configuration_set_sending_enabled(**name, Enabled=False)
    v1.create_configuration_set_tracking_options(**name, TrackingOptions={"CustomRedirectDomain": "example.com"})
    refused("TrackingOptionsAlreadyExistsException", v1.create_configuration_set_tracking_options,
            **name, TrackingOptions={"CustomRedirectDomain": "a.example.com"})
    v1.update_configuration_set_tracking_options(**name, TrackingOptions={"CustomRedirectDomain": "a.example.com"})
    after = found(server)
    assert after["TrackingOptions"] == {"CustomRedirectDomain": "a.example.com"}
    assert after["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"} and after["SendingOptions"] == {"SendingEnabled": False}
    assert after["ReputationOptions"]["ReputationMetricsEnabled"]
    v1.delete_configuration_set_tracking_options(**name)
    assert "TrackingOptions" not in found(server)
    for call in (v1.delete_configuration_set_tracking_options,
                 lambda **n: v1.update_configuration_set_tracking_options(**n, TrackingOptions={"CustomRedirectDomain": "example.com"})):
        refused("TrackingOptionsDoesNotExistException", call, **name)
    operations = [fact["administered"]["operation"] for fact in server.facts("administered")]
    for operation in ("PutConfigurationSetVdmOptions", "UpdateConfigurationSetSendingEnabled", "DeleteConfigurationSetTrackingOptions"):
        assert operation in operations
    v1.delete_configuration_set(**name)
    assert ses.list_configuration_sets()["ConfigurationSets"] == []


@pytest.mark.parametrize("options, words", [
    ({"DeliveryOptions": {"SendingPoolName": "none"}}, "SendingPool <none> doesn't exist"),
    ({"DeliveryOptions": {"MaxDeliverySeconds": 299}}, "MaxDeliverySeconds"),
    ({"DeliveryOptions": {"MaxDeliverySeconds": 50401}}, "MaxDeliverySeconds"),
    ({"DeliveryOptions": {"TlsPolicy": "Require"}}, "Member must satisfy enum value set: [REQUIRE, OPTIONAL]"),
    ({"TrackingOptions": {"CustomRedirectDomain": "links.example.org"}}, "not a verified domain"),
    ({"TrackingOptions": {"CustomRedirectDomain": "links.example.com", "HttpsPolicy": "ALWAYS"}}, "enum value set"),
    ({"SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "TASTE"]}}, "enum value set: [BOUNCE, COMPLAINT]"),
    ({"VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}}, "DISABLED only"),
    ({"ArchivingOptions": {"ArchiveArn": ARN + "mailmanager-archive/a-" + "a" * 24}}, "not available"),
])
def test_what_cannot_be_is_refused_and_nothing_is_made(server, options, words):
    # The client would not even send some of it.
    unchecked = server.client("sesv2", config=Config(parameter_validation=False))
    assert words in refused("BadRequestException", unchecked.create_configuration_set, ConfigurationSetName="s", **options)
    assert server.ses.list_configuration_sets()["ConfigurationSets"] == []


def test_sets_that_are_not_there_and_words_that_are_none(server):
    ses, v1, name = server.ses, server.v1, {"ConfigurationSetName": "none"}
    for call, more in [
            (ses.get_configuration_set, {}), (ses.put_configuration_set_delivery_options, {}),
            (ses.put_configuration_set_sending_options, {}), (ses.put_configuration_set_tracking_options, {})]:
        refused("NotFoundException", call, **name, **more)
    for call, more in [
            (v1.describe_configuration_set, {}), (v1.update_configuration_set_sending_enabled, {"Enabled": True}),
            (v1.update_configuration_set_reputation_metrics_enabled, {"Enabled": True}),
            (v1.put_configuration_set_delivery_options, {"DeliveryOptions": {"TlsPolicy": "Optional"}}),
            (v1.create_configuration_set_tracking_options, {"TrackingOptions": {"CustomRedirectDomain": "example.com"}}),
            (v1.delete_configuration_set_tracking_options, {})]:
        refused("ConfigurationSetDoesNotExist", call, **name, **more)
    v1.create_configuration_set(ConfigurationSet={"Name": "s"})
    refused("ConfigurationSetAlreadyExists", v1.create_configuration_set, ConfigurationSet={"Name": "s"})
    refused("InvalidConfigurationSet", v1.create_configuration_set, ConfigurationSet={"Name": "a b"})
    refused("InvalidTrackingOptions", v1.create_configuration_set_tracking_options,
            ConfigurationSetName="s", TrackingOptions={"CustomRedirectDomain": "example.org"})
    refused("ValidationError", v1.put_configuration_set_delivery_options,
            ConfigurationSetName="s", DeliveryOptions={"TlsPolicy": "REQUIRE"})
    refused("ValidationError", v1.describe_configuration_set, ConfigurationSetName="s", ConfigurationSetAttributeNames=["all"])


def test_policies_decide_over_each_set(server):
    for name in ("mine", "theirs"):
        server.ses.create_configuration_set(ConfigurationSetName=name)
    ada = user(server, "ada", allow("ses:PutConfigurationSet*", resource=ARN + "configuration-set/mine"))
    ada.put_configuration_set_delivery_options(ConfigurationSetName="mine", TlsPolicy="REQUIRE")
    ada.put_configuration_set_sending_options(ConfigurationSetName="mine", SendingEnabled=False)
    for call in (ada.put_configuration_set_delivery_options, ada.put_configuration_set_tracking_options,
                 ada.put_configuration_set_suppression_options, ada.put_configuration_set_vdm_options):
        assert "configuration-set/theirs" in refused("AccessDeniedException", call, ConfigurationSetName="theirs")
    refused("AccessDeniedException", ada.get_configuration_set, ConfigurationSetName="mine")


def test_the_command_line_puts_and_shows_them(server, tmp_path):
    def aws(*command):
        done = subprocess.run([AWS, *command, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("sesv2", "create-configuration-set", "--configuration-set-name", "s", "--delivery-options", "TlsPolicy=REQUIRE,MaxDeliverySeconds=3600")
    aws("sesv2", "put-configuration-set-suppression-options", "--configuration-set-name", "s", "--suppressed-reasons", "COMPLAINT")
    aws("ses", "update-configuration-set-sending-enabled", "--configuration-set-name", "s", "--no-enabled")
    shown = aws("sesv2", "get-configuration-set", "--configuration-set-name", "s")
    assert shown["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 3600}
    assert shown["SuppressionOptions"] == {"SuppressedReasons": ["COMPLAINT"]} and shown["SendingOptions"] == {"SendingEnabled": False}
    described = aws("ses", "describe-configuration-set", "--configuration-set-name", "s", "--configuration-set-attribute-names", *ATTRIBUTES)
    assert described["DeliveryOptions"] == {"TlsPolicy": "Require"} and not described["ReputationOptions"]["SendingEnabled"]
