"""Makes src/seatrial/simulator/data/protobuf-messages.txt from the generated.proto files of Kubernetes.

Run `make_protobuf_table.py FOLDER...` with checkouts of k8s.io/api and k8s.io/apimachinery; only field
numbers, names and types are kept: the facts that reading a client's protobuf body needs.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "src/seatrial/simulator/data/protobuf-messages.txt"
KEPT = re.compile(
    r"/(core|apps|batch|policy|rbac|networking|storage|scheduling|coordination|discovery|admissionregistration"
    r"|authentication|authorization|events|certificates|node)/v1/|/autoscaling/v[12]/|/meta/v1/|/api/resource/"
    r"|/util/intstr/|/pkg/runtime/"
)
FIELD = re.compile(r"^\s*(?:optional\s+|(repeated)\s+)?(map<string,\s*([\w.]+)>|[\w.]+)\s+(\w+)\s*=\s*(\d+);")
PREFIXES = ("k8s.io.apimachinery.pkg.apis.", "k8s.io.apimachinery.pkg.", "k8s.io.api.")


def main(folders: list[str]) -> None:
    lines: list[str] = []
    for folder in folders:
        for path in sorted(Path(folder).rglob("generated.proto")):
            if KEPT.search(path.as_posix()):
                lines += messages(path.read_text())
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    head = f"# gathered {today} from the generated.proto files of k8s.io/api and k8s.io/apimachinery\n"
    lines = [line for line in lines if not line.startswith("resource.") and "List " not in line.split(":")[0]]
    OUT.write_text(head + "\n".join(sorted(lines)) + "\n")


def messages(text: str) -> list[str]:
    package = short(re.search(r"^package ([\w.]+);", text, re.M)[1])  # type: ignore[index]
    found: list[str] = []
    name, fields = "", list[str]()
    for line in text.splitlines():
        if opened := re.match(r"^message (\w+) \{", line):
            name, fields = opened[1], []
        elif line == "}" and name:
            found.append(" ".join((f"{package}.{name}", *fields)))
            name = ""
        elif name and (field := FIELD.match(line)):
            many, kind, value, label, number = field.groups()
            mark = "%" if value else "*" if many else ""
            fields.append(f"{number}:{label}:{typed(value or kind, package)}{mark}")
    return found


def typed(kind: str, package: str) -> str:
    if kind in ("string", "bool", "bytes", "double"):
        return kind
    if kind in ("int32", "int64", "uint32", "uint64"):
        return "int"
    return short(kind.lstrip(".")) if "." in kind else f"{package}.{kind}"


def short(name: str) -> str:
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


if __name__ == "__main__":
    main(sys.argv[1:])
