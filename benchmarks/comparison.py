"""Writes docs/comparison.md: what the other tools find of what our corpus shows.

python -m benchmarks.comparison

Peers that are on PATH look at the cases of `tests/checks/corpus.py`: files as files, snapshots as simulated
clusters with the same objects. The columns of the others stay as the page has them.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from tests.checks.corpus import Case, all_cases

from benchmarks.peers import PEERS, Command, Peer, peers_found
from seatrial.checks.registry import all_checks
from seatrial.checks.run import Inputs, check_inputs
from seatrial.cluster.findings import Severity
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.version import Minor

PAGE = Path(__file__).parents[1] / "docs/comparison.md"
COLUMNS = tuple(each for each in PEERS if each.name in ("pluto", "kubent", "kubepug", "popeye"))
_FIRING, _SILENT = 2, 1  # cases of a check that are made clusters: a peer takes seconds for each
_AT_ONCE = 8

_POPEYE = {
    "removed-api-remembered": {403},
    "removed-api-in-file": {403},
    "budget-without-pods": {900},
    "budget-never-allows": {901},
    "budget-blocks-now": {901},
    "pod-under-two-budgets": {209},
    "pod-without-controller": {208},
    "workload-without-budget": {206},
    "node-not-ready": {701, 702, 703, 704, 705, 706, 707},
    "budget-keeps-crashing-pods": {202, 203, 204, 205, 207, 501, 1120},
    "failing-before-start": {202, 203, 204, 205, 207, 501, 1120},
    "legacy-token": {304, 305},
}
"""popeye's codes that say the same as a check of ours; it has hundreds of remarks on other things."""

Said = set[str]
"""Names of the objects that a tool blames."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one peer made of one case."""

    number: int
    peer: str
    blamed: Said | None
    """None where the tool gave no answer that can be read."""
    gravely: Said
    """Those of them that it calls more than a remark."""


def main() -> int:
    cases = list(all_cases())
    found = peers_found()
    for peer in COLUMNS:
        if peer not in found:
            print(f"{peer.name} is not on PATH: its column stays as it is.", file=sys.stderr)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        seen = _together([*_on_files(cases, found, folder), *_on_clusters(cases, found, folder)])
    PAGE.write_text(page(_cells(cases, seen, found), _alarms(cases, seen, found)))
    return 0


def _together(seen: Iterable[Seen]) -> list[Seen]:
    """One for each case and tool, whatever number of its commands looked at it."""
    merged: dict[tuple[int, str], Seen] = {}
    for each in seen:
        known = merged.get((each.number, each.peer), each)
        blamed = known.blamed if each.blamed is None else each.blamed | (known.blamed or set())
        merged[each.number, each.peer] = Seen(each.number, each.peer, blamed, each.gravely | known.gravely)
    return list(merged.values())


def _on_files(cases: Sequence[Case], peers: Iterable[Peer], folder: Path) -> Iterator[Seen]:
    for number, case in enumerate(cases):
        if not case.files:
            continue
        place = folder / f"files-{number}" / "manifests"
        place.mkdir(parents=True)
        (place / "app.yaml").write_text(case.files)
        for peer in peers:
            if peer.on_files and peer in COLUMNS:
                yield _ask(number, peer, peer.on_files(place, case.target), case)


def _on_clusters(cases: Sequence[Case], peers: Sequence[Peer], folder: Path) -> list[Seen]:
    chosen = list(_chosen(cases))
    with _served(folder, chosen):
        kubeconfigs = {number: folder / f"case-{number}" / "kubeconfig" for number in chosen}

        def look(task: tuple[int, Peer]) -> list[Seen]:
            number, peer = task
            if peer.on_cluster is None or not kubeconfigs[number].exists():
                return []
            return [
                _ask(number, peer, peer.on_cluster(kubeconfigs[number], cases[number].target), cases[number])
            ]

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tasks = [(number, peer) for number in chosen for peer in peers]
            return [seen for some in pool.map(look, tasks) for seen in some]


