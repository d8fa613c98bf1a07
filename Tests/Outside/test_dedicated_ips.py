# SPDX-License-Identifier: Apache-2.0
"""Addresses that the operator declared are SES's dedicated IPs: pools, warm-up, and what survives a restart."""
import json
import subprocess

import pytest

from test_iam_through_the_command_line import AWS
from test_tags_are_kept_and_asked_about import allow, refused, user

ARN = "arn:aws:ses:us-east-1:111122223333:"
DEFAULT = "ses-default-dedicated-pool"
DECLARED = """
delivery:
  route: capture
  addresses:
    - { ip: 127.0.0.2, hostname: m2.example.com, pool: marketing }
    - { ip: 127.0.0.3, hostname: m3.example.com, pool: marketing }
    - { ip: 127.0.0.4, hostname: m4.example.com, pool: ses-default-dedicated-pool }
    - { ip: 127.0.0.5, hostname: m5.example.com }
"""


@pytest.fixture
def server(start):
    server = start(extra=DECLARED)
    server.ses = server.client("sesv2")
    return server


def shown(server, **arguments):
    found, token = [], {}
    while True:
        answer = server.ses.get_dedicated_ips(**arguments, **token)
        found += [tuple(ip[key] for key in ("Ip", "PoolName", "WarmupStatus", "WarmupPercentage")) for ip in answer["DedicatedIps"]]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_declared_addresses_are_there_and_shared_ones_are_nobodys(server):
    assert shown(server, PageSize=1) == [
        ("127.0.0.2", "marketing", "DONE", 100), ("127.0.0.3", "marketing", "DONE", 100), ("127.0.0.4", DEFAULT, "DONE", 100)]
    assert [ip[0] for ip in shown(server, PoolName="marketing")] == ["127.0.0.2", "127.0.0.3"]
    assert server.ses.list_dedicated_ip_pools()["DedicatedIpPools"] == ["marketing"]
    assert server.ses.get_dedicated_ip_pool(PoolName="marketing")["DedicatedIpPool"] == {"PoolName": "marketing", "ScalingMode": "STANDARD"}
    refused("NotFoundException", server.ses.get_dedicated_ip, Ip="127.0.0.5")
    assert "The requested pool <none> does not exist." == refused("NotFoundException", server.ses.get_dedicated_ips, PoolName="none")


def test_pools_are_made_changed_and_deleted(server):
    ses = server.ses
    ses.create_dedicated_ip_pool(PoolName="a", Tags=[{"Key": "team", "Value": "x"}])
    ses.create_dedicated_ip_pool(PoolName="b", ScalingMode="MANAGED")
    refused("AlreadyExistsException", ses.create_dedicated_ip_pool, PoolName="a")
    for name in (DEFAULT, "ses-shared-pool", "a b", "x" * 65):
        refused("BadRequestException", ses.create_dedicated_ip_pool, PoolName=name)
    refused("BadRequestException", ses.create_dedicated_ip_pool, PoolName="c", ScalingMode="AUTO")
    assert ses.list_tags_for_resource(ResourceArn=ARN + "dedicated-ip-pool/a")["Tags"] == [{"Key": "team", "Value": "x"}]
    ses.tag_resource(ResourceArn=ARN + "dedicated-ip-pool/a", Tags=[{"Key": "more", "Value": "y"}])
    ses.untag_resource(ResourceArn=ARN + "dedicated-ip-pool/a", TagKeys=["team"])
    assert ses.list_tags_for_resource(ResourceArn=ARN + "dedicated-ip-pool/a")["Tags"] == [{"Key": "more", "Value": "y"}]
    first = ses.list_dedicated_ip_pools(PageSize=2)
    assert first["DedicatedIpPools"] == ["a", "b"]
    assert ses.list_dedicated_ip_pools(NextToken=first["NextToken"])["DedicatedIpPools"] == ["marketing"]
    ses.put_dedicated_ip_pool_scaling_attributes(PoolName="a", ScalingMode="MANAGED")
    assert "MANAGED pools cannot be converted to STANDARD" in refused(
        "BadRequestException", ses.put_dedicated_ip_pool_scaling_attributes, PoolName="a", ScalingMode="STANDARD")
    ses.create_configuration_set(ConfigurationSetName="s", DeliveryOptions={"SendingPoolName": "b"})
    assert "configuration set" in refused("BadRequestException", ses.delete_dedicated_ip_pool, PoolName="b")
    ses.put_configuration_set_delivery_options(ConfigurationSetName="s", SendingPoolName="ses-shared-pool")
    assert ses.get_configuration_set(ConfigurationSetName="s")["DeliveryOptions"]["SendingPoolName"] == "ses-shared-pool"
    for name in ("a", "b"):
        ses.delete_dedicated_ip_pool(PoolName=name)
    assert "holds dedicated IP addresses" in refused("BadRequestException", ses.delete_dedicated_ip_pool, PoolName="marketing")
    for call in (ses.delete_dedicated_ip_pool, ses.get_dedicated_ip_pool):
        refused("NotFoundException", call, PoolName="a")


