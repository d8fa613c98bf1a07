# SPDX-License-Identifier: Apache-2.0
"""Tests of iam_reference.py against the truth tables of the IAM User Guide, and of what generate.py promises.

    python3 -m pytest Tests/Differential
"""

import json
from collections import Counter

import pytest

from generate import OPERATOR_KINDS, VARIANTS, cases
from iam_reference import ALLOW_ALL, OPERATORS, decide

ACCOUNT, OTHER = "111122223333", "444455556666"
USER = {"account": ACCOUNT, "kind": "user", "arn": f"arn:aws:iam::{ACCOUNT}:user/app", "role": None}
ROOT = {"account": ACCOUNT, "kind": "root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "role": None}
SERVICE = {"account": ACCOUNT, "kind": "service", "arn": "ses.amazonaws.com", "role": None}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/mailer"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/mailer/s1"
SESSION = {"account": ACCOUNT, "kind": "role-session", "arn": SESSION_ARN, "role": ROLE}
PRINCIPALS = {"user": USER, "root": ROOT, "service": SERVICE, "session": SESSION}

ALLOW, IMPLICIT, EXPLICIT = "Allow", "ImplicitDeny", "ExplicitDeny"
ALLOW_NONE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}
DENY_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}


def document(version="2012-10-17", **elements):
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}
    return {"Version": version, "Statement": [statement]}


def outcome(**changes):
    """The decision for a user's request, with the given changes."""
    case = {
        "identity": [], "boundary": None, "session": None, "organization": [], "resource": [], "principal": USER,
        "action": "ses:SendEmail", "resourceARN": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com",
        "resourceAccount": ACCOUNT, "context": {},
    }
    return decide({**case, **changes})


def holds(operator, wanted, actual, version="2012-10-17", **context):
    """Whether a condition on one key holds; `actual` None is an absent key."""
    policy = document(version, Condition={operator: {"AWS:x": wanted}})
    values = {"aws:X": actual} if actual is not None else {}
    return outcome(identity=[policy], context={**values, **{"aws:" + key: value for key, value in context.items()}}) == ALLOW


# --- Multi-valued keys --------------------------------------------------------------------------------------------------

ABSENT, EMPTY, ALL, SOME, NONE = None, [], ["a", "b"], ["a", "c"], ["c", "d"]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        # Request values:                              absent empty  all    some   none of them listed
        ("StringEquals",                              (False, False, True, True, False)),
        ("StringEqualsIfExists",                      (True, True, True, True, False)),
        ("StringNotEquals",                           (True, True, False, False, True)),
        ("StringNotEqualsIfExists",                   (True, True, False, False, True)),
        ("ForAllValues:StringEquals",                 (True, True, True, False, False)),
        ("ForAllValues:StringEqualsIfExists",         (True, True, True, False, False)),
        ("ForAllValues:StringNotEquals",              (True, True, False, False, True)),
        ("ForAllValues:StringNotEqualsIfExists",      (True, True, False, False, True)),
        ("ForAnyValue:StringEquals",                  (False, False, True, True, False)),
        ("ForAnyValue:StringEqualsIfExists",          (True, True, True, True, False)),
        ("ForAnyValue:StringNotEquals",               (False, False, False, True, True)),
        ("ForAnyValue:StringNotEqualsIfExists",       (True, True, False, True, True)),
    ],
)
def test_set_operators(operator, expected):
    assert tuple(holds(operator, ["a", "b"], actual) for actual in (ABSENT, EMPTY, ALL, SOME, NONE)) == expected


def test_empty_list_of_policy_values():
    for prefix in ("", "ForAllValues:", "ForAnyValue:"):
        assert not holds(prefix + "StringEquals", [], ["a"])
        assert holds(prefix + "StringNotEquals", [], ["a"])


def test_null():
    assert [holds("Null", "true", actual) for actual in (None, [], [""])] == [True, True, False]
    assert [holds("Null", False, actual) for actual in (None, [], [""])] == [False, False, True]


def test_operators_and_keys_are_all_required():
    block = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    context = {"aws:a": ["1"], "aws:b": ["2"], "aws:c": ["True"]}
    assert outcome(identity=[document(Condition=block)], context=context) == ALLOW
    for key in context:
        assert outcome(identity=[document(Condition=block)], context={**context, key: ["false"]}) == IMPLICIT


