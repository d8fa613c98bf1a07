# SPDX-License-Identifier: Apache-2.0
# Alarms as customers declare them, with the topic that is told and who hears it.
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
    sns        = var.endpoint
    cloudwatch = var.endpoint
  }
}

resource "aws_sns_topic" "pages" {
  name         = "pages"
  display_name = "Pages"
}

resource "aws_sns_topic_subscription" "operators" {
  topic_arn = aws_sns_topic.pages.arn
  protocol  = "email"
  endpoint  = "ops@example.org"
}

resource "aws_cloudwatch_metric_alarm" "bounces" {
  alarm_name          = "bounce-rate"
  alarm_description   = "SES reviews an account at five in a hundred"
  namespace           = "AWS/SES"
  metric_name         = "Reputation.BounceRate"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  datapoints_to_alarm = 1
  threshold           = var.changed ? 0.1 : 0.05
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "ignore"
  actions_enabled     = !var.changed
  alarm_actions       = [aws_sns_topic.pages.arn]
  ok_actions          = var.changed ? [] : [aws_sns_topic.pages.arn]
  tags                = var.changed ? { team = "mail", stage = "two" } : { team = "mail" }
}

resource "aws_cloudwatch_metric_alarm" "complaints" {
  alarm_name          = "complaints"
  namespace           = "AWS/SES"
  metric_name         = "Complaint"
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "GreaterThanThreshold"
  dimensions = {
    "ses:configuration-set" = "news"
  }
}

resource "aws_cloudwatch_composite_alarm" "mail" {
  alarm_name    = "mail"
  alarm_rule    = var.changed ? "ALARM(${aws_cloudwatch_metric_alarm.bounces.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.complaints.alarm_name})" : "ALARM(${aws_cloudwatch_metric_alarm.bounces.alarm_name})"
  alarm_actions = [aws_sns_topic.pages.arn]
}
