"""Who asks for something and how: the parts of a request that every verb needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Propagation = Literal["", "Background", "Foreground", "Orphan"]
FieldValidation = Literal["", "Ignore", "Warn", "Strict"]


@dataclass(slots=True)
class Call:
    """One call of a verb. Controllers pass `Call(manager="kube-controller-manager")` or nothing.

    `version` is the apiVersion asked for, as "apps/v1" (the answer is converted to it); empty means
    the object's own, or the storage version. An empty `field_validation` marks a caller inside this
    process, whose objects are taken without the checks of schema and kind. `warnings` collects what
    goes into `Warning` headers.
    """

    user: str = "system:kube-controller-manager"
    groups: tuple[str, ...] = ("system:masters", "system:authenticated")
    manager: str = "kube-controller-manager"
    version: str = ""
    dry_run: bool = False
    field_validation: FieldValidation = ""
    warnings: list[str] = field(default_factory=list)

    def warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """`grace_period_seconds` None means the object's own; `propagation` as propagationPolicy."""

    grace_period_seconds: int | None = None
    propagation: Propagation = ""
    uid: str = ""
    resource_version: str = ""