# --- Operators ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("StringEquals", "a*", "ab", False), ("StringLike", "a*", "ab", True), ("StringLike", "A?", "ab", False),
        ("StringEqualsIgnoreCase", "Ab", "aB", True), ("StringNotLike", ["x*", "a?"], "ab", False),
        ("NumericEquals", "10.0", "10", True), ("NumericLessThan", 10, "9.99", True), ("NumericLessThan", "10", "ten", False),
        ("NumericNotEquals", "10", "ten", True), ("NumericGreaterThanEquals", "10", "10.00", True),
        ("DateEquals", "2026-01-01", "1767225600", True), ("DateEquals", "2026-01-01T02:00:00+02:00", "2026-01-01", True),
        ("DateLessThan", "2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05Z", True), ("DateLessThan", "2026-13-01", "1", False),
        ("DateNotEquals", "yesterday", "2026-01-01", True), ("DateGreaterThan", "2025-12-31T18:30:00-05:30", "2026-01-01", False),
        ("Bool", True, "TRUE", True), ("Bool", "false", "true", False), ("Bool", "false", "no", False),
        ("BinaryEquals", "AQID", "AQID", True), ("BinaryEquals", "****", "****", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True), ("IpAddress", "203.0.113.9", "203.0.113.9", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False), ("IpAddress", "2001:DB8::/32", "2001:db8:0:1::5", True),
        ("NotIpAddress", "203.0.113.0/33", "203.0.113.9", True), ("NotIpAddress", "203.0.113.0/24", "203.0.113.9", False),
        ("ArnEquals", "arn:aws:sns:*:*:a*", "arn:aws:sns:us-east-1:1:a:b", True),
        ("ArnLike", "arn:aws:sns:*:a", "arn:aws:sns:us-east-1:1:a", False), ("ArnNotLike", "arn:aws:sns:*:*:a", "a", True),
    ],
)
def test_operator(operator, wanted, actual, expected):
    assert holds(operator, wanted, [actual]) == expected


# --- Policy variables ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "actual", "expected"),
    [
        ("${AWS:Username}", "app", True), ("${aws:star}", "a*b", True), ("${aws:star}", "axb", False), ("a${*}b", "axb", False),
        ("a${*}b", "a*b", True), ("${?}${$}", "?$", True), ("${aws:gone}", "", False), ("${aws:gone, 'a*'}x", "a*x", True),
        ("${aws:gone, 'a*'}x", "abx", False), ("${aws:two}", "a", False), ("${aws:username, 'x'}", "app", True),
    ],
)
def test_variables(wanted, actual, expected):
    context = {"username": ["app"], "star": ["a*b"], "two": ["a", "b"]}
    assert holds("StringLike", wanted, [actual], **context) == expected
    assert holds("StringNotLike", wanted, [actual], **context) != expected
    literal = holds("StringEquals", wanted, [wanted], version="2008-10-17", **context)
    assert literal and not holds("StringEquals", wanted, [wanted], **context)


def test_variables_in_resources():
    policy = document(Resource="arn:aws:ses:*:*:identity/${aws:name}")
    assert outcome(identity=[policy], context={"aws:Name": ["example.com"]}) == ALLOW
    assert outcome(identity=[policy], context={"aws:Name": ["*"]}) == IMPLICIT
    assert outcome(identity=[policy], context={}) == IMPLICIT


# --- Elements -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"Action": "SES:send*"}, ALLOW), ({"Action": ["ses:Send?Email"]}, IMPLICIT), ({"Action": "ses:Send????l"}, ALLOW),
            ({"Action": "ses:Send???l"}, IMPLICIT),
        ({"Resource": "arn:aws:ses:us-*:*:identity/*"}, ALLOW), ({"Resource": "arn:aws:ses:*:identity/*"}, IMPLICIT),
        ({"Resource": "arn:aws:ses:*:*:identity/Example.com"}, IMPLICIT), ({"Resource": "arn:aws:ses:*:*:*"}, ALLOW),
    ],
)
def test_elements(elements, expected):
    assert outcome(identity=[document(**elements)]) == expected


