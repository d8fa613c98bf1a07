# SPDX-License-Identifier: Apache-2.0
"""A generator of random cases for differential testing of an evaluator of AWS IAM policies.

``cases(seed, count)`` yields valid cases of the form that iam_reference.py describes, the same ones for the same seed. Values
come from small related pools, and most of a policy is derived from the request it is written for, so that matches happen.

    python3 generate.py --seed 1 --count 1000               writes one JSON case a line
    python3 generate.py --coverage --seed 1 --count 20000   prints how often each operator was evaluated, and the decisions
"""

import argparse
import json
import random
import string
from collections import Counter

from iam_reference import decide

HOME, OTHER, THIRD = "111122223333", "444455556666", "777788889999"

ACTIONS = ["ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:GetIdentity", "sns:Publish", "s3:GetObject"]
ACTION_PATTERNS = ["*", "ses:*", "ses:Send*", "ses:Send*Email", "ses:Send???Email", "ses:Get*", "sns:*", "s3:Get*", "s3:?etObject"]

RESOURCES = {
    "ses": [
        "identity/example.com", "identity/Example.com", "identity/example.com.evil.net", "identity/examp1e.com",
        "identity/app@example.com", "configuration-set/main", "template/red-welcome", "template/blue:welcome",
    ],
    "sns": ["bounces", "bounces-red", "team:red:app"],
    "s3": ["mail/app/inbox.eml", "mail/red/a*b.eml", "mail/blue/what?.eml", "mail/cost$5/${aws:username}"],
}
PREFIXES = {"ses": "arn:aws:ses:us-east-1:{}:", "sns": "arn:aws:sns:eu-west-1:{}:", "s3": "arn:aws:s3:::"}

SERVICES = ["ses.amazonaws.com", "sns.amazonaws.com", "lambda.amazonaws.com"]
USERS, ROLES, SESSIONS = ["app", "App", "red"], ["mailer", "ops"], ["s1", "s2"]

ADDRESSES = [
    "app@example.com", "App@Example.com", "app@example.com.evil.net", "app@examp1e.com", "red@example.com", "a@example.com",
    "b@sub.example.com", "example.com",
]
WORDS = ["app", "App", "red", "Red", "blue", "red-app", "a*b", "what?", "cost$5", "${aws:username}", ""]
NUMBERS = ["0", "1", "10", "10.0", "10.5", "10.50", "9.99", "-5", "100", "3600", "ten"]
DATES = [
    "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "2025-12-31T18:30:00-05:30", "1767225600",
    "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.5Z", "2026-01-02T05:04:05.500+02:00", "1767323045",
    "2026-06-30T23:59:59Z", "2025-01-01", "yesterday", "2026-13-01",
]
BOOLEANS = ["true", "false", "True", "FALSE", "true", "false"]
BINARIES = ["AQID", "AQI=", "AQ==", "c2VjcmV0", "****"]
IPS = [
    "203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:db8:1::5", "203.0.113.300",
    "nowhere",
]
NETWORKS = [
    "203.0.113.0/24", "203.0.113.0/25", "203.0.113.7/32", "203.0.113.7", "203.0.113.9/24", "198.51.100.0/31", "0.0.0.0/0", "::/0",
    "2001:db8::/32", "2001:db8::/48", "2001:db8::1/128", "2001:db8::1", "2001:DB8:1::/48", "203.0.113.0/33",
]
ARNS = [
    f"arn:aws:iam::{HOME}:user/app", f"arn:aws:iam::{HOME}:user/App", f"arn:aws:iam::{OTHER}:user/app",
    f"arn:aws:iam::{HOME}:role/mailer", f"arn:aws:sns:us-east-1:{HOME}:bounces", f"arn:aws:sns:us-east-1:{HOME}:team:red:app",
    "arn:aws:s3:::mail/red/a*b.eml", f"arn:aws:ses:us-east-1:{OTHER}:identity/example.com", "bounces", "arn:aws:sns:bounces",
]