def test_what_was_decided_stands_before_the_file(server):
    ses = server.ses
    ses.create_dedicated_ip_pool(PoolName="other")
    ses.put_dedicated_ip_in_pool(Ip="127.0.0.2", DestinationPoolName="other")
    ses.put_dedicated_ip_in_pool(Ip="127.0.0.3", DestinationPoolName=DEFAULT)
    ses.put_dedicated_ip_warmup_attributes(Ip="127.0.0.2", WarmupPercentage=33)
    ses.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=True)
    expected = [
        ("127.0.0.2", "other", "IN_PROGRESS", 33), ("127.0.0.3", DEFAULT, "DONE", 100), ("127.0.0.4", DEFAULT, "DONE", 100)]
    assert shown(server) == expected and ses.get_account()["DedicatedIpAutoWarmupEnabled"] is True
    ses.delete_dedicated_ip_pool(PoolName="marketing")
    server.stop()
    # Nothing is in the pool that the file names, so it is not made again; a new address begins cold.
    server.config.write_text(server.config.read_text() + "    - { ip: 127.0.0.6, hostname: m6.example.com, pool: fresh }\n")
    server.start()
    assert shown(server) == expected + [("127.0.0.6", "fresh", "IN_PROGRESS", 0)]
    assert ses.list_dedicated_ip_pools()["DedicatedIpPools"] == ["fresh", "other"]
    ses.put_dedicated_ip_warmup_attributes(Ip="127.0.0.6", WarmupPercentage=100)
    assert ses.get_dedicated_ip(Ip="127.0.0.6")["DedicatedIp"] == {
        "Ip": "127.0.0.6", "PoolName": "fresh", "WarmupStatus": "DONE", "WarmupPercentage": 100}
    operations = [fact["administered"]["operation"] for fact in server.facts("administered")]
    for operation in ("PutDedicatedIpInPool", "PutDedicatedIpWarmupAttributes", "PutAccountDedicatedIpWarmupAttributes", "postern:DeclareDedicatedIp"):
        assert operation in operations


def test_bad_input_is_refused(server):
    ses = server.ses
    for percentage in (-1, 101):
        refused("BadRequestException", ses.put_dedicated_ip_warmup_attributes, Ip="127.0.0.2", WarmupPercentage=percentage)
    refused("NotFoundException", ses.put_dedicated_ip_warmup_attributes, Ip="127.0.0.9", WarmupPercentage=1)
    refused("NotFoundException", ses.put_dedicated_ip_in_pool, Ip="127.0.0.9", DestinationPoolName="marketing")
    refused("NotFoundException", ses.put_dedicated_ip_in_pool, Ip="127.0.0.2", DestinationPoolName="none")
    ses.put_dedicated_ip_pool_scaling_attributes(PoolName="marketing", ScalingMode="MANAGED")
    assert shown(server, PoolName="marketing")[0] == ("127.0.0.2", "marketing", "NOT_APPLICABLE", -1)
    refused("BadRequestException", ses.put_dedicated_ip_warmup_attributes, Ip="127.0.0.2", WarmupPercentage=1)


def test_policies_decide_over_each_pool(server):
    server.ses.create_dedicated_ip_pool(PoolName="theirs", Tags=[{"Key": "team", "Value": "b"}])
    ada = user(server, "ada", allow("ses:*", resource=ARN + "dedicated-ip-pool/marketing"),
               allow("ses:GetDedicatedIpPool", {"StringEquals": {"aws:ResourceTag/team": "b"}}))
    ada.get_dedicated_ip_pool(PoolName="marketing")
    ada.get_dedicated_ip_pool(PoolName="theirs")
    ada.put_dedicated_ip_in_pool(Ip="127.0.0.4", DestinationPoolName="marketing")
    assert "dedicated-ip-pool/theirs" in refused("AccessDeniedException", ada.put_dedicated_ip_in_pool, Ip="127.0.0.4", DestinationPoolName="theirs")
    refused("AccessDeniedException", ada.get_dedicated_ip_pool, PoolName="none")
    refused("AccessDeniedException", ada.delete_dedicated_ip_pool, PoolName="theirs")
    refused("AccessDeniedException", ada.put_dedicated_ip_pool_scaling_attributes, PoolName="theirs", ScalingMode="MANAGED")
    for call, arguments in [
            (ada.get_dedicated_ips, {}), (ada.get_dedicated_ip, {"Ip": "127.0.0.4"}), (ada.list_dedicated_ip_pools, {}),
            (ada.create_dedicated_ip_pool, {"PoolName": "x"}), (ada.put_account_dedicated_ip_warmup_attributes, {"AutoWarmupEnabled": True}),
            (ada.put_dedicated_ip_warmup_attributes, {"Ip": "127.0.0.4", "WarmupPercentage": 1})]:
        refused("AccessDeniedException", call, **arguments)


def test_the_command_line_moves_and_warms(server):
    def aws(*command):
        done = subprocess.run([AWS, "sesv2", *command, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("create-dedicated-ip-pool", "--pool-name", "p", "--scaling-mode", "STANDARD")
    aws("put-dedicated-ip-in-pool", "--ip", "127.0.0.2", "--destination-pool-name", "p")
    aws("put-dedicated-ip-warmup-attributes", "--ip", "127.0.0.2", "--warmup-percentage", "50")
    assert aws("get-dedicated-ip", "--ip", "127.0.0.2")["DedicatedIp"] == {
        "Ip": "127.0.0.2", "PoolName": "p", "WarmupStatus": "IN_PROGRESS", "WarmupPercentage": 50}
