"""The one way to wait: a probe, a deadline, and a message that tells what was seen last."""

from collections.abc import Callable
from typing import TypeVar

import tenacity

from lab.errors import DeadlineExceeded

T = TypeVar("T")


def eventually(
    probe: Callable[[], T],
    *,
    until: Callable[[T], bool] = bool,
    what: str,
    within: float,
    every: float = 0.25,
    retry_on: tuple[type[Exception], ...] = (),
) -> T:
    """Call `probe` until `until(result)` holds and return that result.

    `within` and `every` are seconds. Exceptions of the types in `retry_on` count as "not yet".
    Raises DeadlineExceeded naming `what`, the time spent and the last state or error seen.
    """
    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_delay(within),
        wait=tenacity.wait_fixed(every),
        retry=tenacity.retry_if_exception_type(retry_on or ()) | tenacity.retry_if_result(lambda r: not until(r)),
    )
    try:
        return attempts(probe)
    except tenacity.RetryError as error:
        outcome = error.last_attempt
        failure = outcome.exception()
        seen = f"{type(failure).__name__}: {failure}" if failure else repr(outcome.result())
        raise DeadlineExceeded(f"waited {within:g} s for {what}; last seen: {seen[:2000]}") from failure
