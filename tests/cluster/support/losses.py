"""Adding up what loads lost."""


def summary(results):
    """Counts over all loads of a mix."""
    total = {"requests": 0, "failed": 0, "unsent": 0, "statuses": {}, "outcomes": {}, "connections": 0,
             "rate": round(sum(result["sent_rate"] or 0 for result in results.values()), 1),
             "seconds": round(max(result["duration_seconds"] for result in results.values()), 3),
             "latency_p99_ms": {name: result["latency_ms"]["p99"] for name, result in results.items()}}
    for result in results.values():
        total["requests"] += result["sent"]
        total["failed"] += result["failed"]
        total["unsent"] += result["unsent"]
        total["connections"] += result["connections_opened"]
        for kind in ("statuses", "outcomes"):
            for name, count in result[kind].items():
                total[kind][name] = total[kind].get(name, 0) + count
    return total


def explain(results):
    return "\n".join(f"{name}: {result['failed']} of {result['sent']} failed, statuses {result['statuses']}, "
                     f"outcomes {result['outcomes']}, first {result.get('first_error')}" for name, result in results.items())
