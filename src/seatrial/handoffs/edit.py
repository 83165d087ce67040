"""Changes one value in a text and nothing else: comments, order and blanks stay as people wrote them.

Three notations, told apart by the file's ending: JSON (also `.tfvars.json`), YAML, and Terraform's
assignments. Where the value is not exactly where it is said to be, nothing is guessed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from seatrial.errors import BadInput


@dataclass(frozen=True, slots=True)
class Edit:
    text: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after


def set_variable(text: str, file: str, variable: str, value: str) -> Edit:
    """`text` with the variable at `value`, in the form that the old value has (1.33, v1.33.4, "1.33").

    Raises `BadInput` when the file is no such text, or the variable is not in it exactly once.
    """
    if file.endswith((".tf", ".tfvars", ".hcl")):
        return _in_terraform(text, file, variable, value)
    return _in_yaml(text, file, variable, value)


def in_the_form_of(before: str, value: str) -> str:
    """A version written as the old one is: with its "v", and with as many numbers where it is a minor."""
    prefix = "v" if before.startswith("v") and not value.startswith("v") else ""
    if re.fullmatch(r"v?\d+\.\d+", before) and re.fullmatch(r"v?\d+\.\d+\.\d+", value):
        value = value.rpartition(".")[0]
    return prefix + value


def _in_terraform(text: str, file: str, variable: str, value: str) -> Edit:
    """`NAME = "value"` at the start of a line; a dotted name is an attribute inside blocks or maps."""
    *around, name = variable.split(".")
    pattern = re.compile(rf'^[ \t]*"?{re.escape(name)}"?[ \t]*[=:][ \t]*"(?P<value>[^"\n$]*)"', re.MULTILINE)
    start, end = 0, len(text)
    for outer in around:
        opened = re.compile(rf'(?<![\w-])"?{re.escape(outer)}"?[ \t]*[=:]?[ \t]*\{{').search(text, start, end)
        if opened is None:
            raise _not_there(file, variable)
        start = opened.end()
        end = _closing(text, start, end)
    # a map on one line has its attributes in the middle of it
    if around and "\n" not in text[start:end]:
        pattern = re.compile(rf'(?<![\w-])"?{re.escape(name)}"?[ \t]*[=:][ \t]*"(?P<value>[^"\n$]*)"')
    found = [
        each
        for each in pattern.finditer(text, start, end)
        if around or _depth(text, each.start("value")) == 0
    ]
    if not found:
        raise _not_there(file, variable)
    if len(found) > 1:
        raise _ambiguous(file, variable, len(found))
    before = found[0]["value"]
    after = in_the_form_of(before, value)
    return Edit(text[: found[0].start("value")] + after + text[found[0].end("value") :], before, after)


def _closing(text: str, start: int, end: int) -> int:
    depth = 1
    for at in range(start, end):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return at
    return end


def _depth(text: str, end: int) -> int:
    return text.count("{", 0, end) - text.count("}", 0, end)


def _in_yaml(text: str, file: str, variable: str, value: str) -> Edit:
    # JSON is YAML but for its tabs, which stand between values only
    readable = text.replace("\t", " ") if file.endswith(".json") else text
    try:
        documents = list(YAML(typ="safe", pure=True).compose_all(readable))
    except (YAMLError, RecursionError) as error:
        raise BadInput(
            f"it cannot be read: {str(error).splitlines()[0]}.", where=file, next_step="Mend the file."
        ) from None
    found = [node for document in documents if (node := _at(document, variable.split("."))) is not None]
    if not found:
        raise _not_there(file, variable)
    if len(found) > 1:
        raise _ambiguous(file, variable, len(found))
    node = found[0]
    if not isinstance(node, ScalarNode) or node.style in ("|", ">"):
        raise BadInput(
            f"{variable} is not a plain value.", where=file, next_step="Name a variable that holds a version."
        )
    before, after = str(node.value), in_the_form_of(str(node.value), value)
    start, end = node.start_mark.index, node.end_mark.index
    written = json.dumps(after, ensure_ascii=False)
    if node.style == "'":
        written = "'" + after.replace("'", "''") + "'"
    elif node.style is None and not _reads_as_a_number(after) and _is_plain(after):
        written = after
    return Edit(text[:start] + written + text[end:], before, after)


def _at(node: Node | None, path: list[str]) -> Node | None:
    """What stands at the path; keys may hold dots themselves, so longer ones are tried as well."""
    if node is None or not path:
        return node
    if isinstance(node, SequenceNode):
        index = int(path[0]) if path[0].isdigit() else -1
        return _at(node.value[index], path[1:]) if 0 <= index < len(node.value) else None
    if isinstance(node, MappingNode):
        for taken in range(1, len(path) + 1):
            name = ".".join(path[:taken])
            for key, inner in node.value:
                if key.value == name:
                    found = _at(inner, path[taken:])
                    if found is not None:
                        return found
    return None


def _reads_as_a_number(text: str) -> bool:
    return re.fullmatch(r"[-+.\d_eE]+", text) is not None and text.count(".") < 2


def _is_plain(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][\w.+/-]*", text) is not None


def _not_there(file: str, variable: str) -> BadInput:
    return BadInput(
        f"there is no variable {variable} with a plain value in it.",
        where=file,
        next_step="Correct `variable` or `file` of the owner in the fleet file.",
    )


def _ambiguous(file: str, variable: str, count: int) -> BadInput:
    return BadInput(
        f"{variable} is in it {count} times.", where=file, next_step="Name it in full in the fleet file."
    )
