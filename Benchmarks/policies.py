# SPDX-License-Identifier: Apache-2.0
"""What policies add to a message."""
import json
import statistics
import subprocess
import time

from measuring import load
from systems import ROOT

DECISIONS = ROOT / ".build/release/Decisions"


def ten_policies():
    """Ten managed policies of ten statements, of which the last of each may allow."""
    for number in range(10):
        others = [{"Sid": f"S{index}", "Effect": "Deny" if index % 3 == 0 else "Allow", "Action": ["ses:SendEmail", "ses:SendRawEmail"],
                   "Resource": "arn:aws:ses:*:111122223333:identity/*", "Condition": {
                       "StringLike": {"ses:FromAddress": f"no{index}-*@*"}, "ForAnyValue:StringNotLike": {"ses:Recipients": "*.example"}}}
                  for index in range(9)]
        allow = {"Sid": "A", "Effect": "Allow", "Action": "ses:Send*", "Resource": "*", "Condition": {
            "StringLike": {"ses:FromAddress": "ada@*" if number == 9 else f"app{number}@*"}}}
        yield {"Version": "2012-10-17", "Statement": [*others, allow]}


def policies(postern, seconds):
    """What ten policies add to a message: pairs of root and a user, one after the other, durable accept."""
    print("\nten policies of ten statements each beside the root user, durable accept, delivery held")
    print("  engine alone: " + subprocess.run([DECISIONS], capture_output=True, text=True, check=True).stdout.strip())
    differences = []
    for _ in range(5):
        cost = {}
        for who in ("root", "user"):
            postern.principal = None
            postern.start(hold=True)
            if who == "user":
                iam = postern.client("iam")
                iam.create_user(UserName="app")
                for number, document in enumerate(ten_policies()):
                    policy = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
                    iam.attach_user_policy(UserName="app", PolicyArn=policy)
                postern.stop(keep=True)
                postern.principal = "arn:aws:iam::111122223333:user/app"
                postern.start(hold=True, keep=True)
            load(postern.port, 400)
            before, count = postern.cpu(), 0
            begun = time.monotonic()
            while time.monotonic() - begun < seconds:
                count += load(postern.port, 20_000)[1]
            cost[who] = (postern.cpu() - before) / count * 1e6
            postern.stop()
        differences.append(cost["user"] - cost["root"])
        print(f"  root {cost['root']:.1f} µs CPU, user {cost['user']:.1f} µs: {differences[-1]:+.1f} µs", flush=True)
    postern.principal = None
    print(f"  median of five pairs: {statistics.median(differences):+.1f} µs a message")
