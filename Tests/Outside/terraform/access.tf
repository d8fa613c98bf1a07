# SPDX-License-Identifier: Apache-2.0
# Users, roles, groups, keys and policies as customers declare them; nothing here knows that the far side is not AWS.
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

provider "aws" {
  region = "us-east-1"
  endpoints {
    iam           = var.endpoint
    sts           = var.endpoint
    organizations = var.endpoint
    ses           = var.endpoint
    sesv2         = var.endpoint
  }
}

data "aws_caller_identity" "self" {}

data "aws_iam_policy_document" "send" {
  statement {
    sid       = "Send"
    actions   = ["ses:SendEmail", "ses:SendRawEmail"]
    resources = ["*"]
    condition {
      test     = "StringLike"
      variable = "ses:FromAddress"
      values   = ["*@aws.example.com"]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.self.account_id}:root"]
    }
  }
}

resource "aws_iam_policy" "send" {
  name        = "send"
  path        = "/mail/"
  description = "who may send"
  policy      = data.aws_iam_policy_document.send.json
  tags        = { team = "mail" }
}

resource "aws_iam_policy" "shared" {
  name   = "shared"
  policy = data.aws_iam_policy_document.send.json
}

resource "aws_iam_user" "app" {
  name                 = "app"
  path                 = "/ses-smtp/"
  permissions_boundary = aws_iam_policy.send.arn
  tags                 = { team = "mail", cost = "1" }
}

resource "aws_iam_user" "other" {
  name          = "other"
  force_destroy = true
}

resource "aws_iam_access_key" "app" {
  user = aws_iam_user.app.name
}

resource "aws_iam_user_policy" "app" {
  name   = "inline"
  user   = aws_iam_user.app.name
  policy = data.aws_iam_policy_document.send.json
}

resource "aws_iam_user_policy_attachment" "app" {
  user       = aws_iam_user.app.name
  policy_arn = aws_iam_policy.send.arn
}

resource "aws_iam_group" "senders" {
  name = "senders"
}

resource "aws_iam_group" "readers" {
  name = "readers"
  path = "/mail/"
}

resource "aws_iam_group_policy" "senders" {
  name   = "inline"
  group  = aws_iam_group.senders.name
  policy = data.aws_iam_policy_document.send.json
}

resource "aws_iam_group_policy_attachment" "senders" {
  group      = aws_iam_group.senders.name
  policy_arn = aws_iam_policy.send.arn
}

resource "aws_iam_group_membership" "senders" {
  name  = "senders"
  group = aws_iam_group.senders.name
  users = [aws_iam_user.app.name]
}

resource "aws_iam_user_group_membership" "other" {
  user   = aws_iam_user.other.name
  groups = [aws_iam_group.readers.name]
}

resource "aws_iam_role" "mailer" {
  name                 = "mailer"
  description          = "sends"
  max_session_duration = 7200
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = aws_iam_policy.send.arn
  tags                 = { team = "mail" }
}

resource "aws_iam_role_policy" "mailer" {
  name   = "inline"
  role   = aws_iam_role.mailer.id
  policy = data.aws_iam_policy_document.send.json
}

resource "aws_iam_role_policy_attachment" "mailer" {
  role       = aws_iam_role.mailer.name
  policy_arn = aws_iam_policy.send.arn
}

resource "aws_iam_policy_attachment" "everybody" {
  name       = "everybody"
  users      = [aws_iam_user.other.name]
  roles      = [aws_iam_role.mailer.name]
  groups     = [aws_iam_group.readers.name]
  policy_arn = aws_iam_policy.shared.arn
}

output "smtp_user" {
  value = aws_iam_access_key.app.id
}

output "smtp_password" {
  value     = aws_iam_access_key.app.ses_smtp_password_v4
  sensitive = true
}