KEYS = {
    "text": {
        "aws:username": USERS, "aws:PrincipalTag/team": WORDS, "aws:PrincipalTag/Cost": WORDS, "aws:ResourceTag/team": WORDS,
        "aws:RequestTag/team": WORDS, "aws:TagKeys": WORDS, "ses:FromAddress": ADDRESSES, "ses:Recipients": ADDRESSES,
        "ses:FromDisplayName": WORDS,
    },
    "number": {"aws:MultiFactorAuthAge": NUMBERS, "s3:max-keys": NUMBERS, "ses:MessageSize": NUMBERS},
    "date": {"aws:CurrentTime": DATES, "aws:EpochTime": DATES, "aws:TokenIssueTime": DATES},
    "boolean": {"aws:SecureTransport": BOOLEANS, "aws:MultiFactorAuthPresent": BOOLEANS, "aws:ViaAWSService": BOOLEANS},
    "binary": {"ses:Digest": BINARIES, "ses:Fingerprint": BINARIES},
    "ip": {"aws:SourceIp": IPS, "aws:VpcSourceIp": IPS},
    "arn": {"aws:SourceArn": ARNS, "aws:PrincipalArn": ARNS, "ses:FeedbackArn": ARNS},
}
POOLS = {key: pool for keys in KEYS.values() for key, pool in keys.items()}

ORDERINGS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATOR_KINDS = {
    **{"String" + n: "text" for n in "Equals NotEquals EqualsIgnoreCase NotEqualsIgnoreCase Like NotLike".split()},
    **{"Numeric" + n: "number" for n in ORDERINGS},
    **{"Date" + n: "date" for n in ORDERINGS},
    "Bool": "boolean",
    "BinaryEquals": "binary",
    "IpAddress": "ip",
    "NotIpAddress": "ip",
    **{"Arn" + n: "arn" for n in ("Equals", "Like", "NotEquals", "NotLike")},
}
VARIANTS = ["Null"] + [
    prefix + name + suffix
    for name in OPERATOR_KINDS for prefix in ("", "ForAllValues:", "ForAnyValue:") for suffix in ("", "IfExists")
]


def recased(rng, text):
    """The text with some of its letters in the other case."""
    return "".join(char.swapcase() if rng.random() < 0.3 else char for char in text)


def key_name(rng, key):
    """A context key, sometimes in another case."""
    return recased(rng, key) if rng.random() < 0.2 else key


def one_or_list(rng, values):
    """Values as a policy may write them: a single one alone or in a list."""
    return values[0] if len(values) == 1 and rng.random() < 0.6 else values


def wildcarded(rng, text):
    """The text with a part of it replaced by a wildcard."""
    shape = rng.randrange(6)
    start = rng.randrange(len(text) + 1)
    end = rng.randrange(start, len(text) + 1)
    if shape == 0:
        return "*"
    if shape == 1:
        return text + "*"
    if shape == 2:
        return text[:start] + "*"
    if shape == 3:
        return "*" + text[start:]
    if shape == 4:
        return text[:start] + "?" + text[start + 1:]
    return text[:start] + "*" + text[end:]


# --- The request --------------------------------------------------------------------------------------------------------


def make_principal(rng):
    """A caller of any kind, mostly of the home account."""
    account = HOME if rng.random() < 0.85 else OTHER
    kind = rng.choices(["user", "role-session", "root", "service"], [42, 36, 8, 14])[0]
    role, name = None, rng.choice(USERS)
    if kind == "user":
        arn = f"arn:aws:iam::{account}:user/{name}"
    elif kind == "role-session":
        role_name = rng.choice(ROLES)
        role = f"arn:aws:iam::{account}:role/{role_name}"
        arn = f"arn:aws:sts::{account}:assumed-role/{role_name}/{rng.choice(SESSIONS)}"
    elif kind == "root":
        arn = f"arn:aws:iam::{account}:root"
    else:
        arn = rng.choice(SERVICES)
    return {"account": account, "kind": kind, "arn": arn, "role": role}


def make_values(rng, pool):
    """The values of one context key, or None when it is absent: none, one, or several different ones."""
    shape = rng.choices(["absent", "empty", "one", "several"], [27, 5, 45, 23])[0]
    if shape == "absent":
        return None
    count = {"empty": 0, "one": 1, "several": rng.choice([2, 2, 3])}[shape]
    return rng.sample(list(dict.fromkeys(pool)), count)


def make_context(rng, principal):
    """The context of a request."""
    context = {key: make_values(rng, pool) for key, pool in POOLS.items()}
    if rng.random() < 0.6:
        context["aws:PrincipalArn"] = [principal["role"] or principal["arn"]]
    if principal["kind"] == "user" and rng.random() < 0.8:
        context["aws:username"] = [principal["arn"].rpartition("/")[2]]
    if rng.random() < 0.5:
        context["aws:PrincipalTag/team"] = [rng.choice(["red", "blue", "app"])]
    return {key_name(rng, key): values for key, values in context.items() if values is not None}