def test_not_elements():
    def allowed(name, pattern):
        policy = document()
        del policy["Statement"][0][name.removeprefix("Not")]
        policy["Statement"][0][name] = pattern
        return outcome(identity=[policy])

    assert [allowed("NotAction", pattern) for pattern in ("sns:*", "SES:*")] == [ALLOW, IMPLICIT]
    assert [allowed("NotResource", pattern) for pattern in ("arn:aws:s3:::a", "*")] == [ALLOW, IMPLICIT]


# --- Layers -------------------------------------------------------------------------------------------------------------


def test_explicit_deny_in_any_layer():
    layers = {"identity": [DENY_ALL], "boundary": DENY_ALL, "session": [DENY_ALL], "organization": [[ALLOW_ALL], [DENY_ALL]]}
    layers["resource"] = [document(Principal="*", Effect="Deny")]
    for layer, policies in layers.items():
        assert outcome(**{"identity": [ALLOW_ALL], layer: policies}) == EXPLICIT


def test_limits_of_an_identity_policy():
    assert outcome(identity=[ALLOW_ALL]) == ALLOW
    assert outcome() == IMPLICIT
    limits = {"boundary": ALLOW_NONE, "session": [ALLOW_NONE], "organization": [[ALLOW_ALL], [ALLOW_NONE]]}
    for layer, policies in limits.items():
        assert outcome(**{"identity": [ALLOW_ALL], layer: policies}) == IMPLICIT
    assert outcome(identity=[ALLOW_ALL], session=[ALLOW_NONE, ALLOW_ALL], organization=[[ALLOW_NONE, ALLOW_ALL]]) == ALLOW


def test_organization_limits_root_but_not_services():
    nothing, anyone = [[ALLOW_ALL], [DENY_ALL]], [document(Principal="*")]
    assert outcome(principal=ROOT) == ALLOW
    assert outcome(principal=ROOT, organization=nothing) == EXPLICIT
    assert outcome(principal=SERVICE, resource=anyone, organization=nothing) == ALLOW


GRANTS = {"*": "*", "account": {"AWS": ACCOUNT}, "root ARN": {"AWS": ROOT["arn"]}, "service": {"Service": SERVICE["arn"]}}
GRANTS |= {"user": {"AWS": USER["arn"]}, "role": {"AWS": ROLE}, "session": {"AWS": [SESSION_ARN]}}


@pytest.mark.parametrize(
    ("principal", "free", "limited"),
    [
        # Grants of the resource's policy that are enough alone; those that are not under a boundary that allows nothing.
        ("user", {"*", "user"}, set()),
        ("session", {"session"}, {"*", "role"}),
        ("root", {"*", "account", "root ARN", "user", "role", "session", "service"}, set()),
        ("service", {"*", "service"}, set()),
    ],
)
def test_same_account_grants(principal, free, limited):
    def allowed(**layers):
        outcomes = {
            name: outcome(principal=PRINCIPALS[principal], resource=[document(Principal=grant)], **layers)
            for name, grant in GRANTS.items()
        }
        return {name for name, decision in outcomes.items() if decision == ALLOW}

    assert allowed() == free | limited
    assert allowed(boundary=ALLOW_NONE) == free
    assert allowed(session=[ALLOW_NONE]) == free or principal == "root"
    assert allowed(organization=[[ALLOW_NONE]]) == (free if principal == "service" else set())


@pytest.mark.parametrize("principal", ["user", "session"])
def test_cross_account_needs_both_sides(principal):
    matching = {"user": {"*", "account", "root ARN", "user"}, "session": {"*", "account", "root ARN", "role", "session"}}
    request = {"principal": PRINCIPALS[principal], "resourceAccount": OTHER}
    for name, grant in GRANTS.items():
        layers = {**request, "resource": [document(Principal=grant)]}
        assert outcome(**layers) == IMPLICIT
        assert outcome(**layers, identity=[ALLOW_ALL]) == (ALLOW if name in matching[principal] else IMPLICIT)
        assert outcome(**layers, identity=[ALLOW_ALL], boundary=ALLOW_NONE) == IMPLICIT
        assert outcome(**layers, identity=[ALLOW_ALL], session=[ALLOW_NONE]) == IMPLICIT
        assert outcome(**layers, identity=[ALLOW_ALL], organization=[[ALLOW_NONE]]) == IMPLICIT
    assert outcome(**request, identity=[ALLOW_ALL]) == IMPLICIT


