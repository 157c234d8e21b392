"""Works every derived number of a cluster's answers.yml out again, from the counts in it."""

import json
import math
import os
import pathlib
import statistics

import jsonschema

SOURCE = pathlib.Path(os.environ.get("CANARY_SOURCE", pathlib.Path(__file__).resolve().parents[3]))
SCHEMA = json.loads((SOURCE / "docs/answers.cluster.schema.json").read_text())


def tail(k, n, p):
    """P(X >= k) for X binomial."""
    def term(i):
        return math.exp(math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) +
                        (i * math.log(p) if i else 0) + ((n - i) * math.log1p(-p) if n - i else 0))
    return sum(term(i) for i in range(k, n + 1))


def is_exact(interval, k, n, confidence):
    """Clopper and Pearson's bounds are where the tails weigh half of the rest."""
    half = (1 - confidence) / 2
    low, high = interval
    good_low = low == 0 if k == 0 else abs(tail(k, n, low) - half) < 1e-6 * half + 1e-12
    good_high = high == 1 if k == n else abs(1 - tail(k + 1, n, high) - half) < 1e-3 * half + 1e-9
    return good_low and good_high


def contradictions(answers):
    found = [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(answers)]
    if found:
        return found

    def demand(true, what):
        if not true:
            found.append(what)

    def near(a, b):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)

    for router, split in answers.get("splits", {}).items():
        demand(sum(one["observed"] for one in split["versions"].values()) == split["requests"], f"{router}: counts do not add up")
        for version, one in split["versions"].items():
            demand(near(one["share"], one["observed"] / split["requests"]), f"{router} {version}: share")
            demand(is_exact(one["interval"], one["observed"], split["requests"], split["confidence"]), f"{router} {version}: interval")
        inside = all(one["asserted_interval"][0] <= one["expected_share"] <= one["asserted_interval"][1] for one in split["versions"].values())
        demand(split["passed"] == inside, f"{router}: passed")

    loads = [("without draining", answers["without_draining"]["load"])] if "without_draining" in answers else []
    loads += [(f"release {router}", part["load"]) for router, part in answers.get("releases", {}).items()]
    loads += [(f"fault {fault['fault']} {fault['router']}", fault["load"]) for fault in answers.get("faults", [])]
    for name, load in loads:
        bad = sum(count for status, count in load["statuses"].items() if int(status) >= 400) + sum(load["outcomes"].values())
        demand(load["failed"] == bad, f"{name}: failed")
        demand(sum(load["statuses"].values()) + sum(load["outcomes"].values()) == load["requests"], f"{name}: requests")
        demand(near(load["failed_share"], bad / load["requests"]), f"{name}: failed share")
        sentence = f"{bad:,} of {load['requests']:,} requests failed"
        demand(any(sentence in said for said in answers["observations"]), f"{name}: no observation says '{sentence}'")

    for step, one in answers.get("judge", {}).items():
        if "canary_requests" in one:
            demand(near(one["median_canary_requests"], statistics.median(one["canary_requests"])), f"judge {step}: median")

    if "error_budget" in answers:
        budget = answers["error_budget"]
        parts = [part["load"] for part in answers["releases"].values()]
        demand(budget["requests"] == sum(load["requests"] for load in parts), "budget: requests")
        demand(budget["errors"] == sum(load["failed"] for load in parts), "budget: errors")
        allowed = budget["requests"] * (100 - budget["slo_percent"]) / 100
        demand(math.isclose(budget["allowed"], allowed, rel_tol=1e-6), "budget: allowed")
        demand(math.isclose(budget["left"], allowed - budget["errors"], rel_tol=1e-6), "budget: left")
        demand(math.isclose(budget["spent_share"], budget["errors"] / allowed, rel_tol=1e-6, abs_tol=1e-12), "budget: spent")
    return found
