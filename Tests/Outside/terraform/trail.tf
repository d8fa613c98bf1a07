# SPDX-License-Identifier: Apache-2.0
# Trails as customers declare them: one with selectors of the older form, one of the newer.
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

variable "changed" {
  type    = bool
  default = false
}

provider "aws" {
  region = "us-east-1"
  endpoints {
    iam        = var.endpoint
    sts        = var.endpoint
    cloudtrail = var.endpoint
  }
}

resource "aws_cloudtrail" "plain" {
  name                       = "plain"
  s3_bucket_name             = "plain-files"
  s3_key_prefix              = var.changed ? "there" : "here"
  enable_log_file_validation = true
  is_multi_region_trail      = true
  enable_logging             = !var.changed
  tags                       = var.changed ? { team = "mail", stage = "two" } : { team = "security" }

  dynamic "event_selector" {
    for_each = var.changed ? [] : [1]
    content {
      read_write_type           = "WriteOnly"
      include_management_events = true

      data_resource {
        type   = "AWS::S3::Object"
        values = ["arn:aws:s3"]
      }
    }
  }
}

resource "aws_cloudtrail" "sends" {
  name           = "sends"
  s3_bucket_name = "sends-files"

  dynamic "advanced_event_selector" {
    for_each = var.changed ? [] : [1]
    content {
      name = "sends"
      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }
      field_selector {
        field  = "resources.type"
        equals = ["AWS::SES::EmailIdentity"]
      }
      field_selector {
        field           = "resources.ARN"
        not_starts_with = ["arn:aws:ses:us-east-1:111122223333:identity/test."]
      }
    }
  }
}
