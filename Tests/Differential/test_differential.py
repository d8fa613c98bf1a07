# SPDX-License-Identifier: Apache-2.0
"""The policy engine beside an evaluator that another hand wrote from the IAM user guide: on random cases, no difference.

    POLICY_CASES   how many (20,000)
    POLICY_ORACLE  the built PolicyOracle (.build/debug/PolicyOracle)
"""
import json
import os
import pathlib
import subprocess
from collections import Counter

import pytest

import generate
import iam_reference

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ORACLE = os.environ.get("POLICY_ORACLE", str(ROOT / ".build/debug/PolicyOracle"))
COUNT = int(os.environ.get("POLICY_CASES", "20000"))
SOURCE = pathlib.Path(iam_reference.__file__).read_text()

# Twenty mistakes that evaluators of IAM have been seen to make, as changes of the reference's text.
FAULTS = {
    "deny does not come first": ("if denied or any(", "if False and any("),
    "the account's organisation policies are forgotten": ('case["organization"]]', 'case["organization"][:1]]'),
    "the boundary is forgotten": ('None if is_root or case["boundary"] is None', "None if True"),
    "the session policies are forgotten": ('None if case["session"] is None', "None if True"),
    "one side is enough across accounts": ("bool(granted) and identity_allows", "bool(granted) or identity_allows"),
    "an account as principal is a grant": (
        '{"self", "any", "account"} if kind == "root" else {"self", "any"}', '{"self", "any", "account"}'),
    "a role's grant passes the boundary": ('{"role", "any"}) and limits_allow', '{"role", "any"})'),
    "ForAllValues is false of nothing": ('if if_exists or prefix == "ForAllValues":', "if if_exists:"),
    "ForAnyValue of a negated operator is true of nothing": ('negated and prefix != "ForAnyValue"', "negated"),
    "a negated operator is false of nothing": ('return negated and prefix != "ForAnyValue"', "return False"),
    "ForAnyValue asks for all": ("return any(match != negated for match in matched)", "return all(match != negated for match in matched)"),
    "ForAllValues asks for any": ("return all(match != negated for match in matched)", "return any(match != negated for match in matched)"),
    "IfExists is forgotten": ("absent_key_holds(prefix, negated, rest != base)", "absent_key_holds(prefix, negated, False)"),
    "Null is turned round": ("is (not actual) for", "is bool(actual) for"),
    "actions know case": ("like(marked(pattern.lower()), scope.request.action.lower())", "like(marked(pattern), scope.request.action)"),
    "keys know case": ("self.context.get(key.lower()) or []", "self.context.get(key) or []"),
    "a star crosses an ARN's components": ("len(wanted) == len(actual) == 6 and all(map(like, wanted, actual))", "like(pattern, value)"),
    "a variable's star is a wildcard": ("return values[0] if len(values) == 1 else", "return marked(values[0]) if len(values) == 1 else"),
    "the older version has variables": ('document.get("Version") == "2012-10-17"', "True"),
    "Not elements are not negated": ("return negated in statement and not any(", "return negated in statement and any("),
}


@pytest.fixture(scope="module")
def cases():
    return list(generate.cases(2026, COUNT))


@pytest.fixture(scope="module")
def ours(cases):
    run = subprocess.run([ORACLE], input="".join(json.dumps(case) + "\n" for case in cases), capture_output=True, text=True, check=True)
    decisions = run.stdout.split()
    assert len(decisions) == len(cases)
    return decisions


def test_every_decision_is_the_same(cases, ours):
    seen = Counter()
    theirs = [iam_reference.decide(case, lambda name, _: seen.update([name])) for case in cases]
    allowed = theirs.count("Allow") / len(theirs)
    print(f"{len(cases)} cases, {allowed:.0%} allowed, {len(seen)} operators, the rarest {min(seen.values())} times")
    assert len(seen) == 26 * 6 + 1, sorted(seen)
    assert min(seen.values()) * 100_000 / COUNT >= 500 and allowed >= 0.3
    differing = [index for index in range(len(cases)) if theirs[index] != ours[index]]
    assert not differing, json.dumps([theirs[differing[0]], ours[differing[0]], cases[differing[0]]])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, cases, ours):
    old, new = FAULTS[fault]
    assert SOURCE.count(old) == 1
    faulty = {"__name__": "faulty"}
    exec(compile(SOURCE.replace(old, new), "faulty", "exec"), faulty)
    assert any(faulty["decide"](case) != decision for case, decision in zip(cases, ours))