def _chosen(cases: Sequence[Case]) -> Iterator[int]:
    taken: Counter[tuple[str, bool]] = Counter()
    for number, case in enumerate(cases):
        kind = (case.check, bool(case.severities))
        if case.snapshot is not None and taken[kind] < (_FIRING if kind[1] else _SILENT):
            taken[kind] += 1
            yield number


@contextmanager
def _served(folder: Path, numbers: Sequence[int]) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.corpus_server", str(folder), *map(str, numbers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        if server.stdout.readline() != "ready\n":
            raise SystemExit("the cases could not be served")
        try:
            yield
        finally:
            server.send_signal(signal.SIGINT)


def _ask(number: int, peer: Peer, command: Command, case: Case) -> Seen:
    name = peer.name.split()[0]
    answer = _answer(command)
    if answer is _UNREADABLE:
        return Seen(number, name, None, set())
    if name == "popeye":
        codes = _POPEYE.get(case.check, set())
        return Seen(number, name, _by_popeye(answer, codes, 1), _by_popeye(answer, codes, 2))
    blamed = {each.rpartition("/")[2] for each in _removed(name, answer, case.target)}
    return Seen(number, name, blamed, blamed)


_UNREADABLE = object()


def _answer(command: Command) -> Any:
    try:
        done = subprocess.run(command, capture_output=True, timeout=120)
        written = done.stdout[max(0, done.stdout.find(b'{"popeye"')) :]  # warnings come before it
        return msgspec.json.decode(written) if written.strip() else {}
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return _UNREADABLE


def _removed(peer: str, answer: Any, target: Minor) -> Iterator[str]:
    """Names of objects whose API the tool calls removed in the target; pluto puts a release before them."""
    match peer:
        case "pluto":
            yield from (each["name"] for each in answer.get("items") or () if each.get("removed"))
        case "kubent":
            yield from (each["Name"] for each in answer or () if _is_removed(each, target))
        case "kubepug":
            for each in answer.get("deleted_apis") or ():
                yield from (item["objectname"] for item in each.get("deleted_items") or ())
        case _:
            raise AssertionError(peer)


def _is_removed(item: Mapping[str, Any], target: Minor) -> bool:
    return "Deprecated APIs removed in" in item["RuleSet"] and all(
        Minor.parse(word) <= target for word in item["RuleSet"].split()[-1:]
    )


def _by_popeye(answer: Mapping[str, Any], codes: set[int], level: int) -> Said:
    return {
        name.rpartition("/")[2]
        for section in (answer.get("popeye") or {}).get("sections") or ()
        for name, issues in (section.get("issues") or {}).items()
        for issue in issues
        if issue.get("level", 0) >= level
        and any(issue["message"].startswith(f"[POP-{code}]") for code in codes)
    }


def _cells(cases: Sequence[Case], seen: Sequence[Seen], peers: Sequence[Peer]) -> dict[str, dict[str, str]]:
    """For each check and peer whether it found one of our cases."""
    cells = _known_cells()
    asked: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for each in seen:
        case = cases[each.number]
        if case.severities and each.blamed is not None:
            asked[case.check, each.peer].append(bool(each.blamed & _ours(case, only=True)))
    for check in all_checks():
        row = cells.setdefault(check.id, {})
        for peer in COLUMNS:
            if peer in peers:
                answers = asked.get((check.id, peer.name), [])
                row[peer.name] = f"{sum(answers)} of {len(answers)}" if any(answers) else "no"
    return {check.id: cells[check.id] for check in all_checks()}


