"""A rollout's status for people: a table that is drawn again and again, lines for logs, a page to read.

Icon and word, never colour alone. Import it inside command functions: it loads rich.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seatrial.rollout.state import UNSUCCESSFUL, Phase
from seatrial.rollout.status import ClusterStatus, RolloutPhase, RolloutStatus, StagePhase, StageStatus
from seatrial.rollout.ways_out import undo_commands

_ICON = {
    Phase.PENDING: ("·", "dim"),
    Phase.RUNNING: ("▶", "cyan"),
    Phase.SUCCEEDED: ("✔", "green"),
    Phase.FAILED: ("✘", "red"),
    Phase.BLOCKED: ("■", "yellow"),
    Phase.SKIPPED: ("↷", "dim"),
    Phase.WAITING: ("⏸", "magenta"),
    Phase.READY: ("▷", "cyan"),
    Phase.OUTSIDE: ("≠", "yellow"),
}
_PHASE_STYLE = {
    RolloutPhase.RUNNING: "bold cyan",
    RolloutPhase.SOAKING: "bold blue",
    RolloutPhase.WAITING_FOR_WINDOW: "bold blue",
    RolloutPhase.SUCCEEDED: "bold green",
    RolloutPhase.FAILED: "bold red",
    RolloutPhase.CANCELLED: "bold red",
}
_STAGE_STYLE = {
    StagePhase.FINISHED: "green",
    StagePhase.PENDING: "dim",
    StagePhase.RUNNING: "cyan",
    StagePhase.SOAKING: "blue",
    StagePhase.WAITING_FOR_WINDOW: "blue",
}
_FEW = 20
_FIRST = (
    Phase.FAILED,
    Phase.BLOCKED,
    Phase.OUTSIDE,
    Phase.RUNNING,
    Phase.WAITING,
    Phase.READY,
    Phase.SUCCEEDED,
    Phase.PENDING,
    Phase.SKIPPED,
)


def rollout_table(status: RolloutStatus, *, most_rows: int = 40) -> RenderableType:
    """The whole rollout on one screen; past `most_rows` clusters, those that need eyes."""
    shown = _worth_showing(status.clusters, most_rows)
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    table.add_column("")
    table.add_column("CLUSTER", no_wrap=True)
    table.add_column("STAGE", no_wrap=True)
    table.add_column("VERSION", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    table.add_column("STEP", no_wrap=True)
    table.add_column("WHAT", ratio=1, overflow="ellipsis", no_wrap=True)
    for cluster in shown:
        icon, style = _ICON[cluster.phase]
        table.add_row(
            Text(icon, style),
            cluster.name,
            cluster.stage,
            f"{cluster.from_version} → {cluster.to_version}",
            Text(cluster.phase.value, style),
            _steps(cluster),
            _what(cluster),
        )
    hidden = len(status.clusters) - len(shown)
    parts: list[RenderableType] = [_head(status), _stages(status), Text(), table]
    if hidden:
        parts.append(Text(f"… and {hidden} more clusters", "dim"))
    parts += [Text(), *_questions(status)]
    return Group(*parts)


def plain_lines(previous: RolloutStatus | None, status: RolloutStatus) -> list[str]:
    """What changed since `previous`, one line each, with the time: for logs and pipes."""
    lines: list[str] = []
    if previous is None:
        lines.append(
            f"rollout {status.id}: {status.release} (Kubernetes {status.kubernetes})"
            f" to {len(status.clusters)} clusters in {len(status.stages)} stages"
        )
    before = {c.name: c for c in previous.clusters} if previous else {}
    for cluster in status.clusters:
        lines += _cluster_lines(before.get(cluster.name), cluster)
    stages_before = {s.name: s for s in previous.stages} if previous else {}
    for stage in status.stages:
        lines += _stage_lines(stages_before.get(stage.name), stage)
    waiting_before = (previous.phase, previous.waiting) if previous else None
    if _waits_for_somebody(status) and (status.phase, status.waiting) != waiting_before:
        phase = status.phase.value
        why = status.waiting if status.waiting.startswith(phase) else f"{phase}: {status.waiting}"
        lines.append(f"{why}; next: {status.next}")
    if _ended(status) and (previous is None or not _ended(previous)):
        lines.append(f"rollout {status.id} {status.phase.value}: {status.happening.removeprefix('ended: ')}")
    return [f"{status.now:%H:%M:%S}  {line}" for line in lines]


def status_page(status: RolloutStatus) -> list[str]:
    """All there is to say; of large fleets the commands that undo only where something failed."""
    undo_everywhere = len(status.clusters) <= _FEW
    lines = [_title(status)]
    lines += [f"  {question:<12} {answer}" for question, answer in _answers(status)]
    for stage in status.stages:
        lines += ["", f"stage {stage.name}: {_stage_words(stage)}"]
        for cluster in status.clusters:
            if cluster.stage == stage.name:
                lines += _cluster_page(cluster, undo=undo_everywhere or cluster.phase in UNSUCCESSFUL)
    if not undo_everywhere and any(cluster.undo for cluster in status.clusters):
        lines += ["", "`-o json` has the commands that undo each cluster's upgrade."]
    if status.left_out:
        lines += ["", f"left out by the strategy: {', '.join(status.left_out)}"]
    return lines


def _head(status: RolloutStatus) -> Text:
    head = Text.assemble((f"{status.id}  ", "bold"))
    head.append(status.phase.value, _PHASE_STYLE.get(status.phase, "bold yellow"))
    head.append(f"  {status.release} (Kubernetes {status.kubernetes}), strategy {status.strategy}", "dim")
    return head


def _stages(status: RolloutStatus) -> Text:
    line = Text()
    for number, stage in enumerate(status.stages):
        if number:
            line.append("  →  ", "dim")
        done = stage.counts.get(Phase.SUCCEEDED, 0)
        style = _STAGE_STYLE.get(stage.phase, "yellow")
        line.append(f"{stage.name} {done}/{len(stage.clusters)} {stage.phase.value}", style)
    return line


def _questions(status: RolloutStatus) -> list[Text]:
    lines = []
    for question, answer in _answers(status):
        lines.append(Text.assemble((f"{question:<12} ", "dim"), answer))
    return lines


def _answers(status: RolloutStatus) -> list[tuple[str, str]]:
    """The five questions; what has no answer now is left out."""
    next_at = f" at {_moment(status.next_at, status.now)}" if status.next_at else ""
    found = [
        ("happening", status.happening),
        ("waiting", status.waiting),
        ("next", status.next + next_at if status.next else ""),
    ]
    found += [
        ("cause", f"{incident.cause} ({', '.join(incident.clusters)})") for incident in status.incidents[:5]
    ]
    found += [("would stop", "; ".join(status.would_stop)), ("undo", "; ".join(status.undo))]
    return [(question, answer) for question, answer in found if answer]


def _title(status: RolloutStatus) -> str:
    started = f", started {status.started_at:%Y-%m-%d %H:%M} UTC" if status.started_at else ""
    return (
        f"rollout {status.id}: {status.phase.value} · {status.release} (Kubernetes {status.kubernetes})"
        f" · strategy {status.strategy} · fleet {status.fleet}{started} by {status.started_by}"
        f" · digest {status.digest[:12]}"
    )


def _cluster_page(cluster: ClusterStatus, *, undo: bool) -> list[str]:
    icon, _ = _ICON[cluster.phase]
    version = f"{cluster.from_version} → {cluster.to_version}"
    lines = [f"  {icon} {cluster.name:<24} {cluster.phase.value:<10} {version:<16} {_what(cluster)}"]
    if cluster.phase in (*UNSUCCESSFUL, Phase.OUTSIDE) and cluster.next:
        lines.append(f"      next: {cluster.next}")
    return lines + [f"      undo: {command}" for command in undo_commands(cluster.undo) if undo]


def _cluster_lines(before: ClusterStatus | None, cluster: ClusterStatus) -> list[str]:
    if before is None:
        return [] if cluster.phase is Phase.PENDING else [_cluster_line(cluster)]
    if (before.phase, before.attempt) != (cluster.phase, cluster.attempt):
        return [_cluster_line(cluster)]
    if before.reminders != cluster.reminders:
        return [_cluster_line(cluster)]
    step = cluster.progress.step  # empty between two steps: not worth a line
    if cluster.phase is Phase.RUNNING and step and before.progress.step != step:
        return [_cluster_line(cluster)]
    return []


def _cluster_line(cluster: ClusterStatus) -> str:
    icon, _ = _ICON[cluster.phase]
    steps = _steps(cluster)
    what = _what(cluster)
    word = "" if what.startswith(cluster.phase.value) else f"{cluster.phase.value}: "
    return f"{icon} {cluster.name}  {word}{f'[{steps}] ' if steps else ''}{what}"


def _stage_lines(before: StageStatus | None, stage: StageStatus) -> list[str]:
    phase_before = before.phase if before else StagePhase.PENDING
    if stage.phase is phase_before:
        return []
    return [f"stage {stage.name}: {_stage_words(stage)}"]


def _stage_words(stage: StageStatus) -> str:
    counts = ", ".join(f"{number} {phase.value}" for phase in _FIRST if (number := stage.counts.get(phase)))
    until = f" until {stage.soak_until:%Y-%m-%d %H:%M} UTC" if stage.soak_until else ""
    ends = f" until {stage.approved_until:%Y-%m-%d %H:%M} UTC" if stage.approved_until else ""
    approved = f"; approved by {stage.approved_by}{ends}" if stage.approved_by else ""
    return f"{stage.phase.value}{until} ({counts}){approved}"


def _steps(cluster: ClusterStatus) -> str:
    return f"{cluster.progress.done}/{cluster.progress.total}" if cluster.progress.total else ""


def _what(cluster: ClusterStatus) -> str:
    if cluster.phase is Phase.PENDING:
        return cluster.waiting or cluster.happening
    return f"{cluster.happening}; {cluster.waiting}" if cluster.waiting else cluster.happening


def _worth_showing(clusters: Sequence[ClusterStatus], most: int) -> list[ClusterStatus]:
    if len(clusters) <= most:
        return list(clusters)
    kept = sorted(clusters, key=lambda cluster: _FIRST.index(cluster.phase))[:most]
    names = {cluster.name for cluster in kept}
    return [cluster for cluster in clusters if cluster.name in names]


def _waits_for_somebody(status: RolloutStatus) -> bool:
    return status.phase in (
        RolloutPhase.PAUSED,
        RolloutPhase.STOPPED,
        RolloutPhase.NEEDS_APPROVAL,
        RolloutPhase.WAITING_FOR_CUSTOMER,
        RolloutPhase.CANCELLING,
    )


def _ended(status: RolloutStatus) -> bool:
    return status.phase in (RolloutPhase.SUCCEEDED, RolloutPhase.FAILED, RolloutPhase.CANCELLED)


def _moment(time: datetime, now: datetime) -> str:
    pattern = "%H:%M:%S UTC" if time.date() == now.date() else "%Y-%m-%d %H:%M UTC"
    return time.strftime(pattern)
