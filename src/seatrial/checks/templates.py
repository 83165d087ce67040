"""Every pod template of a cluster or of files, with whom it belongs to: what checks of pods look at.

A pod that a controller made is left out: its controller's template says the same once. So are replica
sets and jobs that have a controller themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seatrial.checks.check import Context
from seatrial.cluster.models import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    StatefulSet,
)
from seatrial.cluster.models.metadata import Resource, TemplateMetadata
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner, owner_of
from seatrial.cluster.snapshot import Snapshot

READS = (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod)


class Template(msgspec.Struct, frozen=True):
    workload: Resource
    metadata: TemplateMetadata
    """Of the pods that it makes."""
    spec: PodSpec
    replicas: int
    """As many pods as it asks for; 0 where that depends on nodes or a schedule."""

    @property
    def kind(self) -> str:
        return self.workload.API.kind

    @property
    def ref(self) -> ObjectRef:
        return self.workload.ref

    @property
    def namespace(self) -> str:
        return self.workload.namespace

    @property
    def owner(self) -> Owner | None:
        return owner_of(self.workload.metadata)


def pod_templates(context: Context) -> tuple[Template, ...]:
    return context.snapshot.once(_templates)


def _templates(snapshot: Snapshot) -> tuple[Template, ...]:
    return tuple(_written(snapshot))


def _written(snapshot: Snapshot) -> Iterator[Template]:
    for deployment in snapshot.read(Deployment):
        yield _of(deployment, deployment.spec.template, deployment.spec.replicas)
    for stateful in snapshot.read(StatefulSet):
        yield _of(stateful, stateful.spec.template, stateful.spec.replicas)
    for replicas in snapshot.read(ReplicaSet):
        if replicas.controller is None:
            yield _of(replicas, replicas.spec.template, replicas.spec.replicas)
    for daemons in snapshot.read(DaemonSet):
        yield _of(daemons, daemons.spec.template, 0)
    for job in snapshot.read(Job):
        if job.controller is None:
            yield _of(job, job.spec.template, job.spec.parallelism)
    for cron in snapshot.read(CronJob):
        yield _of(cron, cron.spec.job_template.spec.template, 0)
    for pod in snapshot.read(Pod):
        if pod.controller is None and not pod.is_static:
            yield Template(pod, pod.metadata, pod.spec, 1)


def _of(workload: Resource, made: PodTemplate, replicas: int) -> Template:
    return Template(workload, made.metadata, made.spec, replicas)
