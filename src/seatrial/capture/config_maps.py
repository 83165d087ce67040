"""Which well-known ConfigMaps keep some of their text in a portable snapshot, and how much of it.

Every other ConfigMap, and every other key of these, becomes a token as all data do. Even these are
not kept whole: a Corefile may name the access key of a cloud's DNS. Each rule keeps words that a
check reads and drops the rest; to reduce what is already reduced changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_SWITCH = r'["\']?[A-Za-z0-9./-]{0,60}["\']?\s*'
"""A value of an enumeration, a number or a boolean, quoted or not."""


def kept_text(namespace: str, name: str, key: str, text: str) -> str | None:
    """What of this value may leave the cluster in clear; None: nothing, it becomes a token."""
    rule = _RULES.get((namespace, name, key))
    return None if rule is None else rule(text)


def _settings(*names: str) -> Callable[[str], str]:
    """The top-level settings of these names in YAML; a line that is anything but `name: word` is dropped."""
    wanted = re.compile(rf"^({'|'.join(map(re.escape, names))}):\s*{_SWITCH}$")
    return lambda text: "".join(f"{line.rstrip()}\n" for line in text.splitlines() if wanted.match(line))


def _first_words(text: str) -> str:
    """The outline of a Corefile: of each line its first word, and the brace that it ends with."""
    lines = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words:
            indent = line[: len(line) - len(line.lstrip())]
            brace = " {" if len(words) > 1 and words[-1] == "{" else ""
            lines.append(f"{indent}{words[0]}{brace}\n")
    return "".join(lines)


_PROXY = _settings("apiVersion", "kind", "mode")
_RULES: Mapping[tuple[str, str, str], Callable[[str], str]] = {
    ("kube-system", "kube-proxy", "config.conf"): _PROXY,
    ("kube-system", "kube-proxy-config", "config"): _PROXY,
    ("kube-system", "coredns", "Corefile"): _first_words,
    ("kube-system", "kubelet-config", "kubelet"): _settings(
        "apiVersion", "kind", "cgroupDriver", "failCgroupV1", "failSwapOn"
    ),
}