class Request:
    """The request of a case, with what a writer of policies needs to know of it."""

    def __init__(self, rng):
        self.rng = rng
        self.principal = make_principal(rng)
        self.account = self.principal["account"] if rng.random() < 0.7 else rng.choice([HOME, OTHER])
        if self.principal["kind"] == "service":
            self.principal["account"] = self.account
        self.action = rng.choice(ACTIONS)
        self.resource = self.any_resource(self.action.partition(":")[0], self.account)
        self.context = make_context(rng, self.principal)
        self.values = {key.lower(): values for key, values in self.context.items()}

    def any_resource(self, service, account):
        return PREFIXES[service].format(account) + self.rng.choice(RESOURCES[service])


# --- Policies -----------------------------------------------------------------------------------------------------------


class PolicyWriter:
    """Writes policies about one request."""

    def __init__(self, request):
        self.request = request
        self.rng = request.rng

    def chance(self, probability):
        return self.rng.random() < probability

    # Texts with variables

    def templated(self, text):
        """The text with a part that a context key (or a default) gives replaced by a policy variable."""
        if self.chance(0.25):
            for char in "*?$":
                text = text.replace(char, "${" + char + "}") if "${" not in text else text
        keys = [key for key in KEYS["text"] if any(v and v in text for v in self.request.values.get(key.lower(), []))]
        if keys and "${" not in text:
            key = self.rng.choice(keys)
            values = self.request.values[key.lower()]
            value = next(one for one in values if one and one in text)
            return text.replace(value, self.variable(key, values), 1)
        known = [word for word in ("app", "red", "example.com") if word in text]
        if known and "${" not in text:
            word = self.rng.choice(known)
            return text.replace(word, self.variable(self.rng.choice(list(KEYS["text"])), [word]), 1)
        return text

    def variable(self, key, defaults):
        """A policy variable, with or without a default."""
        defaults = [one for one in [*defaults, *USERS, "", "a*b"] if "}" not in one and "'" not in one]
        default = f", '{defaults[0] if self.chance(0.6) else self.rng.choice(defaults)}'" if self.chance(0.4) else ""
        return "${" + key_name(self.rng, key) + default + "}"

    # Elements

    def action(self):
        action = self.request.action if self.chance(0.75) else self.rng.choice(ACTIONS)
        shape = self.rng.randrange(4)
        if shape == 0:
            return self.rng.choice(ACTION_PATTERNS)
        if shape == 1:
            return recased(self.rng, action)
        service, _, name = action.partition(":")
        return f"{service}:{wildcarded(self.rng, name)}" if shape == 2 else action

    def resource(self):
        if self.chance(0.2):
            return "*"
        request = self.request
        service = request.action.partition(":")[0]
        arn = request.resource if self.chance(0.75) else request.any_resource(service, self.rng.choice([HOME, OTHER]))
        *front, last = arn.split(":", 5)
        front[3:] = [wildcarded(self.rng, part) if self.chance(0.12) else part for part in front[3:]]
        shape = self.rng.randrange(5)
        if shape in (0, 1):
            last = self.templated(last)
        elif shape in (2, 3):
            last = wildcarded(self.rng, last) if "${" not in last else last.partition("$")[0] + "*"
        return ":".join([*front, last])

    def element(self, name, make):
        """An element such as Action, sometimes in its Not form."""
        values = list(dict.fromkeys(make() for _ in range(self.rng.choice([1, 1, 1, 2, 3]))))
        return {("Not" + name if self.chance(0.12) else name): one_or_list(self.rng, values)}

    def principal_names(self):
        """The names by which the caller can be listed, and those of others, as (type, name)."""
        caller, account = self.request.principal, self.request.principal["account"]
        kind = "Service" if caller["kind"] == "service" else "AWS"
        own = [(kind, caller["arn"])] * 3 + [("AWS", account), ("AWS", f"arn:aws:iam::{account}:root")]
        own += [("AWS", caller["role"])] * 3 if caller["role"] else []
        other = [("Service", name) for name in SERVICES] + [("AWS", THIRD), ("AWS", f"arn:aws:iam::{THIRD}:root")]
        for owner in (HOME, OTHER):
            other += [("AWS", f"arn:aws:iam::{owner}:user/{name}") for name in USERS]
            other += [("AWS", f"arn:aws:iam::{owner}:role/{name}") for name in ROLES]
            other += [("AWS", f"arn:aws:sts::{owner}:assumed-role/{role}/{name}") for role in ROLES for name in SESSIONS]
        return own, other

    def principal(self, wildcard=True):
        """A value of Principal."""
        if wildcard and self.chance(0.15):
            return self.rng.choice(["*", {"AWS": "*"}, {"AWS": ["*"]}])
        own, other = self.principal_names()
        listed = {}
        for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
            kind, name = self.rng.choice(own if self.chance(0.75) else other)
            names = listed.setdefault(kind, [])
            if name not in names:
                names.append(name)
        return {kind: one_or_list(self.rng, names) for kind, names in listed.items()}

    # Conditions

    def condition_key(self, kind):
        """A key for an operator of that kind: rarely a text key, mostly one that the request has."""
        keys = list(KEYS["text" if self.chance(0.08) else kind])
        present = [key for key in keys if self.request.values.get(key.lower())]
        return self.rng.choice(present if present and self.chance(0.7) else keys)

    def condition_value(self, operator, key):
        """One policy value for a key, often related to a value of the request."""
        kind, given = OPERATOR_KINDS[operator], self.request.values.get(key.lower())
        if kind == "boolean":
            return self.rng.choice([*BOOLEANS, True, False])
        if kind == "binary":
            return self.rng.choice(BINARIES)
        if kind == "ip":
            return self.rng.choice(NETWORKS)
        if kind in ("number", "date"):
            pool = NUMBERS if kind == "number" else DATES
            value = self.rng.choice(given if given and POOLS[key] is pool and self.chance(0.5) else pool)
            return int(value) if value.isdigit() and self.chance(0.2) else value
        value = self.rng.choice(given if given and self.chance(0.65) else POOLS[key])
        return self.arn_value(value) if kind == "arn" else self.text_value(operator, value)

    def text_value(self, operator, value):
        """A policy text for a String operator, related to a request value."""
        shape = self.rng.randrange(4)
        if shape == 0:
            return self.templated(value)
        if shape == 1:
            return recased(self.rng, value) if "${" not in value else value
        if shape == 2 and ("Like" in operator or self.chance(0.2)) and "${" not in value:
            return wildcarded(self.rng, value)
        return value

    def arn_value(self, value):
        """A policy ARN for an Arn operator, related to a request value."""
        parts = value.split(":", 5)
        if len(parts) != 6:
            parts = self.rng.choice(ARNS[:8]).split(":", 5)
        parts[1:5] = [wildcarded(self.rng, part) if self.chance(0.1) else part for part in parts[1:5]]
        shape = self.rng.randrange(4)
        if shape == 0:
            parts[5] = self.templated(parts[5])
        elif shape == 1:
            parts[5] = wildcarded(self.rng, parts[5]) if "${" not in parts[5] else parts[5]
        elif shape == 2 and self.chance(0.2):
            return self.variable(self.rng.choice(list(KEYS["arn"])), [":".join(parts)])
        return ":".join(parts)

    def condition(self):
        """A Condition block."""
        block = {}
        for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3])):
            name = self.rng.choice(VARIANTS)
            operator = name.rpartition(":")[2].removesuffix("IfExists")
            kind = OPERATOR_KINDS.get(operator) or self.rng.choice(list(KEYS))
            if name not in block:
                keys = dict.fromkeys(self.condition_key(kind) for _ in range(self.rng.choice([1, 1, 1, 1, 2])))
                block[name] = {key_name(self.rng, key): self.condition_values(operator, key) for key in keys}
        return block

    def condition_values(self, operator, key):
        """The policy values for one key of one operator."""
        if operator == "Null":
            return self.rng.choice(["true", "false", True, False, ["true"], ["false"], ["true", "false"]])
        if self.chance(0.015):
            return []
        values = [self.condition_value(operator, key) for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3]))]
        return one_or_list(self.rng, [one for index, one in enumerate(values) if one not in values[:index]])

    # Statements and documents

    def statement(self, on_resource, number):
        """One statement; a Deny nearly always has a condition."""
        statement = {"Effect": "Deny" if self.chance(0.14) else "Allow"}
        denies = statement["Effect"] == "Deny"
        if self.chance(0.4):
            statement["Sid"] = "".join(self.rng.choices(string.ascii_letters + string.digits, k=4)) + str(number)
        if on_resource and denies and self.chance(0.5):
            statement["NotPrincipal"] = self.principal(wildcard=False)
        elif on_resource:
            statement["Principal"] = self.principal()
        statement |= self.element("Action", self.action) | self.element("Resource", self.resource)
        if self.chance(0.9 if denies else 0.65):
            statement["Condition"] = self.condition()
        elif self.chance(0.02):
            statement["Condition"] = {}
        return statement

    def document(self, on_resource=False):
        """One policy document."""
        statements = [self.statement(on_resource, number) for number in range(self.rng.choice([1, 1, 2, 3]))]
        version = self.rng.choices(["2012-10-17", "2008-10-17", None], [80, 13, 7])[0]
        document = {"Version": version} if version else {}
        if self.chance(0.1):
            document["Id"] = "policy-1"
        document["Statement"] = one_or_list(self.rng, statements)
        return document

    def generous(self):
        """A document of a layer that only limits; often one that allows nearly everything."""
        if self.chance(0.5):
            return self.document()
        element = {"Action": "*"} if self.chance(0.7) else {"NotAction": self.rng.choice(["iam:*", "ses:Get*", "sns:*"])}
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **element, "Resource": "*"}]}

    def documents(self, counts, on_resource=False):
        return [self.document(on_resource) for _ in range(self.rng.choice(counts))]

    def level(self):
        """The documents of one level of the organization; rarely none."""
        return [] if self.chance(0.03) else [self.generous() for _ in range(self.rng.choice([1, 1, 2]))]


