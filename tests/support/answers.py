"""Checks a report in the shape of answers.yml against its schema and against itself: every number that follows from
counts is worked out again, here, with exact arithmetic of its own."""
import fractions
import json
import math
import re

import jsonschema

from support.programs import SOURCE

SCHEMA = json.loads((SOURCE / "docs" / "answers.schema.json").read_text())


def close(a, b, relative=1e-9, absolute=1e-12):
    return math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def upper_tail(k, n, p):
    """P(X >= k) for X ~ Binomial(n, p), summed in logarithms."""
    if k <= 0:
        return 1.0
    if p <= 0:
        return 0.0
    if p >= 1:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
            for i in range(k, n + 1)]
    top = max(logs)
    return math.exp(top) * math.fsum(math.exp(x - top) for x in logs)


def evidence(batches, assume):
    """What the judge's e-process for errors is worth after each batch, worked out from docs/JUDGE.md: a mixture over
    rate ratios and start times, here in the independent form (likelihood ratios of binomials)."""
    assert assume == "independent", "worked out for the independent form only"
    ratios = (1.25, 1.6, 2.2, 3.5, 6, 12, 30, 100)
    sums, unused, starts = [0.0] * len(ratios), 1.0, 0
    for stable, stable_errors, canary, canary_errors, *_ in batches:
        if stable and canary and stable_errors + canary_errors:
            starts += 1
            weight = (0.5 if starts == 1 else 0) + 0.5 * (1 / math.log2(starts + 1) - 1 / math.log2(starts + 2))
            unused = max(unused - weight, 0)
            null = canary / (canary + stable)
            for i, ratio in enumerate(ratios):
                share = canary * ratio / (canary * ratio + stable)
                log = canary_errors * math.log(share / null) + stable_errors * math.log((1 - share) / (1 - null))
                sums[i] = min((sums[i] + weight / len(ratios)) * math.exp(min(max(log, -575), 575)), 1e250)
        yield unused + math.fsum(sums)


def check_interval(k, n, interval, confidence, contradiction):
    """Clopper and Pearson's bounds are where a tail of the binomial has half of what the confidence leaves."""
    tail = (1 - confidence) / 2
    lower, upper = interval
    if k == 0 and lower != 0:
        contradiction("lower bound of nothing")
    if k == n and upper != 1:
        contradiction("upper bound of everything")
    if k > 0 and not close(upper_tail(k, n, lower), tail, 1e-4):
        contradiction(f"lower bound {lower} of {k}/{n} at {confidence}")
    if k < n and not close(upper_tail(n - k, n, 1 - upper), tail, 1e-4):  # P(X <= k), seen from the other side
        contradiction(f"upper bound {upper} of {k}/{n} at {confidence}")


