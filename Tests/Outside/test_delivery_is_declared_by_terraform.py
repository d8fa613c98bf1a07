# SPDX-License-Identifier: Apache-2.0
"""Terraform's resources of delivery, unmodified: applied, planned with nothing to do, changed, destroyed without a trace."""
import json
import shutil

import pytest

from test_terraform_applies_and_destroys import DECLARATIONS, PLUGINS, Terraform

ADDRESSES = """
delivery:
  route: capture
  addresses: [ { ip: 127.0.0.2, pool: ses-default-dedicated-pool } ]
"""


@pytest.mark.skipif(not shutil.which("terraform") or not PLUGINS, reason="terraform or its aws provider is not on this machine")
def test_delivery_is_declared_changed_and_taken_away(start, tmp_path):
    server = start(extra=ADDRESSES)
    terraform = Terraform(server, tmp_path)
    (tmp_path / "access.tf").unlink()
    shutil.copy(DECLARATIONS / "delivery.tf", tmp_path)
    terraform.run("init", f"-plugin-dir={PLUGINS[0]}")
    ses, v1 = server.client("sesv2"), server.client("ses")
    for policy in ("REQUIRE", "OPTIONAL"):
        terraform.environment["TF_VAR_tls_policy"] = policy
        terraform.run("apply", "-auto-approve")
        terraform.run("plan", "-detailed-exitcode")
        found = ses.get_configuration_set(ConfigurationSetName="everything")
        assert found["DeliveryOptions"] == {"TlsPolicy": policy, "SendingPoolName": "marketing", "MaxDeliverySeconds": 300}
        assert found["SendingOptions"] == {"SendingEnabled": policy == "REQUIRE"}
        assert found["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE"]}
        assert found["TrackingOptions"]["CustomRedirectDomain"] == "links.example.com"
    assert json.loads(terraform.run("output", "-json", "addresses_of_pool")) == ["127.0.0.2"]
    assert terraform.run("output", "-raw", "pool_of_set") == "marketing"
    identity = ses.get_email_identity(EmailIdentity="example.com")
    assert identity["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com" and not identity["FeedbackForwardingStatus"]
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": ["COMPLAINT"]}
    old = v1.describe_configuration_set(
        ConfigurationSetName="old", ConfigurationSetAttributeNames=["deliveryOptions", "reputationOptions", "trackingOptions"])
    assert old["DeliveryOptions"] == {"TlsPolicy": "Require"} and old["TrackingOptions"] == {"CustomRedirectDomain": "example.org"}
    assert old["ReputationOptions"] == {"SendingEnabled": False, "ReputationMetricsEnabled": True}
    terraform.run("destroy", "-auto-approve")
    assert ses.list_configuration_sets()["ConfigurationSets"] == [] and ses.list_dedicated_ip_pools()["DedicatedIpPools"] == []
    assert ses.list_email_identities()["EmailIdentities"] == []
    assert ses.get_dedicated_ip(Ip="127.0.0.2")["DedicatedIp"]["PoolName"] == "ses-default-dedicated-pool"
