"""A Kubernetes API that only reads: it serves given objects, so that the template's `lookup` has something to find.

What a real cluster does with the result is tests/cluster's to show; here the cases are many and a cluster is slow.
"""
import http.server
import json
import pathlib
import threading

RESOURCES = {
    "v1": {"ConfigMap": "configmaps", "Service": "services", "ServiceAccount": "serviceaccounts"},
    "apps/v1": {"Deployment": "deployments", "ReplicaSet": "replicasets"},
    "autoscaling/v2": {"HorizontalPodAutoscaler": "horizontalpodautoscalers"},
    "batch/v1": {"Job": "jobs"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "networking.k8s.io/v1": {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"},
    "gateway.networking.k8s.io/v1": {"HTTPRoute": "httproutes"},
    "monitoring.coreos.com/v1": {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"},
    "flagger.app/v1beta1": {"Canary": "canaries", "MetricTemplate": "metrictemplates"},
    "argoproj.io/v1alpha1": {"Rollout": "rollouts", "AnalysisTemplate": "analysistemplates"},
}


class ApiServer:
    def __init__(self, objects, namespace="canary-demo"):
        self.objects = objects
        self.namespace = namespace

    def _answer(self, path):
        if path == "/version":
            return {"major": "1", "minor": "34", "gitVersion": "v1.34.4"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = []
            for one in RESOURCES:
                if "/" in one:
                    version = {"groupVersion": one, "version": one.split("/")[1]}
                    groups.append({"name": one.split("/")[0], "versions": [version], "preferredVersion": version})
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        for version, kinds in RESOURCES.items():
            root = "/api/v1" if version == "v1" else f"/apis/{version}"
            if path == root:
                resources = [
                    {"name": plural, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get", "list"]}
                    for kind, plural in kinds.items()
                ]
                return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
            for kind, plural in kinds.items():
                here = f"{root}/namespaces/{self.namespace}/{plural}"
                mine = [{"apiVersion": version, **one} for one in self.objects if one["kind"] == kind]
                if path == here:
                    return {"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": mine}
                for one in mine:
                    if path == f"{here}/{one['metadata']['name']}":
                        return one
        return None

    def __enter__(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = owner._answer(self.path.split("?")[0])
                body = found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
                data = json.dumps(body).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self, folder):
        path = pathlib.Path(folder, "kubeconfig")
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        path.write_text(json.dumps(config))
        return path
