"""NetworkPolicies, evaluated as a network plugin would for pairs of pods."""
from chart_support.chart import PAIRS, pair, selects

from .traffic import _pods


def _peer(rule_peer, own_namespace, namespace, labels):
    ns, pods = rule_peer.get("namespaceSelector"), rule_peer.get("podSelector")
    if ns is None and namespace != own_namespace:
        return False
    if ns is not None and not selects(ns.get("matchLabels", {}), {"kubernetes.io/metadata.name": namespace}):
        return False
    return pods is None or selects(pods.get("matchLabels", {}), labels)


def _allowed(policies, direction, pod, other, port, protocol="TCP"):
    """pod and other are (namespace, labels); pod is the one whose policies are looked at."""
    namespace, labels = pod
    rules, bound = [], False
    for policy in policies:
        spec = policy["spec"]
        if namespace == "canary-demo" and selects(spec["podSelector"].get("matchLabels", {}), labels) and direction in spec["policyTypes"]:
            bound = True
            rules += spec.get(direction.lower(), [])
    if not bound:
        return True
    peers = "from" if direction == "Ingress" else "to"
    for rule in rules:
        ports = rule.get("ports")
        if ports and not any(one["port"] == port and one.get("protocol", "TCP") == protocol for one in ports):
            continue
        if rule.get(peers) is None or any(_peer(one, namespace, *other) for one in rule[peers]):
            return True
    return False


def _reaches(policies, source, target, port, protocol="TCP"):
    return _allowed(policies, "Egress", source, target, port, protocol) and _allowed(policies, "Ingress", target, source, port, protocol)


def what_is_needed_is_allowed_and_the_rest_is_not(chart):
    for router, driver in PAIRS:
        rendering = chart.render(pair(router, driver, tests={"gatewayUrl": "http://gateway.gateway"}))
        policies = rendering.all("NetworkPolicy")
        servers = {track: ("canary-demo", labels) for track, labels in _pods(rendering).items()}
        clients = [("canary-demo", job["spec"]["template"]["metadata"]["labels"]) for job in rendering.jobs()]
        assert clients
        gateway, prometheus, dns = ("gateway", {"app": "traefik"}), ("monitoring", {"app": "prometheus"}), ("kube-system", {"k8s-app": "kube-dns"})
        stranger, neighbour, elsewhere = ("default", {}), ("canary-demo", {"app": "other"}), ("internet", {})
        for server in servers.values():
            for source, target, port, expected in [
                (gateway, server, 8080, True),
                (gateway, server, 8081, False),
                (prometheus, server, 8081, True),
                (prometheus, server, 8080, False),
                (stranger, server, 8080, False),
                (stranger, server, 8081, False),
                (neighbour, server, 8080, False),
                (neighbour, server, 8081, False),
                (server, elsewhere, 443, False),
                (server, prometheus, 9090, False),
                (server, servers["stable"], 8081, False),
                *[(client, server, port, True) for client in clients for port in (8080, 8081)],
            ]:
                assert _reaches(policies, source, target, port) is expected, (router, driver, source, target, port)
            assert _reaches(policies, server, dns, 53, "UDP")
        for client in clients:
            assert _reaches(policies, client, dns, 53, "UDP") and _reaches(policies, client, dns, 53)
            assert _reaches(policies, client, prometheus, 9090) and _reaches(policies, client, gateway, 80)
            assert not _reaches(policies, client, elsewhere, 443) and not _reaches(policies, client, stranger, 80)
            assert not _reaches(policies, stranger, client, 8080)


def a_client_of_another_release_gets_nothing(chart):
    rendering = chart.render()
    labels = {"app.kubernetes.io/instance": "other", "canary-demo/client": "true"}
    server = ("canary-demo", _pods(rendering)["stable"])
    for port in (8080, 8081):
        assert not _reaches(rendering.all("NetworkPolicy"), ("canary-demo", labels), server, port)


def policies_follow_the_ports_and_namespaces_given(chart):
    values = {
        "config": {"settings": {"httpPort": 9000}, "canary": {"settings": {"adminPort": 9002}}},
        "networkPolicy": {"gatewayNamespace": "edge", "monitoringNamespace": "watch"},
    }
    rendering = chart.render(values)
    policies = rendering.all("NetworkPolicy")
    server = ("canary-demo", _pods(rendering)["canary"])
    assert _reaches(policies, ("edge", {}), server, 9000) and not _reaches(policies, ("gateway", {}), server, 9000)
    assert _reaches(policies, ("watch", {}), server, 9002) and not _reaches(policies, ("watch", {}), server, 9000)
    assert not chart.render({"networkPolicy": {"enabled": False}}).all("NetworkPolicy")
