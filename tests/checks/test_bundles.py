"""Files that are never applied together are told apart."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.bundles import bundles
from seatrial.checks.registry import get_check
from seatrial.checks.run import Inputs, check_inputs
from seatrial.cluster.manifests import Manifest, Manifests, parse_manifests
from seatrial.cluster.version import Minor


def _written(**files: str) -> tuple[Manifest, ...]:
    """file → names of the ConfigMaps in it; `__` stands for a slash."""
    return tuple(
        each
        for file, names in files.items()
        for name in names.split()
        for each in parse_manifests(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n", file.replace("__", "/")
        ).found
    )


def _files(manifests: tuple[Manifest, ...]) -> list[list[str]]:
    return [sorted({each.file for each in one}) for one in bundles(manifests)]


def test_files_without_repetitions_are_one_set() -> None:
    assert _files(_written(a__x="p", b__y="q", c="r")) == [["a/x", "b/y", "c"]]


def test_overlays_are_parted_and_what_differs_below_stays_together() -> None:
    found = _files(_written(dev__web__x="p", dev__till__y="q", prod__web__x="p", prod__till__y="q"))
    assert found == [["dev/till/y", "dev/web/x"], ["prod/till/y", "prod/web/x"]]


def test_versions_below_a_common_folder_are_parted() -> None:
    assert _files(_written(redis__1__t="p", redis__2__t="p")) == [["redis/1/t"], ["redis/2/t"]]


def test_two_files_of_one_folder_with_the_same_object_are_parted() -> None:
    assert _files(_written(a__x="p", a__y="p")) == [["a/x"], ["a/y"]]


@given(st.lists(st.tuples(st.sampled_from(["a/x", "a/y", "b/x", "c"]), st.sampled_from("pqr")), max_size=8))
def test_nothing_is_lost_and_no_set_has_an_object_in_two_files(written: list[tuple[str, str]]) -> None:
    manifests = tuple(
        each
        for file, name in written
        for each in parse_manifests(f"apiVersion: v1\nkind: X\nmetadata: {{name: {name}}}\n", file).found
    )
    parted = bundles(manifests)
    assert sorted((e.file, e.name) for one in parted for e in one) == sorted(
        (e.file, e.name) for e in manifests
    )
    for one in parted:
        places: dict[str, set[str]] = {}
        for each in one:
            places.setdefault(each.name, set()).add(each.file)
        assert all(len(files) == 1 for files in places.values())


APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: MOST, selector: {matchLabels: {app: web}}}
"""


def test_budgets_of_two_overlays_are_not_added_up_and_findings_name_their_own_overlay() -> None:
    dev = parse_manifests(APP.replace("MOST", "1"), "dev/app.yaml").found
    prod = parse_manifests(APP.replace("MOST", "0"), "prod/app.yaml").found
    checks = [get_check("budget-never-allows"), get_check("pod-under-two-budgets")]
    report = check_inputs(Inputs(".", manifests=Manifests(dev + prod)), Minor(1, 37), checks)
    assert [(each.check, each.location) for each in report.findings] == [
        ("budget-never-allows", "prod/app.yaml:9")
    ]
