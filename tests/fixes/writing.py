"""YAML as people write it for kubectl: texts that it would take for booleans are quoted."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import ryaml
from ruamel.yaml import YAML

WORDS = ("y", "n", "yes", "no", "on", "off")
_WORD = re.compile(rf"(?<=[:-] )(?:{'|'.join(WORDS)})$", re.IGNORECASE | re.MULTILINE)


def block(obj: Any) -> str:
    return _WORD.sub(r'"\g<0>"', ryaml.dumps(obj))


def indented(obj: Any) -> str:
    """Lists indented below their key, as Helm's authors write them."""
    yaml, out = YAML(), StringIO()
    yaml.indent(mapping=4, sequence=6, offset=4)
    yaml.dump(obj, out)
    return _WORD.sub(r'"\g<0>"', out.getvalue())
