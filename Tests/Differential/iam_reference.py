# SPDX-License-Identifier: Apache-2.0
"""A reference evaluator of AWS IAM policies, written from the IAM User Guide for differential testing.

``decide(case)`` returns "Allow", "ImplicitDeny" or "ExplicitDeny" for one case. A case is a JSON object with the policies in
force (identity, boundary, session, organization, resource) and the request (principal, action, resourceARN, resourceAccount,
context). Run as a program it reads one case a line on standard input and writes one decision a line.
"""

import base64
import functools
import ipaddress
import json
import operator
import re
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

ALLOW, IMPLICIT_DENY, EXPLICIT_DENY = "Allow", "ImplicitDeny", "ExplicitDeny"

# Private-use characters stand for the wildcards of a pattern, so that every other character of it is literal.
ANY_RUN, ANY_ONE = "\ue000", "\ue001"

ALLOW_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


# --- Values -------------------------------------------------------------------------------------------------------------


def as_list(value):
    """The elements of a policy value that may be written alone or as a list."""
    return value if isinstance(value, list) else [value]


def as_text(value):
    """The text of a condition value, which JSON may give as a boolean or a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def read_number(text):
    """The number a text holds, or None."""
    return Decimal(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def read_date(text):
    """The seconds since 1970 of an ISO 8601 date or an epoch time (exact), or None."""
    if re.fullmatch(r"[0-9]+", text):
        return Fraction(text)
    found = DATE.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    return (moment - EPOCH) // timedelta(seconds=1) + Fraction("0" + (found[7] or ".0")) - offset_seconds(found[8])


def offset_seconds(zone):
    """The seconds by which a zone such as "+02:00" is ahead of UTC; no zone is UTC."""
    if zone in (None, "Z"):
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def read_boolean(text):
    """The boolean a text holds, or None."""
    return {"true": True, "false": False}.get(text.lower())


def read_binary(text):
    """The bytes of a padded base64 text, or None."""
    if len(text) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def read_address(text):
    """The IP address a text holds, or None."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def read_network(text):
    """The range of addresses a text in CIDR notation holds (one address without a prefix length), or None."""
    address, slash, prefix = text.partition("/")
    if read_address(address) is None or (slash and not re.fullmatch(r"[0-9]+", prefix)):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


# --- Patterns and policy variables --------------------------------------------------------------------------------------

VARIABLE = re.compile(r"\$\{([^}]*)\}")
VARIABLE_BODY = re.compile(r"\s*([^,]+?)\s*(?:,\s*'([^']*)'\s*)?")


def marked(text, wildcards=True):
    """A text whose * and ? are turned into wildcards."""
    return text.replace("*", ANY_RUN).replace("?", ANY_ONE) if wildcards else text


@functools.lru_cache(maxsize=100_000)
def compiled(pattern):
    """The regular expression of a marked pattern."""
    pieces = {ANY_RUN: ".*", ANY_ONE: "."}
    return re.compile("".join(pieces.get(char) or re.escape(char) for char in pattern), re.DOTALL)


def like(pattern, value):
    """Whether a value matches a marked pattern."""
    return compiled(pattern).fullmatch(value) is not None


def arn_like(pattern, value):
    """Whether an ARN matches a marked pattern, component by component."""
    wanted, actual = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(actual) == 6 and all(map(like, wanted, actual))


class Scope:
    """What the text of one policy document is read against: the request, and whether variables are in use."""

    def __init__(self, document, request):
        self.request = request
        self.variables = document.get("Version") == "2012-10-17"

    def expand(self, text, wildcards):
        """The text with its variables replaced and its wildcards marked; None when a variable has no value."""
        pieces, position = [], 0
        for found in VARIABLE.finditer(text) if self.variables else ():
            value = self.variable(found[1])
            if value is None:
                return None
            pieces += [marked(text[position:found.start()], wildcards), value]
            position = found.end()
        return "".join(pieces) + marked(text[position:], wildcards)

    def variable(self, body):
        """The value of a variable, from what stands between its braces, or None."""
        if body in ("*", "?", "$"):
            return body
        found = VARIABLE_BODY.fullmatch(body)
        if not found:
            return None
        values = self.request.values(found[1])
        return values[0] if len(values) == 1 else found[2]


# --- Conditions ---------------------------------------------------------------------------------------------------------


def text_test(compare, wildcards):
    """A test of a request value against a policy text that may hold variables."""

    def test(wanted, actual, scope):
        expanded = scope.expand(wanted, wildcards)
        return expanded is not None and compare(expanded, actual)

    return test


def value_test(compare, read_actual, read_wanted=None):
    """A test of a request value against a policy value, both read as something other than text."""

    def test(wanted, actual, _scope):
        left, right = read_actual(actual), (read_wanted or read_actual)(wanted)
        return left is not None and right is not None and compare(left, right)

    return test


