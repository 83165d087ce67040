"""Carries one asynchronous change of a provider through: start it once, find it again, wait for its end.

A start whose answer was lost in a crash must not be repeated. Where the provider takes a token, the
same attempt always sends the same one. Elsewhere we look among its operations for one on our target
that began since our intent was journaled; and a running one on our target is ours or as good as ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import StepContext, StepResult, WaitsForOwner, failed, succeeded
from seatrial.errors import NotFound, TemporaryError
from seatrial.providers.protocol import Busy, Operation, OperationState, Provider, QuotaExceeded

_LONGEST_PAUSE = 10.0  # seconds between two looks
_CLOCKS_APART = timedelta(minutes=2)  # how far the provider's clock may be behind ours


async def carry_through(
    context: StepContext,
    provider: Provider,
    target: str,
    start: Callable[[str], Awaitable[Operation]],
) -> StepResult:
    """Start (with a token) or adopt the operation on `target`, and wait until it has ended."""
    operation = await _begun_before(context, provider, target)
    if operation is None:
        await context.check_facts()
        try:
            operation = await start(context.token)
        except QuotaExceeded as quota:
            raise WaitsForOwner("whoever owns the account", f"raise the limit: {quota.what}") from quota
        except Busy as busy:
            raise TemporaryError(
                f"the provider is busy: {busy.what}", where=busy.where, next_step="Waiting for it to end."
            ) from busy
    if operation.id != context.operation:
        await context.operation_started(operation.id)
    pause = pauses(_LONGEST_PAUSE)
    while operation.state is OperationState.RUNNING:
        await context.progress(_progress(operation))
        await context.clock.sleep(next(pause))
        operation = await provider.operation(operation.id)
    match operation.state:
        case OperationState.SUCCEEDED:
            return succeeded(operation.detail)
        case OperationState.CANCELLED:
            return failed(f"the provider's operation {operation.id} was cancelled: {operation.detail}")
        case _:
            return failed(operation.detail or f"the provider's operation {operation.id} failed.")


async def _begun_before(context: StepContext, provider: Provider, target: str) -> Operation | None:
    if context.operation:
        try:
            return await provider.operation(context.operation)
        except NotFound:
            pass  # forgotten by the provider: the state, looked at before, says that it is not done
    since = (context.begun_at - _CLOCKS_APART).timestamp()
    for operation in await provider.operations():
        if operation.target != target:
            continue
        if operation.state is OperationState.RUNNING:
            return operation
        if context.resume and not context.operation and operation.started_at >= since:
            return operation
        return None  # newest first: an older one is not of this attempt
    return None


def _progress(operation: Operation) -> str:
    if operation.nodes_total:
        return f"{operation.nodes_done} of {operation.nodes_total} nodes done"
    return operation.detail or "the provider is at work"
