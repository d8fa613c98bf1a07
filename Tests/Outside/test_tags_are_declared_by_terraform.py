# SPDX-License-Identifier: Apache-2.0
"""Terraform keeps identities and configuration sets with their tags, and templates: applied, changed, planned with nothing to do."""
import shutil

import pytest

from test_terraform_applies_and_destroys import PLUGINS, Terraform

DECLARATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" {}
variable "stage" {}
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    ses   = var.endpoint
    sesv2 = var.endpoint
    sts   = var.endpoint
  }
}
resource "aws_sesv2_email_identity" "domain" {
  email_identity = "example.com"
  tags           = { team = "a", (var.stage) = "x", stage = var.stage }
}
resource "aws_sesv2_configuration_set" "plain" {
  configuration_set_name = "plain"
  tags                   = { stage = var.stage }
}
resource "aws_ses_template" "hello" {
  name    = "hello"
  subject = "Hello {{name}}"
  text    = "Dear {{name}}, ${var.stage}"
}
"""
ARN = "arn:aws:ses:us-east-1:111122223333:"


@pytest.mark.skipif(not shutil.which("terraform") or not PLUGINS, reason="terraform or its aws provider is not on this machine")
def test_tags_are_applied_and_changed(start, tmp_path):
    server = start()
    terraform = Terraform(server, tmp_path)
    (tmp_path / "access.tf").unlink()
    (tmp_path / "tags.tf").write_text(DECLARATION)
    terraform.run("init", f"-plugin-dir={PLUGINS[0]}")
    ses = server.client("sesv2")
    for stage in ("one", "two"):
        terraform.environment["TF_VAR_stage"] = stage
        terraform.run("apply", "-auto-approve")
        terraform.run("plan", "-detailed-exitcode")
        tags = {tag["Key"]: tag["Value"] for tag in ses.list_tags_for_resource(ResourceArn=ARN + "identity/example.com")["Tags"]}
        assert tags == {"team": "a", stage: "x", "stage": stage}
        assert ses.get_configuration_set(ConfigurationSetName="plain")["Tags"] == [{"Key": "stage", "Value": stage}]
        assert ses.get_email_template(TemplateName="hello")["TemplateContent"]["Text"] == f"Dear {{{{name}}}}, {stage}"
    terraform.run("destroy", "-auto-approve")
    assert ses.list_email_identities()["EmailIdentities"] == [] and ses.list_email_templates()["TemplatesMetadata"] == []
