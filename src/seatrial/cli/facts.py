"""`seatrial facts`: what the product knows about releases and APIs, with source and date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from seatrial.cli.options import Group, flag, option, output_format
from seatrial.cli.output import OutputFormat, Tone, print_data, print_line, print_table
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from datetime import date

    from seatrial.catalog import ApiLifecycle, ProviderName, Release
    from seatrial.cluster.version import Minor


@click.group(cls=Group)
def facts() -> None:
    """Show the facts that checks rely on: releases, the life of each API, add-ons, changed behaviour."""


@facts.command()
@click.argument(
    "which",
    nargs=-1,
    metavar="[GROUP/VERSION] [KIND]",
    help="Such as policy/v1beta1 PodDisruptionBudget.",
)
@option("--removed-in", default="", help="Only what this minor removes, such as 1.37.")
@option("--served-in", default="", help="Only what this minor serves.")
@option("--group", help='Only this group; "core" is the one without a name.')
@output_format
def api(
    which: tuple[str, ...], removed_in: str, served_in: str, group: str | None, output: OutputFormat
) -> None:
    """Show when each built-in API was introduced, deprecated and removed, and what replaces it."""
    from seatrial.catalog import api_catalog

    catalog = api_catalog()
    entries = list(catalog)
    if group is not None:
        group = "" if group == "core" else group
        if not catalog.is_builtin(group):
            raise BadInput(
                f"{group!r} is no group of Kubernetes itself.", next_step="Run `seatrial facts api` for all."
            )
        entries = [entry for entry in entries if entry.gvk.group == group]
    if removed_in:
        minor = _known_minor(removed_in, planned=True)
        entries = [entry for entry in entries if entry.removed == minor]
    if served_in:
        minor = _known_minor(served_in)
        entries = [entry for entry in entries if entry.exists_in(minor)]
    if which:
        entries = [entry for entry in entries if _is_named(entry, which)]
        if not entries:
            raise BadInput(
                f"no built-in API is called {' '.join(which)!r}.",
                next_step="Name it as policy/v1beta1 PodDisruptionBudget, or give one of the two.",
            )
    if output is not OutputFormat.TABLE:
        items = [_plain(entry) for entry in entries]
        print_data(_document(str(catalog.gathered), str(catalog.horizon), items), output)
        return
    columns = ("API", "KIND", "INTRODUCED", "DEPRECATED", "REMOVED", "USE INSTEAD")
    print_table(columns, [_row(entry) for entry in entries])
    _print_provenance(catalog.gathered, catalog.horizon)


@facts.command("releases")
@option("--provider", default="", help="eks, gke, aks or kapsule: its own dates.")
@flag("--all", "all_minors", help="Also those that nobody supports any more.")
@output_format
def show_releases(provider: str, all_minors: bool, output: OutputFormat) -> None:
    """Show release and end-of-life dates, the latest patch known and the kubelets that each minor allows."""
    from seatrial.catalog import ProviderName, releases

    catalog = releases()
    chosen = ProviderName.parse(provider) if provider else None
    found = [release for release in reversed(catalog.all) if all_minors or _is_recent(release, chosen)]
    if output is not OutputFormat.TABLE:
        plain = [_plain_release(release, chosen) for release in found]
        print_data(_document(str(catalog.gathered), str(catalog.horizon), plain), output)
        return
    if chosen is None:
        columns = ("MINOR", "RELEASED", "MAINTENANCE", "END OF LIFE", "LATEST PATCH", "KUBELETS")
        print_table(columns, [_release_row(release) for release in found])
    else:
        offered = ("MINOR", "AVAILABLE", "END OF STANDARD", "END OF EXTENDED")
        print_table(offered, [_window_row(release, chosen) for release in found])
    _print_provenance(catalog.gathered, catalog.horizon)


@facts.command()
@click.argument("name", metavar="[NAME]", default="", help="Only this one, such as cert-manager.")
@output_format
def addons(name: str, output: OutputFormat) -> None:
    """Show which minors each version of a well-known add-on goes with, as its own project says."""
    from seatrial.catalog.compatibility import addon_compatibility

    rows = [row for row in addon_compatibility() if name.lower() in ("", row.component.lower())]
    if not rows:
        known = ", ".join(sorted({row.component for row in addon_compatibility()}))
        raise BadInput(f"{name!r} is no add-on that we know of.", next_step=f"Known are {known}.")
    if output is not OutputFormat.TABLE:
        items = [
            {
                "component": row.component,
                "versions": row.versions,
                "oldest": str(row.oldest) if row.oldest else None,
                "newest": str(row.newest) if row.newest else None,
                "outside": row.outside.value,
                "source": row.source,
            }
            for row in rows
        ]
        print_data(_facts("addon-compatibility", items), output)
        return
    columns = ("ADD-ON", "VERSIONS", "KUBERNETES", "OTHERWISE", "SOURCE")
    print_table(columns, [(r.component, r.versions, r.range, r.outside.value, r.source) for r in rows])


@facts.command()
@click.argument("minor", metavar="[MINOR]", default="", help="Only what this minor brings, such as 1.36.")
@output_format
def changes(minor: str, output: OutputFormat) -> None:
    """Show in which minor a behaviour changes that no API version tells of."""
    from seatrial.catalog.turning_points import turning_points

    wanted = _known_minor(minor, planned=True) if minor else None
    points = [each for each in turning_points() if wanted in (None, each.minor)]
    points.sort(key=lambda each: (each.minor, each.id))
    if output is not OutputFormat.TABLE:
        items = [
            {"id": each.id, "minor": str(each.minor), "what": each.what, "source": each.source}
            for each in points
        ]
        print_data(_facts("turning-points", items), output)
        return
    rows = [(str(each.minor), each.what, each.source) for each in points]
    print_table(("MINOR", "WHAT CHANGES", "SOURCE"), rows)


def _facts(table: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    from seatrial.catalog import api_catalog
    from seatrial.catalog.tables import read_table

    return _document(str(read_table(table).gathered), str(api_catalog().horizon), items)


def _known_minor(text: str, *, planned: bool = False) -> Minor:
    from seatrial.catalog import BeyondHorizon, releases
    from seatrial.cluster.version import Minor

    minor = Minor.parse(text)
    try:
        releases().of(minor)
    except BeyondHorizon:
        if not planned:
            raise
    return minor


def _is_named(entry: ApiLifecycle, which: Sequence[str]) -> bool:
    names = {
        entry.gvk.api_version.lower(),
        entry.gvk.kind.lower(),
        entry.gvk.group.lower(),
        entry.resource,
        *entry.short_names,
    } - {""}
    return all(word.lower() in names for word in which)


def _row(entry: ApiLifecycle) -> tuple[str, ...]:
    planned = " (planned)" if entry.removal_is_planned else ""
    return (
        entry.gvk.api_version,
        entry.gvk.kind,
        str(entry.introduced),
        str(entry.deprecated or ""),
        f"{entry.removed}{planned}" if entry.removed else "",
        str(entry.replacement or ""),
    )


def _plain(entry: ApiLifecycle) -> dict[str, Any]:
    return {
        "apiVersion": entry.gvk.api_version,
        "kind": entry.gvk.kind,
        "resource": entry.resource or None,
        "namespaced": entry.namespaced,
        "introduced": str(entry.introduced),
        "deprecated": str(entry.deprecated) if entry.deprecated else None,
        "removed": str(entry.removed) if entry.removed else None,
        "removalStatus": entry.removal_status.value if entry.removal_status else None,
        "replacement": str(entry.replacement) if entry.replacement else None,
        "onByDefault": entry.on_by_default,
        "shortNames": list(entry.short_names),
        "subresourceOf": list(entry.subresource_of),
        "sources": list(entry.sources),
    }


def _document(gathered: str, horizon: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"format": 1, "gathered": gathered, "horizon": horizon, "items": items}


def _is_recent(release: Release, provider: ProviderName | None) -> bool:
    """Supported by somebody on the day the facts were gathered."""
    from seatrial.catalog import releases

    windows = [window for window in release.providers if provider is None or window.provider is provider]
    ends = [release.end_of_life if provider is None else None, *(window.end for window in windows)]
    return any(end is not None and end >= releases().gathered for end in ends)


def _release_row(release: Release) -> tuple[str, ...]:
    return (
        str(release.minor),
        str(release.released),
        str(release.maintenance or ""),
        str(release.end_of_life or ""),
        str(release.latest_patch or ""),
        f"{release.min_kubelet} to {release.max_kubelet}",
    )


def _window_row(release: Release, provider: ProviderName) -> tuple[str, ...]:
    window = release.window(provider)
    days = (window.available, window.end_standard, window.end_extended) if window else (None,) * 3
    return (str(release.minor), *(str(day or "unknown") for day in days))


def _plain_release(release: Release, provider: ProviderName | None) -> dict[str, Any]:
    return {
        "minor": str(release.minor),
        "released": str(release.released),
        "maintenance": _text(release.maintenance),
        "endOfLife": _text(release.end_of_life),
        "latestPatch": str(release.latest_patch) if release.latest_patch else None,
        "latestPatchOn": _text(release.latest_patch_on),
        "minKubelet": str(release.min_kubelet),
        "maxKubelet": str(release.max_kubelet),
        "providers": {
            window.provider.value: {
                "available": _text(window.available),
                "endStandard": _text(window.end_standard),
                "endExtended": _text(window.end_extended),
            }
            for window in release.providers
            if provider is None or window.provider is provider
        },
        "sources": list(release.sources),
        "notes": release.notes,
    }


def _text(day: date | None) -> str | None:
    return str(day) if day else None


def _print_provenance(gathered: date, horizon: Minor) -> None:
    print_line((f"Gathered on {gathered}; nothing is known past {horizon}.", Tone.QUIET))