def contradictions(report):
    """What the report says that its own counts do not; an empty list for a good one."""
    found = [f"schema: {'/'.join(map(str, e.absolute_path))}: {e.message}"
             for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(report)]
    if found:
        return found
    add = found.append

    split = report["split"]
    if sum(v["observed"] for v in split["versions"].values()) != split["requests"]:
        add("split: the versions do not sum to the requests")
    holds = split["requests"] > 0
    for name, v in split["versions"].items():
        if not close(v["share"], v["observed"] / split["requests"]):
            add(f"split {name}: share")
        if sum(v["colors"].values()) != v["observed"]:
            add(f"split {name}: colours do not sum to the observed")
        for key, confidence in (("interval", split["confidence"]), ("asserted_interval", split["asserted_confidence"])):
            check_interval(v["observed"], split["requests"], v[key], confidence, lambda what: add(f"split {name} {key}: {what}"))
        lower, upper = v["asserted_interval"]
        holds = holds and lower <= v["expected_share"] <= upper and v["expected_share"] > 0
    if split["passed"] != holds:
        add("split: passed is not what the intervals say")
    if not close(sum(v["expected_share"] for v in split["versions"].values()), 1):
        add("split: expected shares do not sum to 1")
    for name, v in split["versions"].items():
        if not set(v["colors"]) <= set(report["colors_seen"].get(name, [])):
            add(f"colors_seen {name}: less than the split saw")

    for key in ("upgrade", "rollback"):
        step = report[key]
        if step["failed"] > step["requests"]:
            add(f"{key}: more failed than requests")
        if sum(pod.get("ready_seconds", 0) + pod.get("drain_seconds", 0) for pod in step["pods"]) > step["seconds"] + 0.01:
            add(f"{key}: the pods' times are longer than the whole")

    if bad := report.get("bad_canary"):
        for name, v in bad["versions"].items():
            if not close(v["error_rate"], v["errors"] / v["requests"] if v["requests"] else 0):
                add(f"bad_canary {name}: error_rate")
        stable, canary = (bad["versions"].get(report["pods"][t]["version"]) for t in ("stable", "canary"))
        if [stable[k] for k in ("requests", "errors")] + [canary[k] for k in ("requests", "errors")] != [
                sum(column) for column in list(zip(*bad["batches"]))[:4] or [[]] * 4]:
            add("bad_canary: the batches do not sum to the versions")
        for worked_out, batch in zip(evidence(bad["batches"], bad["assume"]), bad["batches"]):
            if not close(worked_out, batch[4], 1e-6):
                add(f"bad_canary: evidence {batch[4]}, not {worked_out}")
        if not close(bad["rollback_evidence"], bad["batches"][-1][4] if bad["batches"] else 1):
            add("bad_canary: rollback_evidence is not the last batch's")
        if not close(bad["rollback_at"] * bad["alpha"], 1):
            add("bad_canary: rollback_at is not 1/alpha")
        if (bad["verdict"] == "rollback") != any(batch[4] >= bad["rollback_at"] for batch in bad["batches"]):
            add("bad_canary: verdict")

    failed, budget = report["failed_requests"], report["error_budget"]
    outcomes = failed["by_outcome"]
    if sum(n for key, n in outcomes.items() if key.startswith("status_5")) != outcomes["5xx"]:
        add("failed_requests: 5xx is not the sum of its statuses")
    if sum(n for key, n in outcomes.items() if not key.startswith("status_")) != failed["total"]:
        add("failed_requests: the outcomes do not sum to the total")
    if failed["injected"] + failed["not_injected"] != failed["total"]:
        add("failed_requests: injected and not injected do not sum to the total")

    if budget["errors"] != failed["total"]:
        add("error_budget: errors are not the failed requests")
    allowance = 1 - fractions.Fraction(str(budget["slo_percent"])) / 100
    allowed = allowance * budget["requests"]
    if budget["requests"] and allowed:
        for key, value in (("allowed", allowed), ("left", allowed - budget["errors"]), ("spent_share", budget["errors"] / allowed),
                           ("burn_rate", fractions.Fraction(budget["errors"], budget["requests"]) / allowance)):
            if not close(budget[key], float(value), absolute=1e-6):
                add(f"error_budget: {key} is {budget[key]}, not {float(value)}")
        if "full_budget_lasts_days" in budget and not close(budget["full_budget_lasts_days"] * budget["burn_rate"], 30, 1e-6):
            add("error_budget: full_budget_lasts_days")

    text = "\n".join(report["observations"])
    for number, what in ((budget["requests"], "all requests"), (split["requests"], "the split's requests"),
                         (failed["not_injected"], "failed requests")):
        if not re.search(rf"(?<![\d,.]){number:,}(?![\d,])", text):
            add(f"observations: do not name {what} ({number:,})")

    good = failed["not_injected"] == 0 and split["passed"]
    if report["verdict"] == "pass" and not good:
        add("verdict: pass in spite of failures")
    if report["exit_code"] != {"pass": 0, "fail": 1, "inconclusive": 3}[report["verdict"]]:
        add("exit_code: not the verdict's")
    return found