def equal_ignoring_case(left, right):
    return left.lower() == right.lower()


def inside(address, network):
    return address.version == network.version and address in network


def ordered_operators(family, read):
    """The six comparisons of numbers or dates. (Request value first.)"""
    comparisons = {"LessThan": "lt", "LessThanEquals": "le", "GreaterThan": "gt", "GreaterThanEquals": "ge", "Equals": "eq"}
    table = {family + name: (value_test(getattr(operator, short), read), False) for name, short in comparisons.items()}
    table[family + "NotEquals"] = (value_test(operator.eq, read), True)
    return table


# Name: (test of one request value against one policy value, whether the operator is negated).
OPERATORS = {
    "StringEquals": (text_test(operator.eq, False), False),
    "StringNotEquals": (text_test(operator.eq, False), True),
    "StringEqualsIgnoreCase": (text_test(equal_ignoring_case, False), False),
    "StringNotEqualsIgnoreCase": (text_test(equal_ignoring_case, False), True),
    "StringLike": (text_test(like, True), False),
    "StringNotLike": (text_test(like, True), True),
    **ordered_operators("Numeric", read_number),
    **ordered_operators("Date", read_date),
    "Bool": (value_test(operator.eq, read_boolean), False),
    "BinaryEquals": (value_test(operator.eq, read_binary), False),
    "IpAddress": (value_test(inside, read_address, read_network), False),
    "NotIpAddress": (value_test(inside, read_address, read_network), True),
    "ArnEquals": (text_test(arn_like, True), False),
    "ArnLike": (text_test(arn_like, True), False),
    "ArnNotEquals": (text_test(arn_like, True), True),
    "ArnNotLike": (text_test(arn_like, True), True),
}


def condition_holds(name, key, wanted, scope):
    """Whether one key of one operator of a Condition block holds."""
    actual = scope.request.values(key)
    if name == "Null":
        return any(read_boolean(as_text(value)) is (not actual) for value in wanted)
    prefix, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    test, negated = OPERATORS[base]
    if not actual:
        return absent_key_holds(prefix, negated, rest != base)
    matched = [any(test(as_text(value), one, scope) for value in wanted) for one in actual]
    if prefix == "ForAllValues":
        return all(match != negated for match in matched)
    if prefix == "ForAnyValue":
        return any(match != negated for match in matched)
    return any(matched) != negated


def absent_key_holds(prefix, negated, if_exists):
    """Whether an operator holds for a key the request does not have."""
    if if_exists or prefix == "ForAllValues":
        return True
    return negated and prefix != "ForAnyValue"


def conditions_hold(statement, scope):
    """Whether all operators and keys of the Condition block hold. (All are evaluated, so that all are observed.)"""
    outcomes = []
    for name, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            outcomes.append(condition_holds(name, key, as_list(wanted), scope))
            if scope.request.observe:
                scope.request.observe(name, outcomes[-1])
    return all(outcomes)


# --- Statements ---------------------------------------------------------------------------------------------------------


class Request:
    """One request: who asks for which action on which resource, and the context."""

    def __init__(self, case, observe=None):
        self.principal = case["principal"]
        self.action = case["action"]
        self.resource = case["resourceARN"]
        self.resource_account = case["resourceAccount"]
        self.context = {key.lower(): values for key, values in case["context"].items()}
        self.observe = observe

    @property
    def kind(self):
        return self.principal["kind"]

    def values(self, key):
        """The values of a context key; none when it is absent."""
        return self.context.get(key.lower()) or []


def action_matches(pattern, scope):
    return like(marked(pattern.lower()), scope.request.action.lower())


def resource_matches(pattern, scope):
    if pattern == "*":
        return True
    expanded = scope.expand(pattern, True)
    return expanded is not None and arn_like(expanded, scope.request.resource)


def element_matches(statement, name, test, scope):
    """Whether an element such as Action, or its Not form, matches the request."""
    if name in statement:
        return any(test(pattern, scope) for pattern in as_list(statement[name]))
    negated = "Not" + name
    return negated in statement and not any(test(pattern, scope) for pattern in as_list(statement[negated]))


def applies(statement, scope):
    """Whether a statement applies to the request, its principal aside."""
    return (
        element_matches(statement, "Action", action_matches, scope)
        and element_matches(statement, "Resource", resource_matches, scope)
        and conditions_hold(statement, scope)
    )


def effects(documents, request):
    """The effects of the applying statements of documents that are not attached to a resource."""
    found = set()
    for document in documents:
        scope = Scope(document, request)
        found |= {statement["Effect"] for statement in as_list(document["Statement"]) if applies(statement, scope)}
    return found


