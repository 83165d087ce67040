from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.errors import BadInput, NewerFormat, NotFound
from seatrial.fleet.load import parse_fleet, read_fleet
from seatrial.fleet.problems import FileProblems

GOLDEN = Path(__file__).parent / "golden/format-1.yaml"

SMALL = """\
clusters:
  - name: a
    provider: {kind: simulated}
    version: 1.30
    tier: test
"""


def problems(text: str) -> list[str]:
    """What is wrong, as "line: path: message"."""
    with pytest.raises(FileProblems) as caught:
        parse_fleet(text, source="fleet.yaml")
    return [f"{problem.line}: {problem}" for problem in caught.value.problems]


def test_a_file_of_format_1_is_read_for_ever() -> None:
    fleet = parse_fleet(GOLDEN.read_text(), source="golden")
    test = fleet.clusters[0]
    assert (fleet.name, test.version, test.owners.node_groups.how) == ("shop", "1.33", "handoff")
    assert (test.owners.control_plane.by, fleet.strategies[0].stages[0].soak) == ("terraform", "1d12h")


def test_a_version_without_quotes_keeps_its_zero() -> None:
    assert parse_fleet(SMALL, source="f").clusters[0].version == "1.30"


def test_a_newer_format_is_refused_before_anything_else_is_read() -> None:
    with pytest.raises(NewerFormat) as caught:
        parse_fleet("name: x\nformat: 2\nnew: [things]\n", source="fleet.yaml")
    assert str(caught.value) == (
        "fleet.yaml:2: this fleet file has format 2; this Seatrial reads formats up to 1."
        " Upgrade Seatrial and run the command again."
    )


def test_all_wrong_fields_are_named_at_once_with_their_lines() -> None:
    assert problems(
        """\
clusters:
  - name: a
    provider: {kind: eks, regoin: x}
    version: 1.30
    tier: tets
  - name: B_b
    provider: {kind: gke}
    version: "1.31"
    labels: {ring: 1, tier: gold}
strategies:
  - name: s
    stages:
      - {name: one, soak: 3x, maxConcurrent: 0}
"""
    ) == [
        "3: clusters[0].provider.regoin: there is no such field; did you mean 'region'?",
        "5: clusters[0].tier: 'tets' is not one of 'test', 'non-production' or 'production'",
        "6: clusters[1].name: 'B_b' is not a name: use lower-case letters, digits, '-' and '.', up to 63",
        "6: clusters[1].tier: it is missing",
        "9: clusters[1].labels.ring: 1 is not text; put it in quotes",
        "13: strategies[0].stages[0].maxConcurrent: input should be greater than or equal to 1",
        "13: strategies[0].stages[0].soak: '3x' is not a duration. Write it as 45s, 30m, 12h, 3d or 1d12h.",
    ]


def test_labels_that_selectors_take_from_fields_are_refused() -> None:
    assert problems(SMALL + "    labels: {tier: gold, region: eu}\n") == [
        "6: clusters[0].labels: region, tier: selectors take this from the field of that name; remove it"
    ]


def test_an_unknown_field_does_not_hide_what_else_is_wrong() -> None:
    assert problems(SMALL.replace("1.30", "1.99") + "    colour: blue\n") == [
        "4: clusters[0].version: there is no Kubernetes 1.99. The newest minor that we know is 1.37.",
        "6: clusters[0].colour: there is no such field; known are name, provider, version, tier,"
        " architectures, context, labels, contacts, owners, values, maintenance.",
    ]


def test_wrong_windows_are_named_with_what_would_be_right() -> None:
    assert problems(
        SMALL
        + """\
    maintenance:
      zone: Europe/Pris
      windows:
        - {from: 22:00, to: 22:00}
        - {days: [monday], from: 8:00, to: 25:00}
        - {days: [], from: 24:00, to: 04:00}
        - {from: 22:00, to: 22:20}
        - {from: 24:00, to: 04:00}
        - {to: 04:00}
      exclusions:
        - {from: 2026-12-18, until: 2026-12-17, why: year end}
        - {from: 2026-02-30, until: 20260301}
        - {from: 2026-01-01, until: 2029-01-01, why: for ever}
  - name: b
    provider: {kind: simulated}
    version: 1.30
    tier: test
    maintenance: {zone: UTC}
"""
    ) == [
        "7: clusters[0].maintenance.zone: there is no time zone 'Europe/Pris'; did you mean 'Europe/Paris'?",
        "9: clusters[0].maintenance.windows[0]: from and to are both 22:00; for whole days write"
        " from: '00:00' and to: '24:00'",
        "10: clusters[0].maintenance.windows[1].days[0]: 'monday' is not one of 'mon', 'tue', 'wed', 'thu',"
        " 'fri', 'sat' or 'sun'",
        "10: clusters[0].maintenance.windows[1].from: '8:00' is not a time of day; write it as 08:30",
        "10: clusters[0].maintenance.windows[1].to: '25:00' is not a time of day; write it as 08:30",
        "11: clusters[0].maintenance.windows[2].days: tuple should have at least 1 item after validation,"
        " not 0",
        "12: clusters[0].maintenance.windows[3]: 22:00 to 22:20 are 20 minutes; clusters need at least 30"
        " to start",
        "13: clusters[0].maintenance.windows[4]: from: 24:00 is the end of a day; write 00:00 of the day"
        " after",
        "14: clusters[0].maintenance.windows[5].from: it is missing",
        "16: clusters[0].maintenance.exclusions[0]: until 2026-12-17 is before from 2026-12-18",
        "17: clusters[0].maintenance.exclusions[1].from: '2026-02-30' is not a date; write it as 2026-12-18",
        "17: clusters[0].maintenance.exclusions[1].until: 20260301 is not text; put it in quotes",
        "17: clusters[0].maintenance.exclusions[1].why: it is missing",
        "18: clusters[0].maintenance.exclusions[2]: 1097 days are longer than a year; leave it out with the"
        " strategy's scope",
        "23: clusters[1].maintenance: it has neither windows nor exclusions",
    ]


def test_duplicate_keys_are_all_named() -> None:
    assert problems(SMALL + "    tier: production\n    name: b\n") == [
        "6: clusters[0].tier: 'tier' is written twice; the first is on line 5",
        "7: clusters[0].name: 'name' is written twice; the first is on line 2",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: the file is empty"),
        ("# only a comment\n", "1: the file is empty"),
        ("- a\n", "1: a fleet file is a mapping with the key 'clusters'"),
        (SMALL + "---\nmore: 1\n", "7: a second document starts here; a fleet file has one"),
        (SMALL + "  - [oops\n", "7: this is not YAML"),
        ("a: &a [*a]\n", "1: "),
        ("clusters: []\n", "1: clusters: "),
        ("clusters: [1]\n", "1: clusters[0]: "),
        ("clusters: !!python/object:os.system x\n", "1: clusters: "),
        ("clusters:\n\t- a\n", "2: this is not YAML"),
        ("? [a, b]\n: 1\n", "1: "),
    ],
)
def test_broken_files_are_one_clear_message(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected)


def test_aliases_of_aliases_do_not_explode() -> None:
    levels = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12))
    assert problems("x0: &x0 [a]\n" + levels)[0].startswith("1: it holds more than")


def test_merge_keys_and_anchors_work() -> None:
    fleet = parse_fleet(
        """\
clusters:
  - &base {name: a, provider: {kind: eks}, version: 1.30, tier: test}
  - {<<: *base, name: b}
""",
        source="f",
    )
    assert [(cluster.name, cluster.version) for cluster in fleet.clusters] == [("a", "1.30"), ("b", "1.30")]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no such file"):
        read_fleet(tmp_path / "fleet.yaml")


def test_a_folder_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="it cannot be read: is a directory"):
        read_fleet(tmp_path)
    (tmp_path / "f").write_bytes(b"name: \xff\xfe")
    with pytest.raises(BadInput, match="byte 6 is not UTF-8"):
        read_fleet(tmp_path / "f")


def test_charts_and_values_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "charts/dns").mkdir(parents=True)
    (tmp_path / "fleet.yaml").write_text(GOLDEN.read_text())
    with pytest.raises(FileProblems) as caught:
        read_fleet(tmp_path / "fleet.yaml")
    assert [str(problem) for problem in caught.value.problems] == [
        f"{where}: there is no {kind} at {path}, counted from the fleet file's folder"
        for where, kind, path in (
            ("clusters[0].values.ingress[0]", "values file", "values/test.yaml"),
            ("stack[0].chart", "chart", "charts/ingress-1"),
            ("stack[0].values[0]", "values file", "values/all.yaml"),
            ("releases[0].charts.ingress", "chart", "charts/ingress-2"),
            ("releases[0].values.ingress[0]", "values file", "values/two.yaml"),
        )
    ]


def test_of_thousands_of_problems_the_first_fifty_are_shown() -> None:
    text = SMALL.rstrip() + "\n" + "".join(f"wrong{number}: 1\n" for number in range(2000))
    with pytest.raises(FileProblems) as caught:
        parse_fleet(text, source="fleet.yaml")
    shown = caught.value.what.splitlines()
    assert (len(caught.value.problems), len(shown)) == (2000, 51)
    assert shown[-1] == "2000 problems, of which these are the first 50."