def _alarms(cases: Sequence[Case], seen: Sequence[Seen], peers: Sequence[Peer]) -> dict[str, tuple[str, str]]:
    """For each peer how many cases it saw, and in how many it blames what we have no warning about."""
    alarms = _known_alarms()
    for peer in COLUMNS:
        if peer not in peers:
            continue
        answered = [each for each in seen if each.peer == peer.name and each.blamed is not None]
        wrong = {each.number for each in answered if each.gravely - _ours(cases[each.number], grave=True)}
        numbers = {each.number for each in answered}
        which = "; ".join(sorted(f"{cases[number].check}: {cases[number].name}" for number in wrong))
        alarms[peer.name] = (f"{len(wrong)} of {len(numbers)}", which)
    return alarms


def _ours(case: Case, *, only: bool = False, grave: bool = False) -> Said:
    """Names of what we blame in the case: its own check or all; `grave`: as a blocker or a warning."""
    manifests = parse_manifests(case.files, "app.yaml") if case.files else None
    report = check_inputs(
        Inputs("corpus", case.snapshot, manifests, case.audit), case.target, None, case.settings
    )
    found = [each for each in report.findings if not only or each.check == case.check]
    found = [each for each in found if not grave or each.severity is not Severity.INFO]
    if only and not found:  # another profile
        from tests.checks.corpus import run

        found = list(run(case).findings)
    return {ref.name for each in found for ref in each.objects}


_HEAD = """\
# Beside other tools

What other tools find of what our checks find, on the corpus of our tests: small clusters and files, each
made to show one thing. Made by `python -m benchmarks.comparison`, which runs the tools that are on PATH on
the same objects (clusters are simulated). The corpus is ours, so this is no measure of what those tools
find elsewhere: pluto, kubent and kubepug look for removed APIs only, as they say themselves, and popeye
looks at a cluster's health, not at upgrades. kubepug gets our table of APIs, as its own comes from the
network: its column shows its ways of looking, not its data.

"1 of 2" counts the cases in which the tool blames an object that our check blames; of popeye only the codes
that speak of the same thing count. Up to two firing clusters of each check were tried, and all files.
"""


_ALARMS = """\
Of all cases tried, near misses and empty clusters included: in how many a tool calls an object's API removed
(popeye: warns by a code that it has for the case's check) where we have neither a blocker nor a warning about
that object. What an object merely remembers (its last-applied configuration) was converted long ago by the
API server: it breaks nothing until somebody applies the old file again."""


def page(cells: Mapping[str, Mapping[str, str]], alarms: Mapping[str, tuple[str, str]]) -> str:
    names = [each.name for each in COLUMNS]
    lines = [_HEAD, "| tool | version |", "|---|---|"]
    lines += [f"| {each.name} | {each.version} |" for each in COLUMNS]
    lines += [
        "",
        "## What each finds",
        "",
        f"| check | ours | {' | '.join(names)} |",
        "|---" * (len(names) + 2) + "|",
    ]
    lines += [
        f"| [`{check}`](checks.md#{check}) | found | {' | '.join(row.get(name, '') for name in names)} |"
        for check, row in cells.items()
    ]
    lines += ["", "## False alarms", ""]
    lines += [
        *_ALARMS.splitlines(),
        "",
        "| tool | false alarms | where |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {count} | {where} |" for name, (count, where) in alarms.items()]
    return "\n".join(lines) + "\n"


def _known_cells() -> dict[str, dict[str, str]]:
    """What the page says now."""
    names = [each.name for each in COLUMNS]
    cells: dict[str, dict[str, str]] = {}
    for parts in _rows("What each finds"):
        if parts[0].startswith("[`"):
            cells[parts[0].split("`")[1]] = dict(zip(names, parts[2:], strict=False))
    return cells


def _known_alarms() -> dict[str, tuple[str, str]]:
    names = {each.name for each in COLUMNS}
    return {parts[0]: (parts[1], parts[2]) for parts in _rows("False alarms") if parts[0] in names}


def _rows(section: str) -> Iterator[list[str]]:
    if PAGE.exists():
        text = PAGE.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
        for line in text.splitlines():
            if line.startswith("| "):
                yield [each.strip() for each in line.strip("|").split("|")]


if __name__ == "__main__":
    sys.exit(main())