@pytest.mark.parametrize(
    ("listed", "expected"),
    [("user", EXPLICIT), ("account", ALLOW), ("root ARN", ALLOW), ("role", EXPLICIT), ("service", EXPLICIT)],
)
def test_not_principal(listed, expected):
    policy = document(Effect="Deny", NotPrincipal=GRANTS[listed])
    assert outcome(identity=[ALLOW_ALL], resource=[policy]) == expected


@pytest.mark.parametrize(
    ("principal", "listed", "expected"),
    [
        (USER, [USER["arn"], ACCOUNT], ALLOW), (USER, [USER["arn"], f"arn:aws:iam::{OTHER}:root"], EXPLICIT),
        (USER, [USER["arn"] + "2", ACCOUNT], EXPLICIT), (ROOT, [USER["arn"], ACCOUNT], ALLOW), (SESSION, [ROLE, ACCOUNT], ALLOW),
        (SESSION, [ROLE], EXPLICIT), (SESSION, [SESSION_ARN, ACCOUNT], EXPLICIT), (SESSION, [SESSION_ARN, ROLE, ACCOUNT], ALLOW),
        (SESSION, [SESSION_ARN + "2", ROLE, ACCOUNT], EXPLICIT),
    ],
)
def test_not_principal_needs_the_account_too(principal, listed, expected):
    policy = document(Effect="Deny", NotPrincipal={"AWS": listed})
    assert outcome(principal=principal, identity=[ALLOW_ALL], resource=[policy]) == expected
    if principal is not ROOT:
        assert outcome(principal=principal, identity=[ALLOW_ALL], resource=[policy], boundary=ALLOW_ALL) == EXPLICIT


def test_resource_statement_without_principal_never_matches():
    assert outcome(resource=[document()]) == IMPLICIT
    assert outcome(identity=[ALLOW_ALL], resource=[DENY_ALL]) == ALLOW


# --- The generator ------------------------------------------------------------------------------------------------------


def statements(case):
    """The statements of a case, with whether they belong to a policy of the resource."""
    others = [*case["identity"], *(case["session"] or []), *([case["boundary"]] if case["boundary"] else [])]
    others += [policy for level in case["organization"] for policy in level]
    for policies, on_resource in ((others, False), (case["resource"], True)):
        for policy in policies:
            elements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
            sids = [element["Sid"] for element in elements if "Sid" in element]
            assert len(sids) == len(set(sids)) and all(sid.isalnum() for sid in sids)
            yield from ((element, on_resource) for element in elements)


def test_generated_policies_are_valid():
    for case in cases(7, 1000):
        for statement, on_resource in statements(case):
            assert ("Action" in statement) != ("NotAction" in statement)
            assert ("Resource" in statement) != ("NotResource" in statement)
            assert (("Principal" in statement) != ("NotPrincipal" in statement)) == on_resource
            assert statement["Effect"] == "Deny" or "NotPrincipal" not in statement
            resources = statement.get("Resource", statement.get("NotResource"))
            for pattern in resources if isinstance(resources, list) else [resources]:
                assert pattern == "*" or (len(pattern.split(":", 5)) == 6 and "$" not in "".join(pattern.split(":", 5)[:5]))
            for keys in statement.get("Condition", {}).values():
                assert len({key.lower() for key in keys}) == len(keys)


def test_generated_cases_are_deterministic_and_cover():
    assert [json.dumps(case) for case in cases(3, 50)] == [json.dumps(case) for case in cases(3, 50)]
    assert set(OPERATOR_KINDS) == set(OPERATORS)
    seen, decisions = Counter(), Counter()
    for case in cases(5, 4000):
        decisions[decide(case, lambda operator, _holds: seen.update([operator]))] += 1
    assert decisions[ALLOW] >= 1200
    assert min(seen[name] for name in VARIANTS) >= 20
