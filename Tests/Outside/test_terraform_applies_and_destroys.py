# SPDX-License-Identifier: Apache-2.0
"""Terraform's own resources, unmodified: applied, planned again with nothing to do, destroyed without a trace."""
import glob
import os
import pathlib
import shutil
import smtplib
import ssl
import subprocess

import pytest

DECLARATIONS = pathlib.Path(__file__).parent / "terraform"
# Where machines without a registry keep providers; POSTERN_TEST_TERRAFORM_PLUGINS names another folder.
PLUGINS = [
    found.split("/registry.terraform.io/")[0] for pattern in
    (os.environ.get("POSTERN_TEST_TERRAFORM_PLUGINS", "/usr/share/terraform/plugins"), "/opt/*",
     os.path.expanduser("~/.terraform.d/plugins"))
    for found in glob.glob(f"{pattern}/registry.terraform.io/hashicorp/aws")]


class Terraform:
    def __init__(self, server, directory):
        shutil.copy(DECLARATIONS / "access.tf", directory)
        self.directory = directory
        self.environment = {k: v for k, v in server.environment().items() if k != "TF_CLI_CONFIG_FILE"} | {
            "TF_VAR_endpoint": f"http://127.0.0.1:{server.api}", "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self.run("init", f"-plugin-dir={PLUGINS[0]}")

    def run(self, *arguments, expecting=0):
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"], cwd=self.directory, env=self.environment, capture_output=True, text=True,
            timeout=300)
        assert done.returncode == expecting, done.stdout + done.stderr
        return done.stdout


@pytest.mark.skipif(not shutil.which("terraform") or not PLUGINS, reason="terraform or its aws provider is not on this machine")
def test_access_is_declared_and_taken_away(start, tmp_path):
    server = start()
    terraform = Terraform(server, tmp_path)
    terraform.run("apply", "-auto-approve")
    terraform.run("plan", "-detailed-exitcode")
    server.client("sesv2").create_email_identity(EmailIdentity="aws.example.com")
    with smtplib.SMTP("127.0.0.1", server.submission, timeout=20) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.login(terraform.run("output", "-raw", "smtp_user"), terraform.run("output", "-raw", "smtp_password"))
        client.sendmail("ops@aws.example.com", ["ada@example.com"], "From: ops@aws.example.com\r\nSubject: x\r\n\r\nhi\r\n")
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("x@aws.example.com", ["ada@example.com"], "From: ops@example.com\r\nSubject: x\r\n\r\nhi\r\n")
    terraform.run("destroy", "-auto-approve")
    iam = server.client("iam")
    assert [iam.list_users()["Users"], iam.list_groups()["Groups"], iam.list_policies(Scope="Local")["Policies"]] == [[], [], []]
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == []
