"""Jobs that run longer than a drain waits.

**What.** Jobs that have been running for longer than the provider waits for one node (15 minutes on EKS, 30
on AKS, an hour on GKE; 15 minutes where the provider is not known), and CronJobs whose finished runs took
that long.

**Why.** A drain evicts the pods of a Job at once: the work since their start is lost and begins again on
another node, or the Job fails for good when its backoffLimit is used up. Where a budget or a long grace
period makes the drain wait instead, the provider gives up before the Job is done.

**How to fix.** Wait for the Job, or upgrade between its runs; suspend the CronJob for the time of the
upgrade; let the software resume where it stopped.

**Source.** kubernetes.io/docs/concepts/workloads/controllers/job (pod disruption); the providers' limits are
in the catalogue's table provider-limits.
"""

from __future__ import annotations

from datetime import timedelta

from seatrial.catalog.providers import DrainLimit, drain_limits
from seatrial.checks.ages import age, moment, spelled
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.provider_of import drain_limit
from seatrial.checks.wording import named, qualified, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import CronJob, Job, Node
from seatrial.cluster.ownership import Owner, owner_of
from seatrial.cluster.proposal import Proposal


@check(
    id="job-longer-than-drain",
    title="Jobs run longer than a drain waits",
    reads=(Job, CronJob, Node),
)
def job_longer_than_drain(check: Check, context: Context) -> Found:
    limit = drain_limit(context) or drain_limits()[0]
    running: dict[tuple[str, Owner | None], list[tuple[Job, timedelta]]] = {}
    for job in context.read(Job):
        passed = age(context, job.status.start_time)
        if _runs(job) and passed is not None and passed > limit.longest:
            running.setdefault((job.namespace, owner_of(job.metadata)), []).append((job, passed))
    for (namespace, owner), jobs in running.items():
        last = [job.name for job, _ in jobs if job.spec.backoff_limit <= job.status.failed]
        lost = f" {named(last)} will fail for good: no retry is left." if last else ""
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace)}{named(f'{job.name} (for {spelled(passed)})' for job, passed in jobs)}"
            f" {'runs' if len(jobs) == 1 else 'run'} longer than {_waits(context, limit)}; a drain evicts the"
            f" pods and the work begins again.{lost}",
            objects=[job.ref for job, _ in jobs],
            owner=owner,
            fix="Wait until they are done, or upgrade between two runs.",
            source=limit.source,
        )
    yield from _cron_jobs(check, context, limit)


def _runs(job: Job) -> bool:
    return job.status.active > 0 and not job.status.completion_time and not job.metadata.deletion_timestamp


def _waits(context: Context, limit: DrainLimit) -> str:
    provider = limit.provider.upper() if drain_limit(context) else "any provider"
    return f"the {limit.minutes} minutes that {provider} is sure to wait for a node"


def _cron_jobs(check: Check, context: Context, limit: DrainLimit) -> Found:
    longest = _longest_runs(context)
    for cron in context.read(CronJob):
        took = longest.get((cron.namespace, cron.name))
        if took is None or took <= limit.longest or cron.spec.suspend:
            continue
        owner = owner_of(cron.metadata)
        yield check.finding(
            Severity.WARNING,
            f"CronJob {qualified(cron.namespace, cron.name)} ({cron.spec.schedule or 'without schedule'})"
            f" has run for {spelled(took)}, longer than {_waits(context, limit)}.",
            objects=[cron.ref],
            owner=owner,
            fix="Upgrade between two runs, or suspend it for the time of the upgrade.",
            source=limit.source,
            proposals=[] if owner and owner.reverts_changes else [_suspension(cron)],
        )


def _longest_runs(context: Context) -> dict[tuple[str, str], timedelta]:
    """By CronJob, from those of its Jobs that are finished and still there."""
    found: dict[tuple[str, str], timedelta] = {}
    for job in context.read(Job):
        cron = job.controller
        started, ended = moment(job.status.start_time), moment(job.status.completion_time)
        if cron is None or cron.kind != "CronJob" or started is None or ended is None:
            continue
        key = (job.namespace, cron.name)
        found[key] = max(found.get(key, timedelta()), ended - started)
    return found


def _suspension(cron: CronJob) -> Proposal:
    return Proposal(
        title=f"Suspend CronJob {qualified(cron.namespace, cron.name)}",
        target=cron.ref,
        resource=cron.PLURAL,
        patch={"spec": {"suspend": True}},
        undo={"spec": {"suspend": False}},
        expects={"spec": {"suspend": False}},
        safe=True,
        temporary=True,
    )
