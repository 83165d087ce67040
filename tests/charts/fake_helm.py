"""A stand-in for the helm program: a small script that records its call and does as told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

_SCRIPT = """#!{python}
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
call = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "values": [], "modes": []}}
for at, word in enumerate(sys.argv):
    if word == "--values":
        path = sys.argv[at + 1]
        call["values"].append(open(path).read())
        call["modes"].append(oct(os.stat(path).st_mode & 0o777))
json.dump(call, open(os.path.join(here, "call.json"), "w"))
{body}
"""


def fake_helm(folder: Path, body: str) -> Path:
    """`body` is Python that runs after the call was recorded."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "helm"
    script.write_text(_SCRIPT.format(python=sys.executable, body=body))
    script.chmod(0o755)
    return script


def recorded(script: Path) -> dict[str, object]:
    call: dict[str, object] = json.loads((script.parent / "call.json").read_text())
    return call
