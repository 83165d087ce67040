"""Read a fleet file: all that is wrong with it at once, each with its line.

The one module of this package that touches the disk.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ValidationError

from seatrial.errors import BadInput, NewerFormat, NotFound
from seatrial.fleet.consistency import inconsistencies
from seatrial.fleet.document import YamlDocument, read_yaml
from seatrial.fleet.model import FLEET_FORMAT, Fleet
from seatrial.fleet.problems import FileProblems, Path, Problem, did_you_mean

_MOST_BYTES = 16 * 1024 * 1024


def read_fleet(path: pathlib.Path) -> Fleet:
    """The fleet in the file at `path`; raise `FileProblems`, `NewerFormat` or `BadInput`.

    Paths in it are relative to its folder: charts and values files that are not there are problems.
    """
    base = path.parent

    def is_there(relative: str) -> bool:
        return (base / relative).exists()

    return parse_fleet(_text(path), source=str(path), is_there=is_there)


def parse_fleet(text: str, *, source: str, is_there: Callable[[str], bool] = lambda _: True) -> Fleet:
    """The fleet in `text`; `is_there` says whether a path that it names exists."""
    document = read_yaml(text)
    if document.data is None:
        raise FileProblems(source, document.problems)
    if not isinstance(document.data, dict):
        raise FileProblems(source, [Problem(1, (), "a fleet file is a mapping with the key 'clusters'")])
    _refuse_newer(document, source)
    problems = list(document.problems)
    fleet = None
    try:
        fleet = Fleet.model_validate(document.data)
    except ValidationError as error:
        problems += _problems(document, error)
        # with nothing but unknown fields wrong, what follows from the rest can still be said
        with suppress(ValidationError):
            fleet = Fleet.model_validate(document.data, extra="ignore")
    if fleet is not None:
        problems += [
            Problem(document.line(found.path), found.path, found.message)
            for found in inconsistencies(fleet, is_there)
        ]
    if fleet is None or problems:
        raise FileProblems(source, problems)
    return fleet


def _text(path: pathlib.Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(
                "it is larger than 16 MB, which no fleet file is.",
                where=str(path),
                next_step="Name the fleet file.",
            )
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(
            "there is no such file.", where=str(path), next_step="Check the path of the fleet file."
        ) from None
    except UnicodeDecodeError as error:
        raise BadInput(
            f"byte {error.start} is not UTF-8 text.", where=str(path), next_step="Save the file as UTF-8."
        ) from None
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise BadInput(
            f"it cannot be read: {reason}.", where=str(path), next_step="Name a readable file."
        ) from None


def _refuse_newer(document: YamlDocument, source: str) -> None:
    found = document.data.get("format")
    if isinstance(found, int) and not isinstance(found, bool):
        where = f"{source}:{document.line(('format',))}"
        if found > FLEET_FORMAT:
            raise NewerFormat("fleet file", found, FLEET_FORMAT, where=where)
        if found < 1:
            raise BadInput(f"there is no format {found}.", where=where, next_step="Write format: 1.")


def _problems(document: YamlDocument, error: ValidationError) -> Iterator[Problem]:
    """pydantic's errors in our words, without those that only follow from another."""
    details = [(_in_the_file(detail["loc"]), detail) for detail in error.errors()]
    wrong = {path for path, _ in details}
    for path, detail in details:
        around = detail["type"] == "too_short" and any(
            other[: len(path)] == path and other != path for other in wrong
        )
        other_member = detail["type"] == "tuple_type" and detail["loc"] != path
        if not around and not other_member:
            yield _problem(document, path, detail)


def _in_the_file(loc: Path) -> Path:
    return tuple(part for part in loc if part not in _MEMBERS)


def _problem(document: YamlDocument, path: Path, detail: Any) -> Problem:
    match detail["type"]:
        case "extra_forbidden":
            known = _fields_at(path[:-1])
            return Problem(
                document.line(path), path, f"there is no such field{did_you_mean(str(path[-1]), known)}"
            )
        case "missing":
            message = "it is missing"
        case "string_type":
            message = f"{detail['input']!r} is not text" + (
                "; put it in quotes" if isinstance(detail["input"], int | float) else ""
            )
        case "string_pattern_mismatch":
            message = (
                f"{detail['input']!r} is not a name: use lower-case letters, digits, '-' and '.', up to 63"
            )
        case "literal_error" | "enum":
            message = f"{detail['input']!r} is not one of {detail['ctx']['expected']}"
        case "value_error":
            message = str(detail["ctx"]["error"])
        case _:
            message = detail["msg"][0].lower() + detail["msg"][1:]
    return Problem(document.line(path), path, message)


# what pydantic adds to a path to say which member of a union it tried
_MEMBERS = frozenset({"str", "tuple[str, ...]"})


def _fields_at(path: tuple[str | int, ...]) -> list[str]:
    """The names of the fields that may stand at `path`, as the file writes them."""
    model: Any = Fleet
    for part in path:
        if isinstance(part, int):
            continue
        if isinstance(model, type) and issubclass(model, BaseModel):
            by_alias = {field.alias or name: field for name, field in model.model_fields.items()}
            model = _model_in(by_alias[part].annotation) if part in by_alias else None
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _model_in(annotation: Any) -> Any:
    """The model inside `tuple[Model, ...]`, `dict[str, Model]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
