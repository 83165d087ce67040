"""YAML text read into plain data that remembers on which line each value stood.

Numbers with a point stay as written, since the only ones in our files are versions: 1.30 must not
become 1.3. Duplicate keys are reported, all of them; other parsers keep the last one silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from seatrial.fleet.problems import Path, Problem

_MOST_VALUES = 500_000  # a thousand clusters need some 30,000; aliases of aliases would need billions


@dataclass(frozen=True, slots=True)
class YamlDocument:
    data: Any
    lines: dict[Path, int]
    """Line (from 1) of each value: of its key where it has one."""
    problems: tuple[Problem, ...]

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read_yaml(text: str) -> YamlDocument:
    """Read the one document in `text`; what is wrong with it is in `problems`, never raised."""
    try:
        nodes = list(YAML(typ="safe", pure=True).compose_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        return _broken(mark.line + 1 if mark else 1, f"this is not YAML: {said}")
    except (YAMLError, RecursionError) as error:
        return _broken(1, f"this is not YAML: {str(error).splitlines()[0]}")
    if not nodes or nodes[0] is None:
        return _broken(1, "the file is empty")
    if len(nodes) > 1:
        line = nodes[1].start_mark.line + 1
        return _broken(line, "a second document starts here; a fleet file has one")
    reader = _Reader()
    try:
        data = reader.read((), nodes[0])
    except _TooLargeError:
        return _broken(1, f"it holds more than {_MOST_VALUES} values (aliases counted each time)")
    except RecursionError:
        return _broken(1, "an alias holds itself, or it is nested too deeply")
    return YamlDocument(data, reader.lines, tuple(reader.problems))


def _broken(line: int, message: str) -> YamlDocument:
    return YamlDocument(None, {}, (Problem(line, (), message),))


class _TooLargeError(Exception):
    pass


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._count = 0

    def read(self, path: Path, node: Node) -> Any:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise _TooLargeError
        self.lines.setdefault(path, node.start_mark.line + 1)
        match node:
            case MappingNode():
                return self._mapping(path, node)
            case SequenceNode():
                return [self.read((*path, index), item) for index, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(path, node)
        raise AssertionError(node)

    def _mapping(self, path: Path, node: MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.problems.append(Problem(line, path, "a key must be a plain word"))
                continue
            name = str(key.value)
            if name == "<<":
                merged.update(self._merged(path, value))
                continue
            if name in found:
                first = self.lines[(*path, name)]
                self.problems.append(
                    Problem(line, (*path, name), f"{name!r} is written twice; the first is on line {first}")
                )
                continue
            self.lines[(*path, name)] = line
            found[name] = self.read((*path, name), value)
        return {**merged, **found}

    def _merged(self, path: Path, node: Node) -> dict[str, Any]:
        """What `<<: *alias` or `<<: [*a, *b]` brings; in a list the earlier wins."""
        parts = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            value = self.read(path, part)
            if isinstance(value, dict):
                merged.update(value)
            else:
                self.problems.append(Problem(part.start_mark.line + 1, path, "<< must name a mapping"))
        return merged

    def _scalar(self, path: Path, node: ScalarNode) -> Any:
        text = str(node.value)
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                try:
                    return int(text.replace("_", ""), 0)
                except ValueError:
                    return text
            case "str" | "float" | "timestamp":
                return text
        self.problems.append(
            Problem(node.start_mark.line + 1, path, f"the tag {node.tag} has no meaning here")
        )
        return text
