"""How good predictions are: seeded clusters rehearsed, then upgraded with other, hidden parameters.

`python -m benchmarks accuracy` tries 200 of them; SEATRIAL_ACCURACY=1000 tries more, and
SEATRIAL_ACCURACY_SEED=5000 starts at another seed.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor

from benchmarks.accuracy.report import print_report
from benchmarks.accuracy.trial import Trial, try_out

CLUSTERS = 200


def run() -> None:
    count = int(os.environ.get("SEATRIAL_ACCURACY") or CLUSTERS)
    first = int(os.environ.get("SEATRIAL_ACCURACY_SEED") or 0)
    began = time.perf_counter()
    trials = try_all(range(first, first + count))
    print_report(trials, seconds=time.perf_counter() - began)


def try_all(seeds: range) -> list[Trial]:
    """In as many processes as there are processors: each trial has a clock of its own."""
    with ProcessPoolExecutor(initializer=_quiet) as pool:
        return list(pool.map(try_out, seeds, chunksize=4))


def _quiet() -> None:
    import logging

    logging.disable(logging.ERROR)  # planted faults are logged by the server as what they are
