"""Find the rollout that `rollout start` is about: the unfinished one of before, or a new one after a look."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path

import click

from seatrial.charts import find_helm
from seatrial.cli.asking import confirmed
from seatrial.cli.output import print_line
from seatrial.cli.rollout_desk import Desk, refuse_while_stopped, who
from seatrial.errors import BadInput, Conflict
from seatrial.fleet.durations import write_duration
from seatrial.fleet.load import read_fleet
from seatrial.fleet.windows import Maintenance, write_maintenance
from seatrial.rollout.document import Rollout, digest, new_rollout
from seatrial.rollout_runs.inputs import freeze_inputs
from seatrial.rollout_runs.journal import RolloutJournal, create_rollout
from seatrial.store import Overtaken
from seatrial.wiring.check_settings import refuse_unknown_checks
from seatrial.workers.charts import share_charts


async def prepare(
    desk: Desk, path: Path, release: str, strategy: str, *, yes: bool, by: str
) -> RolloutJournal:
    """The journal of the rollout to drive; a new one is shown and confirmed first."""
    fleet = read_fleet(path)
    refuse_unknown_checks(fleet)
    rollout = new_rollout(
        fleet,
        release,
        strategy,
        rollout_id=f"{release}-{secrets.token_hex(2)}",
        at=desk.clock.now(),
        by=who(by),
        base=path.parent.absolute(),
    )
    rollout = freeze_inputs(rollout, desk.inputs)
    going, newest = await _going_on(desk, rollout)
    if going is not None:
        return going
    await refuse_while_stopped(desk)
    if fleet.stack and desk.queue is None:  # driven here: without helm every cluster would be blocked
        await find_helm(environment=os.environ, folder=Path.cwd())
    _show(rollout)
    if not yes:
        _confirm()
    if desk.queue is not None:
        await share_charts(desk.store, rollout, desk.inputs)
    while True:
        try:
            return await create_rollout(desk.store, rollout, newest=newest)
        except Overtaken:  # somebody else started one, perhaps over the same clusters
            going, newest = await _going_on(desk, rollout)
            if going is not None:
                return going


async def _going_on(desk: Desk, rollout: Rollout) -> tuple[RolloutJournal | None, str]:
    """The unfinished one that was asked for before, if any, and the newest rollout that was looked at."""
    found = await desk.rollouts()
    for journal in found:
        if journal.state.finished:
            continue
        if _same(journal.rollout, rollout):
            _say_continuing(journal, rollout)
            return journal, ""
        _refuse_overlap(journal.rollout, rollout)
    return None, found[-1].rollout.id if found else ""


def _same(running: Rollout, asked: Rollout) -> bool:
    """Whether it was asked for before; two fleets that share a name do not share clusters."""

    def names(rollout: Rollout) -> tuple[str, str, str]:
        return rollout.fleet, rollout.release, rollout.strategy

    return names(running) == names(asked) and bool(_shared(running, asked))


def _shared(one: Rollout, other: Rollout) -> list[str]:
    """Clusters that are in both, known by name and context."""
    contexts = {(cluster.name, cluster.target.context) for cluster in one.clusters}
    return [each.name for each in other.clusters if (each.name, each.target.context) in contexts]


def _say_continuing(journal: RolloutJournal, asked: Rollout) -> None:
    running = journal.rollout
    print_line(
        f"Going on with rollout {running.id}, started {running.created_at:%Y-%m-%d %H:%M} UTC"
        f" by {running.created_by}."
    )
    if (running.stages, running.clusters) != (asked.stages, asked.clusters):
        print_line(
            "The fleet file or a chart has changed since: this rollout runs on what was approved then."
        )


def _refuse_overlap(running: Rollout, asked: Rollout) -> None:
    both = _shared(running, asked)
    if both:
        raise Conflict(
            f"rollout {running.id} is unfinished and has {', '.join(both[:10])} too.",
            next_step=f'Let it end, or `seatrial rollout cancel {running.id} --why "…"`.',
        )


def _show(rollout: Rollout) -> None:
    print_line(
        f"Rollout {rollout.id}: release {rollout.release} (Kubernetes {rollout.kubernetes}) to"
        f" {len(rollout.clusters)} clusters of fleet {rollout.fleet}, strategy {rollout.strategy}"
    )
    for number, stage in enumerate(rollout.stages, start=1):
        rules = [f"{stage.max_concurrent} at a time", f"bears {stage.max_failures} failed"]
        if stage.canary:
            rules.insert(0, f"{stage.canary} first")
        if stage.approval:
            rules.insert(0, "after approval")
        if stage.soak:
            rules.append(f"soaks {write_duration(timedelta(seconds=stage.soak))}")
        print_line(f"  {number}. {stage.name} ({'; '.join(rules)})")
        if isinstance(stage.maintenance, Maintenance):
            print_line(f"     starts only {write_maintenance(stage.maintenance)}")
        print_line(f"     {', '.join(stage.clusters)}")
    _show_windows(rollout)
    if rollout.left_out:
        print_line(f"  left out by the strategy: {', '.join(rollout.left_out)}")
    print_line(f"  fixes permitted: {', '.join(rollout.fixes) or 'none'}")
    print_line(f"  digest {digest(rollout)}")


def _show_windows(rollout: Rollout) -> None:
    """Clusters' own, those that are equal together."""
    by_words: dict[str, list[str]] = {}
    for cluster in rollout.clusters:
        if isinstance(cluster.maintenance, Maintenance):
            by_words.setdefault(write_maintenance(cluster.maintenance), []).append(cluster.name)
    for words, names in by_words.items():
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        print_line(f"  {shown}: only {words}")


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise BadInput("nobody is there to confirm.", next_step="Look it over and add --yes.")
    if not confirmed("Start it?"):
        raise click.Abort
