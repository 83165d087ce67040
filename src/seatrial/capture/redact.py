"""Makes a snapshot portable: secret material is replaced by tokens before anything is written.

Default-deny: a string stays only where `capture.fields` says so. Numbers and booleans stay. Helm's
records keep names, versions and the list of objects; manifests, values and notes are left out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec

from seatrial.capture.config_maps import kept_text
from seatrial.capture.fields import ANNOTATIONS, Allowed, allowed_fields
from seatrial.capture.known_words import PROMETHEUS_RULE, is_public, keep_metrics
from seatrial.capture.tokens import Tokens
from seatrial.cluster.certificates import dates_only
from seatrial.cluster.objects import GroupKind, Obj
from seatrial.cluster.snapshot import Encoded, ResourceList, Snapshot

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_API_VERSION = re.compile(r"^([a-z0-9.-]{1,80}/)?v\d{1,2}((alpha|beta)\d{1,2})?$")
_KIND = re.compile(r"^[A-Z][A-Za-z]{1,60}$")
UNREADABLE = b"null"
"""Stands for an object that is no JSON object: nothing of it may leave, and whoever reads it must stumble."""
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def portable(snapshot: Snapshot, tokens: Tokens | None = None) -> Snapshot:
    """The same snapshot without secrets; already portable ones come back as they are."""
    if snapshot.meta.portable:
        return snapshot
    return with_tokens(snapshot, tokens or Tokens())


def with_tokens(snapshot: Snapshot, tokens: Tokens) -> Snapshot:
    """The snapshot with tokens of this key; of a portable one the tokens themselves are replaced.

    Two such snapshots under two keys tell what depends on the values that tokens stand for.
    """
    return Snapshot(
        meta=msgspec.structs.replace(snapshot.meta, portable=True),
        resources=tuple(_redact_list(each, tokens) for each in snapshot.resources),
        # what servers say in an error may repeat what they were sent
        unread=tuple(msgspec.structs.replace(each, message="") for each in snapshot.unread),
        metrics=snapshot.metrics,
        releases=tuple(record.without_secrets() for record in snapshot.releases),
        broken_releases=snapshot.broken_releases,
        provider=snapshot.provider,
    )


def redact_object(obj: Obj, kind: GroupKind, tokens: Tokens) -> Obj:
    """One object with tokens in place of every string that is not allowed out."""
    allowed = allowed_fields(kind)
    clean: Obj = {
        key: _walk(value, allowed.below(key), tokens) for key, value in obj.items() if key != "metadata"
    }
    if isinstance(obj.get("metadata"), dict):
        clean["metadata"] = _metadata(obj["metadata"], allowed.below("metadata"), tokens)
        if kind == _CONFIG_MAP and isinstance(obj.get("data"), dict):
            clean["data"] = {**clean["data"], **_well_known(obj["metadata"], obj["data"])}
    for path in _TEMPLATES:
        _redact_template(obj, clean, path, tokens)
    if kind == PROMETHEUS_RULE:
        keep_metrics(obj, clean, tokens)
    return clean


def _well_known(metadata: Obj, data: Obj) -> dict[str, str]:
    """The values of a ConfigMap of which some text stays."""
    namespace, name = str(metadata.get("namespace")), str(metadata.get("name"))
    kept = {key: kept_text(namespace, name, key, str(value)) for key, value in data.items()}
    return {key: text for key, text in kept.items() if text is not None}


_CONFIG_MAP = GroupKind("", "ConfigMap")
_TEMPLATES = (
    ("spec", "template"),
    ("spec", "jobTemplate"),
    ("spec", "jobTemplate", "spec", "template"),
    ("data", "spec", "template"),  # of ControllerRevisions
)
"""Where other objects' metadata sit inside an object: their annotations follow the same rule."""


def _redact_list(listed: ResourceList, tokens: Tokens) -> ResourceList:
    def redact(item: Encoded) -> bytes:
        try:
            obj = _decoder.decode(item)
        except (msgspec.DecodeError, RecursionError):
            obj = None
        if not isinstance(obj, dict):
            return UNREADABLE
        return _encoder.encode(redact_object(obj, listed.group_kind, tokens))

    return replace(listed, items=tuple(redact(item) for item in listed.items))


def _metadata(metadata: Obj, allowed: Allowed, tokens: Tokens) -> Obj:
    clean = {
        key: _walk(value, allowed.below(key), tokens)
        for key, value in metadata.items()
        if key not in ("annotations", "managedFields")
    }
    if annotations := metadata.get("annotations"):
        clean["annotations"] = _annotations(annotations, tokens)
    if fields := metadata.get("managedFields"):
        # fieldsV1 spells out keys of maps and values of sets: nothing reads it here
        kept = [_without_fields(each) for each in fields] if isinstance(fields, list) else fields
        clean["managedFields"] = _walk(kept, allowed.below("managedFields"), tokens)
    return clean


def _without_fields(writer: Any) -> Any:
    if not isinstance(writer, dict):
        return writer
    return {key: value for key, value in writer.items() if key != "fieldsV1"}


def _annotations(annotations: Any, tokens: Tokens) -> Any:
    if not isinstance(annotations, dict):
        return _walk(annotations, Allowed(), tokens)  # as damaged as it was
    return {name: _annotation(name, str(value), tokens) for name, value in annotations.items()}


def _annotation(name: str, value: str, tokens: Tokens) -> str:
    if name in ANNOTATIONS:
        return value
    if name == LAST_APPLIED:
        return _last_applied(value, tokens)
    return tokens.of(value)


def _last_applied(value: str, tokens: Tokens) -> str:
    """A check asks which version was applied: that stays, the rest goes."""
    try:
        applied = _decoder.decode(value)
        version, kind = str(applied["apiVersion"]), str(applied["kind"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return tokens.of(value)
    if not _API_VERSION.match(version) or not _KIND.match(kind):
        return tokens.of(value)  # whoever wrote the annotation wrote something else into it
    return _encoder.encode({"apiVersion": version, "kind": kind}).decode()


def _redact_template(obj: Obj, clean: Obj, path: tuple[str, ...], tokens: Tokens) -> None:
    source: Any = obj
    target: Any = clean
    for part in path:
        source = source.get(part) if isinstance(source, dict) else None
        target = target.get(part) if isinstance(target, dict) else None
    metadata = source.get("metadata") if isinstance(source, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if annotations and isinstance(annotations, dict) and isinstance(target, dict):
        target["metadata"]["annotations"] = _annotations(annotations, tokens)


def _walk(value: Any, allowed: Allowed, tokens: Tokens) -> Any:
    if isinstance(value, str):
        return value if allowed.whole or allowed.leaf or is_public(value) else tokens.of(value)
    if isinstance(value, dict):
        return {
            key: _ca_bundle(child, tokens)
            if key == "caBundle" and isinstance(child, str)
            else _walk(child, allowed.below(key), tokens)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [_walk(child, allowed.below("*"), tokens) for child in value]
    return value


def _ca_bundle(bundle: str, tokens: Tokens) -> str:
    """A check asks when its certificates expire: that stays, the rest goes."""
    return dates_only(bundle) or tokens.of(bundle)
