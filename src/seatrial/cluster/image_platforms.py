"""For which architectures images have builds, as somebody with access to the registry wrote it down.

One image a line, then its platforms: `registry.example.org/shop/api:1.4 linux/amd64,linux/arm64`. We ask no
registry ourselves: that takes credentials that a check should not have. A loop over `docker buildx
imagetools inspect` or `crane manifest` makes such a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from seatrial.errors import BadInput

_PLATFORM = r"^(?:[a-z0-9]+/)?(?P<architecture>[a-z0-9_]+)(?:/v[0-9.]+)?$"
_SPELLINGS = {"x86_64": "amd64", "aarch64": "arm64", "arm64v8": "arm64"}


def architecture(name: str) -> str:
    """As nodes spell it: "aarch64" is "arm64"."""
    return _SPELLINGS.get(name, name)


def parse_image_platforms(text: str, file: str = "") -> Mapping[str, frozenset[str]]:
    """Architectures by image; raises `BadInput` with the line that makes no sense."""
    found: dict[str, frozenset[str]] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        image, *platforms = words
        read = [re.match(_PLATFORM, each) for each in platforms]
        if not platforms or not all(read):
            raise BadInput(
                f"{line.strip()[:80]!r} does not say for which platforms an image is.",
                where=f"{file}:{number}" if file else f"line {number}",
                next_step="Write the image and its platforms: example.org/app:1 linux/amd64,linux/arm64.",
            )
        found[image] = frozenset(architecture(each["architecture"]) for each in read if each)
    return found