def make_case(rng):
    """One case."""
    request = Request(rng)
    writer = PolicyWriter(request)
    kind = request.principal["kind"]
    across = kind != "service" and request.principal["account"] != request.account
    has_identity = kind in ("user", "role-session")
    session = {"role-session": 0.4, "user": 0.05}.get(kind, 0)
    return {
        "identity": writer.documents([1, 1, 2, 3] if across else [0, 1, 1, 2]) if has_identity else [],
        "boundary": writer.generous() if has_identity and writer.chance(0.25) else None,
        "session": [writer.generous() for _ in range(rng.choice([1, 1, 2]))] if writer.chance(session) else None,
        "organization": [writer.level() for _ in range(rng.choice([1, 2, 2, 3]))] if writer.chance(0.25) else [],
        "resource": writer.documents([1, 1, 2, 3] if across or kind == "service" else [0, 0, 1, 1, 2], True),
        "principal": request.principal,
        "action": request.action,
        "resourceARN": request.resource,
        "resourceAccount": request.account,
        "context": request.context,
    }


def cases(seed, count):
    """Random cases, the same ones for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield make_case(rng)


# --- The program --------------------------------------------------------------------------------------------------------


def share(part, whole):
    return f"{100 * part / max(whole, 1):.1f} %"


def print_coverage(seed, count):
    """Evaluates cases and prints the decisions, by kind of caller too, and how often each operator was evaluated."""
    outcomes, decisions, by_kind = Counter(), Counter(), Counter()
    for case in cases(seed, count):
        decision = decide(case, lambda operator, holds: outcomes.update([(operator, holds)]))
        across = case["principal"]["account"] != case["resourceAccount"]
        decisions[decision] += 1
        by_kind[case["principal"]["kind"] + (" across accounts" if across else ""), decision] += 1
    print(f"{count} cases:", ", ".join(f"{name} {share(number, count)}" for name, number in sorted(decisions.items())))
    for kind in sorted({kind for kind, _ in by_kind}):
        numbers = {name: by_kind[kind, name] for name in sorted(decisions)}
        total = sum(numbers.values())
        print(f"  {kind} ({total}):", ", ".join(f"{name} {share(number, total)}" for name, number in numbers.items()))
    totals = {name: outcomes[name, True] + outcomes[name, False] for name in VARIANTS}
    for name, total in totals.items():
        print(f"  {name}: {total} evaluated, {share(outcomes[name, True], total)} true")
    least = min(totals, key=totals.get)
    print(f"least evaluated: {least}, {totals[least]} ({totals[least] * 100_000 // max(count, 1)} for 100,000 cases)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--coverage", action="store_true", help="print what the cases cover instead of the cases")
    options = parser.parse_args()
    if options.coverage:
        print_coverage(options.seed, options.count)
        return
    for case in cases(options.seed, options.count):
        print(json.dumps(case))


if __name__ == "__main__":
    main()