# --- Principals ---------------------------------------------------------------------------------------------------------


def principal_form(kind, name, principal):
    """How one listed principal matches the caller: "any", "self", "role", "account", or None."""
    if name == "*":
        return "any"
    if kind == "Service" or principal["kind"] == "service":
        return "self" if kind == "Service" and principal["kind"] == "service" and name == principal["arn"] else None
    if kind != "AWS":
        return None
    if name in (principal["account"], f"arn:aws:iam::{principal['account']}:root"):
        return "account"
    if name == principal["arn"]:
        return "self"
    return "role" if principal["kind"] == "role-session" and name == principal["role"] else None


def principal_forms(element, principal):
    """All the ways in which a Principal or NotPrincipal element lists the caller."""
    listed = {"AWS": element} if isinstance(element, str) else element
    forms = {principal_form(kind, name, principal) for kind, names in listed.items() for name in as_list(names)}
    return forms - {None}


def is_left_out(element, principal):
    """Whether NotPrincipal leaves the caller out: a user with the account, a session with role and account, or a whole account."""
    forms = principal_forms(element, principal)
    if principal["kind"] in ("service", "root") or "any" in forms:
        return bool(forms)
    if "account" not in forms:
        return False
    listed = as_list(element.get("AWS", []) if isinstance(element, dict) else element)
    own = [name for name in listed if name.startswith("arn:") and name.split(":")[4] == principal["account"] and not name.endswith(":root")]
    if not own:
        return True
    if principal["kind"] == "user":
        return "self" in forms
    sessions = [name for name in own if name.startswith(principal["arn"].rpartition("/")[0] + "/")]
    return principal["role"] in own and (not sessions or "self" in forms)


def statement_forms(statement, principal, is_bounded):
    """The ways in which a statement of a resource policy matches the caller; empty when it does not."""
    if "Principal" in statement:
        return principal_forms(statement["Principal"], principal)
    # NotPrincipal "will always deny any IAM principal that has a permissions boundary".
    if "NotPrincipal" in statement and (is_bounded or not is_left_out(statement["NotPrincipal"], principal)):
        return {"excluded"}
    return set()


def resource_effects(documents, request, is_bounded):
    """Whether the resource's policies deny, and the forms of the caller to which they allow."""
    denied, granted = False, set()
    for document in documents:
        scope = Scope(document, request)
        for statement in as_list(document["Statement"]):
            forms = statement_forms(statement, request.principal, is_bounded)
            if not forms or not applies(statement, scope):
                continue
            if statement["Effect"] == "Deny":
                denied = True
            else:
                granted |= forms
    return denied, granted


# --- Decision -----------------------------------------------------------------------------------------------------------


def decide(case, observe=None):
    """The decision for a case. `observe(operator, outcome)` is told of every condition that is evaluated."""
    request = Request(case, observe)
    is_bounded = case["boundary"] is not None and request.kind in ("user", "role-session")
    denied, granted = resource_effects(case["resource"], request, is_bounded)
    if request.kind == "service":
        return EXPLICIT_DENY if denied else ALLOW if granted else IMPLICIT_DENY
    is_root = request.kind == "root"
    identity = effects([ALLOW_ALL] if is_root else case["identity"], request)
    boundary = None if is_root or case["boundary"] is None else effects([case["boundary"]], request)
    session = None if case["session"] is None else effects(case["session"], request)
    levels = [effects(level, request) for level in case["organization"]]
    limits = [layer for layer in (boundary, session) if layer is not None]
    if denied or any("Deny" in layer for layer in [identity, *limits, *levels]):
        return EXPLICIT_DENY
    organization_allows = all("Allow" in level for level in levels)
    limits_allow = all("Allow" in layer for layer in limits)
    identity_allows = "Allow" in identity and limits_allow
    same_account = request.principal["account"] == request.resource_account
    decision = same_account_allows if same_account else cross_account_allows
    return ALLOW if organization_allows and decision(request.kind, granted, identity_allows, limits_allow) else IMPLICIT_DENY


def cross_account_allows(_kind, granted, identity_allows, _limits_allow):
    """Across accounts both sides must allow."""
    return bool(granted) and identity_allows


def same_account_allows(kind, granted, identity_allows, limits_allow):
    """Within an account either side may allow, some grants of the resource's policy only within the limits."""
    if identity_allows:
        return True
    if kind == "role-session":
        return "self" in granted or (bool(granted & {"role", "any"}) and limits_allow)
    return bool(granted & ({"self", "any", "account"} if kind == "root" else {"self", "any"}))


def main():
    for line in sys.stdin:
        if line.strip():
            print(decide(json.loads(line)))


if __name__ == "__main__":
    main()
