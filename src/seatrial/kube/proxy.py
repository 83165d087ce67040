"""Which proxy the environment asks for, by the rules of Go's net/http, so that we and kubectl agree."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def proxy_from_environment(server: str, env: Mapping[str, str]) -> str:
    """The proxy for `server` from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or in lower case), or ""."""
    parts = urlsplit(server)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = _either(env, "HTTPS_PROXY" if parts.scheme == "https" else "HTTP_PROXY")
    if not proxy or _bypassed(host, port, _either(env, "NO_PROXY")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _either(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.lower()) or ""


def _bypassed(host: str, port: int, no_proxy: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(
        _matches(pattern.strip().lower(), host, port, address)
        for pattern in no_proxy.split(",")
        if pattern.strip()
    )


def _matches(
    pattern: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if pattern == "*":
        return True
    if "/" in pattern:
        try:
            return address is not None and address in ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return False
    if _address(pattern) is None and pattern.rpartition(":")[2].isdigit():
        pattern, _, wanted = pattern.rpartition(":")
        if int(wanted) != port:
            return False
    pattern = pattern.strip("[]")
    if _address(pattern) is not None:
        return address == _address(pattern)
    domain = pattern.removeprefix("*").removeprefix(".")
    subdomains_only = pattern.startswith((".", "*."))
    return host.endswith(f".{domain}") or (host == domain and not subdomains_only)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
