"""Image references taken apart, as container runtimes read them, and the images of pod templates."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from seatrial.checks.templates import Template

_DOCKER_HUB = "docker.io"


class Image(msgspec.Struct, frozen=True):
    registry: str
    repository: str
    """Without the registry: "coredns/coredns"."""
    tag: str
    """Empty where there is none, or only a digest."""

    @property
    def name(self) -> str:
        return f"{self.registry}/{self.repository}"

    def is_build_of(self, end: str) -> bool:
        """Whether the repository ends with these path components, behind whatever mirror."""
        return self.repository == end or self.repository.endswith(f"/{end}")


@lru_cache(maxsize=4096)
def parse_image(text: str) -> Image:
    """Read "registry.example.org:5000/a/b:v1@sha256:…"; a name without registry is Docker Hub's."""
    name, _, _ = text.partition("@")
    head, slash, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    path = f"{head}{slash}{repository}"
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Image(first, rest, tag)
    return Image(_DOCKER_HUB, path if slash else f"library/{path}", tag)


def images_of(template: Template) -> list[Image]:
    """Of its containers and init containers; those without an image are left out."""
    spec = template.spec
    return [parse_image(each.image) for each in (*spec.init_containers, *spec.containers) if each.image]
