"""A real Prometheus that scrapes every second."""
import contextlib
import json
import subprocess
import urllib.parse
import urllib.request

from support.programs import free_port

CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: canary-demo
  static_configs: [{{targets: [{targets}]}}]
"""


class Prometheus:
    def __init__(self, folder, targets):
        self.port = free_port()
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(targets=", ".join(f'"{t}"' for t in targets)))
        self.log = open(folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)

    def query(self, expression):
        """{version: value} of an instant query."""
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
            result = json.load(urllib.request.urlopen(url, timeout=5))["data"]["result"]
            return {r["metric"].get("version", ""): float(r["value"][1]) for r in result}
        return {}

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
