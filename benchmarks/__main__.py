"""Run the benchmarks named on the command line, or all; print one table each."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("startup", "simulator_memory", "live_check", "file_scan", "fleet_check", "snapshot_load", "accuracy")


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}. Choose from: {', '.join(NAMES)}.", file=sys.stderr)
        return 4
    for name in wanted or NAMES:
        module = import_module(f"benchmarks.{name}")
        print(f"\n## {name}: {str(module.__doc__).strip().splitlines()[0]}\n", flush=True)
        module.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
