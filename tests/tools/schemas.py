"""JSON schemas for kubeconform, made from Kubernetes' OpenAPI document and from CRDs.

usage: schemas.py OUT swagger.json CRD...     (a CRD is a YAML file or a folder of them)

Each kind becomes OUT/<group, or "v1" for the core>/<kind>_<version>.json, standing alone and strict: a field that the API does
not know is refused, as `kubectl apply --validate=strict` would.
"""
import json
import pathlib
import sys

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LOADER.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)  # a bare "=" among an enum's values

INT_OR_STRING = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
QUANTITY = {"anyOf": [{"type": "number"}, {"type": "string", "minLength": 1}]}
SPECIAL = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": INT_OR_STRING,
    "io.k8s.apimachinery.pkg.api.resource.Quantity": QUANTITY,
}
DROPPED = ("description", "format", "default", "example", "title", "externalDocs")


def strict(node):
    """A copy without prose, closed to unknown fields, with Kubernetes' extensions turned into plain JSON schema."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("x-kubernetes-int-or-string") or node.get("format") == "int-or-string":
        return INT_OR_STRING
    out = {}
    for key, value in node.items():
        if key.startswith("x-kubernetes") or (key in DROPPED and not isinstance(value, dict)):
            continue
        if key == "properties":
            out[key] = {name: strict(sub) for name, sub in value.items()}
        elif key == "default":
            continue
        else:
            out[key] = strict(value)
    closed = "properties" in node and "additionalProperties" not in node
    if closed and not node.get("x-kubernetes-preserve-unknown-fields"):
        out["additionalProperties"] = False
    return out


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rsplit("/", 1)[1]
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def write(out, group, kind, version, schema):
    folder = out / (group or version)  # kubeconform calls the core group by its version
    folder.mkdir(exist_ok=True)
    (folder / f"{kind.lower()}_{version}.json").write_text(json.dumps(schema, sort_keys=True))


def openapi(out, path):
    definitions = json.loads(path.read_text())["definitions"]
    closed = {name: SPECIAL.get(name) or strict(body) for name, body in definitions.items()}
    count = 0
    for name, body in definitions.items():
        for kind in body.get("x-kubernetes-group-version-kind", []):
            properties = body.get("properties", {})
            if "metadata" not in properties or name.endswith(("List", ".Status", ".DeleteOptions")):
                continue
            needed, todo = {}, list(references(closed[name]))
            while todo:
                one = todo.pop()
                if one not in needed:
                    needed[one] = closed[one]
                    todo += references(closed[one])
            top = json.loads(json.dumps(closed[name]))
            top["required"] = sorted(set(top.get("required", [])) | {"apiVersion", "kind"})
            write(out, kind["group"], kind["kind"], kind["version"], {**top, "definitions": needed})
            count += 1
    return count


def crds(out, path):
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    count = 0
    for file in files:
        for document in yaml.load_all(file.read_text(), Loader=LOADER):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            spec = document["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                known = schema.setdefault("properties", {})
                known.update(apiVersion={"const": f"{spec['group']}/{version['name']}"}, kind={"const": spec["names"]["kind"]})
                known["metadata"] = {"type": "object", "required": ["name"]}
                schema["required"] = sorted(set(schema.get("required", [])) | {"apiVersion", "kind", "metadata"})
                write(out, spec["group"], spec["names"]["kind"], version["name"], schema)
                count += 1
    if not count:
        sys.exit(f"schemas.py: {path} holds no CustomResourceDefinition")
    return count


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    total = openapi(out, pathlib.Path(sys.argv[2]))
    for path in sys.argv[3:]:
        total += crds(out, pathlib.Path(path))
    print(f"{total} schemas")


if __name__ == "__main__":
    main()
