"""Asks a person at the terminal, so that Ctrl-C ends the question.

asyncio turns Ctrl-C into a cancellation, which a task that blocks in a prompt would never see: the
prompt would swallow it. So while a question is open Ctrl-C interrupts, as it does everywhere else.
"""

from __future__ import annotations

import signal

import click


def confirmed(question: str) -> bool:
    """Whether the person says yes; raises `KeyboardInterrupt` or click's `Abort` for Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(question)
    finally:
        signal.signal(signal.SIGINT, before)
