"""A rehearsal from a portable snapshot differs from one of the live cluster only where its report says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.rehearsal.charts import HELM, chart_steps, component, installed, write_chart
from tests.rehearsal.worlds import Change, a_budget, a_cluster, an_app, an_upgrade

from seatrial.capture.redact import portable
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import ExitCode
from seatrial.plan import UpgradeChart
from seatrial.rehearsal import RehearsalReport, rehearse
from seatrial.rehearsal.report import NotModelled
from seatrial.rehearsal.seed_releases import InstalledChart
from seatrial.simulator.store import ResourceKey
from seatrial.wiring.planning import PlanRequest, plan_snapshot
from seatrial.wiring.rehearsing import rehearsal_tools

pytestmark = pytest.mark.journey
SECRET = {
    "metadata": {"name": "license", "namespace": "default"},
    "data": {"kind": "Z29sZCBwbGFu"},
}  # "gold plan"
PASSES_ON = """\
{{- $found := lookup "v1" "Secret" .Release.Namespace "license" }}
apiVersion: v1
kind: ConfigMap
metadata: {name: copy}
data:
  same: {{ $found.data.kind | quote }}
  inside: "plan={{ $found.data.kind }};"
"""
DEPENDS = (
    PASSES_ON
    + """\
  checksum: {{ $found.data.kind | sha256sum }}
  {{- if eq (b64dec $found.data.kind) "gold plan" }}
  gold: "yes"
  {{- end }}
"""
)
BY_CHANCE = """\
apiVersion: v1
kind: Secret
metadata: {name: made-up}
stringData: {password: {{ randAlphaNum 20 | quote }}}
"""


def a_license() -> Change:
    return lambda cluster: cluster.verbs.create(ResourceKey("", "secrets"), SECRET) and None


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chart(tmp_path_factory.mktemp("charts"), "1.0.0", "app:1")


@pytest.fixture(scope="module")
def snapshot(old: Path) -> Snapshot:
    return a_cluster(an_app(replicas=1), a_budget(minAvailable=1), a_license(), captured=installed(old))


def both(snapshot: Snapshot, old: Path, new: Path) -> tuple[RehearsalReport, RehearsalReport]:
    """Live, and from the portable snapshot with the charts of the Stack."""
    plan = an_upgrade(snapshot, *chart_steps(new), components=(component(new),))
    stack = [InstalledChart("default", "app", "1.0.0", old)]
    tools = rehearsal_tools(HELM, {})
    return rehearse(snapshot, plan, tools), rehearse(portable(snapshot), plan, tools, installed=stack)


def apart_from_the_snapshot(report: RehearsalReport) -> Any:
    said = msgspec.to_builtins(report)
    return {key: said[key] for key in said.keys() - {"fromPortableSnapshot", "portable"}}


def test_without_secrets_in_play_the_two_reports_are_the_same(
    snapshot: Snapshot, old: Path, tmp_path: Path
) -> None:
    live, from_file = both(snapshot, old, write_chart(tmp_path, "2.0.0", "app:2"))
    assert live.failed, "so that there is more to compare than a success"
    assert apart_from_the_snapshot(from_file) == apart_from_the_snapshot(live)
    assert live.portable is None
    assert from_file.portable is not None
    assert from_file.portable.charts_from_stack == ("default/app 1.0.0",)
    assert from_file.portable.depends_on_secrets == ()
    assert "are tokens" in from_file.portable.tokens


def test_a_token_that_is_only_passed_on_depends_on_nothing_but_the_lookup_is_named(
    snapshot: Snapshot, old: Path, tmp_path: Path
) -> None:
    _, report = both(snapshot, old, write_chart(tmp_path, "2.0.0", "app:2", extra=PASSES_ON))
    assert report.portable is not None
    assert report.portable.depends_on_secrets == (
        NotModelled(
            "chart of app: templates/extra.yaml",
            "it looks objects up in the cluster, and saw tokens in place of secrets.",
        ),
    )


def test_what_is_computed_from_a_secret_is_named_with_its_field(
    snapshot: Snapshot, old: Path, tmp_path: Path
) -> None:
    live, report = both(snapshot, old, write_chart(tmp_path, "2.0.0", "app:2", extra=DEPENDS))
    assert live.portable is None
    assert report.portable is not None
    first = report.portable.depends_on_secrets[0]
    assert first.what.endswith("of release default/app: data.checksum")
    assert first.why == "it depends on secret values, or on chance."
    assert "What depends on secrets may go otherwise" in report.verdict
    assert report.exit_code in (ExitCode.BLOCKERS, ExitCode.INCOMPLETE)


def test_what_a_chart_makes_up_is_named_too(snapshot: Snapshot, old: Path, tmp_path: Path) -> None:
    _, report = both(snapshot, old, write_chart(tmp_path, "2.0.0", "app:2", extra=BY_CHANCE))
    assert report.portable is not None
    (found,) = report.portable.depends_on_secrets
    assert found.what.endswith("of release default/app: stringData.password")


def test_the_plan_that_is_made_from_it_is_the_same(snapshot: Snapshot) -> None:
    request = PlanRequest(to="1.34", by="ann", permitted_fixes=("budget-never-allows",))
    live = plan_snapshot(snapshot, request, snapshot.meta.captured_at)
    from_file = plan_snapshot(portable(snapshot), request, snapshot.meta.captured_at)
    assert from_file.plan == live.plan
    assert live.plan.findings


def test_a_plan_without_charts_is_rehearsed_once(snapshot: Snapshot) -> None:
    asked: list[object] = []
    plan = an_upgrade(snapshot)
    assert not any(isinstance(step.action, UpgradeChart) for step in plan.steps)
    tools = rehearsal_tools(HELM, {}, asked.append)
    live = rehearse(snapshot, plan, tools)
    heard = len(asked)
    from_file = rehearse(portable(snapshot), plan, tools)
    assert len(asked) == 2 * heard
    assert apart_from_the_snapshot(from_file) == apart_from_the_snapshot(live)
