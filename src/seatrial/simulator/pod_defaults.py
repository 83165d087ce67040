"""Defaults of pods and of pod templates, and the small functions by which all defaults are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def pod_spec(spec: dict[str, Any]) -> None:
    put(
        spec,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        terminationGracePeriodSeconds=30,
        securityContext={},
    )
    if spec.get("serviceAccountName"):
        put(spec, serviceAccount=spec["serviceAccountName"])
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for name in ("initContainers", "containers", "ephemeralContainers"):
        for container in each(spec.get(name)):
            _container(container)
            if spec.get("hostNetwork"):
                for port in each(container.get("ports")):
                    put(port, hostPort=port.get("containerPort"))
    for volume in each(spec.get("volumes")):
        _volume(volume)


def _container(container: dict[str, Any]) -> None:
    image = str(container.get("image") or "")
    tag = image.rsplit("/", 1)[-1]
    floating = "@" not in tag and (":" not in tag or tag.endswith(":latest"))
    put(
        container,
        resources={},
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy="Always" if floating else "IfNotPresent",
    )
    resources = container["resources"]
    if isinstance(resources, dict) and resources.get("limits"):
        requests = inside(resources, "requests")
        for name, value in resources["limits"].items():
            requests.setdefault(name, value)
    for port in each(container.get("ports")):
        put(port, protocol="TCP")
    for variable in each(container.get("env")):
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if isinstance(reference, dict):
            put(reference, apiVersion="v1")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if isinstance(probe, dict):
            put(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            _handler(probe)
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _handler(hook)


def _handler(handler: dict[str, Any]) -> None:
    if isinstance(handler.get("httpGet"), dict):
        put(handler["httpGet"], path="/", scheme="HTTP")
    if isinstance(handler.get("grpc"), dict):
        put(handler["grpc"], service="")


def _volume(volume: dict[str, Any]) -> None:
    for name in ("configMap", "secret", "downwardAPI", "projected"):
        if isinstance(volume.get(name), dict):
            put(volume[name], defaultMode=420)
    for source in each((volume.get("projected") or {}).get("sources")):
        if isinstance(source.get("serviceAccountToken"), dict):
            put(source["serviceAccountToken"], expirationSeconds=3600)
    if isinstance(volume.get("hostPath"), dict):
        put(volume["hostPath"], type="")
    claim = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if isinstance(claim, dict):
        put(inside(claim, "spec"), volumeMode="Filesystem")


def put(target: dict[str, Any], **values: Any) -> None:
    for name, value in values.items():
        if target.get(name) is None:
            target[name] = value


def inside(obj: dict[str, Any], name: str) -> dict[str, Any]:
    found = obj.get(name)
    if not isinstance(found, dict):
        found = obj[name] = {}
    return found


def each(value: Any) -> Iterable[dict[str, Any]]:
    return (item for item in value or () if isinstance(item, dict))
