"""The rendered release as processes: each pod is the app with the environment of its ConfigMap, and a real Prometheus
scrapes them as the operator would be told to by the rendered ServiceMonitors, with the rendered rules."""
import contextlib
import json
import subprocess
import urllib.parse
import urllib.request

import yaml
from support.programs import App, free_port, wait_until

from .chart import selects
from .tools import built, program

RELABEL = {"sourceLabels": "source_labels", "targetLabel": "target_label", "regex": "regex", "replacement": "replacement", "action": "action"}


def environment(rendering, workload):
    """What the kubelet would give the pod, but for the ports, which the kernel chooses here."""
    data = dict(rendering.config_of(workload)["data"])
    data.update(CANARY_HTTP_PORT="0", CANARY_ADMIN_PORT="0", CANARY_HTTP_ADDRESS="127.0.0.1", CANARY_ADMIN_ADDRESS="127.0.0.1", CANARY_DRAIN_DELAY="0s")
    return data


def start(stack, rendering, workload, **more):
    return stack.enter_context(App(program=built("CANARY_APP"), **{**environment(rendering, workload), **more})).ready()


def _relabelings(rules):
    return [{RELABEL[key]: value for key, value in rule.items()} for rule in rules]


class Prometheus:
    """`pods` is a list of (App, name of the metrics Service, pod name, pod labels)."""

    def __init__(self, folder, rendering, pods):
        self.port = free_port()
        jobs = []
        for monitor in rendering.all("ServiceMonitor"):
            (endpoint,) = monitor["spec"]["endpoints"]
            groups = []
            for service in rendering.all("Service"):
                if not selects(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"]):
                    continue
                for app, of, name, labels in pods:
                    if of == service["metadata"]["name"]:
                        meta = {f"__meta_kubernetes_pod_label_{key}": value for key, value in labels.items() if "/" not in key}
                        meta.update(__meta_kubernetes_namespace="canary-demo", __meta_kubernetes_pod_name=name)
                        meta.update(namespace="canary-demo", job=of, service=of, pod=name, endpoint=endpoint["port"], container="canary-app")
                        groups.append({"targets": [f"127.0.0.1:{app.admin_port}"], "labels": meta})
            jobs.append({
                "job_name": monitor["metadata"]["name"],
                "metrics_path": endpoint["path"],
                "static_configs": groups,
                "relabel_configs": _relabelings(endpoint["relabelings"]),
                "metric_relabel_configs": _relabelings(endpoint.get("metricRelabelings", [])),
            })
        (folder / "rules.yml").write_text(yaml.safe_dump(rendering.rules()))
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules.yml")],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        command = [program("prometheus", "prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"]
        self._log = open(folder / "prometheus.log", "wb")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        try:
            wait_until(lambda: len(self.query("up == 1")) == len(pods), "every target scraped")
        except BaseException:
            self.close()
            raise

    def query(self, expression):
        """The instant vector: a list of (labels, value)."""
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
            try:
                answer = json.load(urllib.request.urlopen(url, timeout=10))
            except urllib.error.HTTPError as error:
                if error.code == 503:  # still starting
                    return []
                raise AssertionError(f"{expression}: {error.read().decode()}") from error
            return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]
        return []

    def close(self):
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
