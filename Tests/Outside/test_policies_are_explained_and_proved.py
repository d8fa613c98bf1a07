# SPDX-License-Identifier: Apache-2.0
"""`postern explain` and `postern prove`, beside a running server and on files alone."""
import json
import pathlib
import subprocess
import sys
import time

import pytest

from test_policies_hold_at_every_door import SOUND

PUBLISHED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {
    "ForAllValues:StringLike": {"ses:Recipients": ["*@example.com"]}}}]}
DENY_EMPTY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail",
    "ses:SendBulkTemplatedEmail"], "Resource": "*", "Condition": {"Null": {"ses:Recipients": "true"}}}]}


def reference(policies, answer):
    """What the evaluator that another hand wrote says of a counter-example."""
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Differential"))
    import iam_reference

    account = answer["Resource"].split(":")[4] if answer["Resource"] != "*" else "111122223333"
    return iam_reference.decide({
        "identity": policies, "boundary": None, "session": None, "organization": [], "resource": [], "action": answer["Action"],
        "resourceARN": answer["Resource"], "resourceAccount": account, "context": answer["Context"],
        "principal": {"account": account, "kind": "user", "arn": f"arn:aws:iam::{account}:user/somebody", "role": None}})


@pytest.fixture
def prove(binary, tmp_path):
    def run(policies, *arguments):
        files = []
        for number, policy in enumerate(policies):
            path = tmp_path / f"policy{number}.json"
            path.write_text(json.dumps(policy))
            files += ["--policy", path]
        done = subprocess.run([binary, "prove", *files, *arguments, "--output", "json"], capture_output=True, text=True, timeout=60)
        answer = json.loads(done.stdout)
        assert (done.returncode == 0) == (answer["Verdict"] == "holds"), done.stderr
        if answer["Verdict"] == "broken":
            assert reference(policies, answer) == "Allow", "the counter-example is let through by an engine without our guards"
        return answer

    return run


INSIDE = ("--recipients", "*@example.com")


def test_the_published_policy_is_broken_by_empty_recipients_and_bulk(prove):
    answer = prove([PUBLISHED], *INSIDE, "--without-guards")
    assert answer["Verdict"] == "broken" and "ses:recipients" not in answer["Context"]
    assert prove([PUBLISHED, DENY_EMPTY], *INSIDE, "--without-guards")["Action"] == "ses:SendBulkEmail"
    assert prove([PUBLISHED], *INSIDE)["Verdict"] == "holds", "with addresses always there and bulk decided by them"


def test_look_alikes_and_case_are_found(prove):
    careless = json.loads(json.dumps(PUBLISHED).replace("ForAllValues", "ForAnyValue").replace("*@example.com", "*example.com"))
    recipients = prove([careless], *INSIDE)["Context"]["ses:recipients"]
    assert any(not address.endswith("@example.com") for address in recipients)
    deny_list = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"ses:FromAddress": ["ceo@a.example", "ops@a.example"]}}},
        {"Effect": "Deny", "Action": "ses:*", "Resource": "*", "Condition": {"StringLike": {"ses:FromAddress": "ceo@a.example"}}}]}
    found = prove([deny_list], "--senders", "ops@a.example", "--without-guards")["Context"]["ses:fromaddress"][0]
    assert found.lower() == "ceo@a.example" and found != "ceo@a.example"


def test_the_sound_policy_is_proved_among_two_hundred_in_a_second(prove):
    assert prove([SOUND], *INSIDE, "--senders", "*@aws.example.com", "--tls")["Verdict"] == "holds"
    many = [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ses:SendEmail", "ses:SendRawEmail"], "Resource": "*",
             "Condition": {"StringLike": {"ses:FromAddress": f"app{number}-*@aws.example.com"}}}]} for number in range(198)]
    deny = [{"Version": "2012-10-17", "Statement": SOUND["Statement"][1:]}]
    begun = time.monotonic()
    assert prove(many + deny + [SOUND], *INSIDE, "--tls")["Verdict"] == "holds"
    print(f"200 policies proved in {time.monotonic() - begun:.2f} s")
    assert prove(many + [SOUND][:0], *INSIDE)["Verdict"] == "broken"


def test_a_running_server_explains_and_proves_what_is_in_force(start):
    server = start()
    iam = server.client("iam")
    iam.create_user(UserName="app")
    iam.put_user_policy(UserName="app", PolicyName="mail-app", PolicyDocument=json.dumps(SOUND))
    arn = "arn:aws:iam::111122223333:user/app"

    def run(*arguments):
        return subprocess.run([server.binary, *arguments, "--config", server.config, "--principal", arn], capture_output=True, text=True, timeout=60)

    denied = run("explain", "--context", "ses:Recipients=a@example.com,x@evil.example", "--context", "aws:SecureTransport=true")
    assert denied.returncode == 1 and "NoOutsideRecipient in mail-app" in denied.stdout and "value 2 of 2" in denied.stdout
    allowed = run("explain", "--resource", "arn:aws:ses:us-east-1:111122223333:identity/aws.example.com", "--context", "ses:Recipients=a@example.com",
                  "--context", "aws:SecureTransport=true", "--context", "aws:SourceVpce=vpce-0abc", "--context", "ses:FromAddress=o@aws.example.com")
    assert allowed.returncode == 0 and "SendFromSubdomain" in allowed.stdout, allowed.stderr
    assert run("prove", "--recipients", "*@example.com").returncode == 0
    broken = run("prove", "--recipients", "*@sales.example.com")
    assert broken.returncode == 1 and "ses:recipients" in broken.stdout
