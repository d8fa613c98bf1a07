# SPDX-License-Identifier: Apache-2.0
# How mail leaves, as customers declare it: sets with all their options, pools and addresses, MAIL FROM, suppression.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "tls_policy" {
  type    = string
  default = "REQUIRE"
}

provider "aws" {
  region = "us-east-1"
  endpoints {
    iam   = var.endpoint
    sts   = var.endpoint
    ses   = var.endpoint
    sesv2 = var.endpoint
  }
}

resource "aws_sesv2_email_identity" "domain" {
  email_identity = "example.com"
}

resource "aws_sesv2_email_identity_mail_from_attributes" "domain" {
  email_identity         = aws_sesv2_email_identity.domain.email_identity
  mail_from_domain       = "bounce.example.com"
  behavior_on_mx_failure = "REJECT_MESSAGE"
}

resource "aws_sesv2_email_identity_feedback_attributes" "domain" {
  email_identity           = aws_sesv2_email_identity.domain.email_identity
  email_forwarding_enabled = false
}

resource "aws_sesv2_dedicated_ip_pool" "marketing" {
  pool_name = "marketing"
  tags      = { team = "a" }
}

resource "aws_sesv2_dedicated_ip_pool" "managed" {
  pool_name    = "managed"
  scaling_mode = "MANAGED"
}

resource "aws_sesv2_dedicated_ip_assignment" "marketing" {
  ip                    = "127.0.0.2"
  destination_pool_name = aws_sesv2_dedicated_ip_pool.marketing.pool_name
}

resource "aws_sesv2_account_suppression_attributes" "account" {
  suppressed_reasons = ["COMPLAINT"]
}

resource "aws_sesv2_configuration_set" "everything" {
  configuration_set_name = "everything"
  delivery_options {
    tls_policy           = var.tls_policy
    sending_pool_name    = aws_sesv2_dedicated_ip_pool.marketing.pool_name
    max_delivery_seconds = 300
  }
  reputation_options {
    reputation_metrics_enabled = true
  }
  sending_options {
    sending_enabled = var.tls_policy == "REQUIRE"
  }
  suppression_options {
    suppressed_reasons = ["BOUNCE"]
  }
  tracking_options {
    custom_redirect_domain = "links.${aws_sesv2_email_identity.domain.email_identity}"
  }
  vdm_options {
    dashboard_options {
      engagement_metrics = "DISABLED"
    }
    guardian_options {
      optimized_shared_delivery = "DISABLED"
    }
  }
}

resource "aws_sesv2_configuration_set" "bare" {
  configuration_set_name = "bare"
}

resource "aws_ses_domain_identity" "old" {
  domain = "example.org"
}

resource "aws_ses_domain_mail_from" "old" {
  domain           = aws_ses_domain_identity.old.domain
  mail_from_domain = "bounce.${aws_ses_domain_identity.old.domain}"
}

resource "aws_ses_configuration_set" "old" {
  name                       = "old"
  reputation_metrics_enabled = true
  sending_enabled            = false
  delivery_options {
    tls_policy = "Require"
  }
  tracking_options {
    custom_redirect_domain = aws_ses_domain_identity.old.domain
  }
}

resource "aws_ses_configuration_set" "plain" {
  name = "plain"
}

data "aws_sesv2_configuration_set" "everything" {
  configuration_set_name = aws_sesv2_configuration_set.everything.configuration_set_name
}

data "aws_sesv2_dedicated_ip_pool" "marketing" {
  pool_name  = aws_sesv2_dedicated_ip_pool.marketing.pool_name
  depends_on = [aws_sesv2_dedicated_ip_assignment.marketing]
}

output "pool_of_set" {
  value = data.aws_sesv2_configuration_set.everything.delivery_options[0].sending_pool_name
}

output "addresses_of_pool" {
  value = [for address in data.aws_sesv2_dedicated_ip_pool.marketing.dedicated_ips : address.ip]
}
