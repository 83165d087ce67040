from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import seatrial

SOURCES = Path(seatrial.__file__).parent
BARE = """
import ssl, seatrial.kube.http_library, aiohttp.connector as made
for context in (made._SSL_CONTEXT_VERIFIED, ssl.create_default_context()):
    print(context.verify_mode.name, context.check_hostname, context.cert_store_stats()["x509"] > 0)
"""


def test_the_librarys_own_context_verifies_and_trusts_nobody_and_later_ones_trust_the_system(
    ca_file: Path,
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", BARE],
        capture_output=True,
        text=True,
        check=True,
        env={"SSL_CERT_FILE": str(ca_file)},
    ).stdout
    assert said.splitlines() == ["CERT_REQUIRED True False", "CERT_REQUIRED True True"]


def test_nothing_else_imports_the_library_as_a_client() -> None:
    importers = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(each.name.startswith("aiohttp") for each in node.names)
    }
    assert importers == {"kube/http_library.py"}
