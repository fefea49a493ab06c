"""Decides whether and when a failed request is retried."""

from __future__ import annotations

import random

from msgspec import Struct

from tgtui.basics.errors import DatabaseUnavailable, SettingsError, TgtuiError
from tgtui.registries.base import HostDown, HostResting, NotKept, RateLimited, RegistryError

FIRST_WAIT_S = 5.0
"""Wait after the first attempt, doubled after each further one."""
LONGEST_WAIT_S = 600.0
LONGEST_RETRY_AFTER_S = 3_600.0
"""The longest wait that a server can ask for."""
JITTER = 0.25
"""Random part of a wait, so that requests that failed together do not return together."""
OUTAGE_S = 15.0
"""First wait for a registry that can't be reached."""
DATABASE_WAIT_S = 5.0
"""Wait before a retry if the database had no room or no connection."""


class Verdict(Struct, frozen=True):
    """The outcome of a failed attempt."""

    code: str
    """`error_code` of the request."""
    message: str
    """A sentence."""
    wait_s: float | None
    """Seconds until the next attempt; None if it is final."""
    costs_attempt: bool = True
    """False if the attempt says nothing about the package."""
    leave_host_s: float | None = None
    """Seconds to leave its host alone."""
    host: str | None = None
    """The host to leave alone; None for the package's own."""
    is_local: bool = False
    """The outage is this machine's: others may reach the host."""


def judge(error: Exception, attempt: int, max_attempts: int) -> Verdict:
    """Permanent errors are final; a host that is down costs no attempt; anything else backs off."""
    if isinstance(error, SettingsError):  # a wrong setting of the registry, which can be corrected
        return _leave_alone("unreachable", str(error), None)
    if isinstance(error, DatabaseUnavailable):
        return Verdict("database", str(error), DATABASE_WAIT_S, costs_attempt=False)
    if not isinstance(error, RegistryError):
        message = (
            str(error)
            if isinstance(error, TgtuiError)
            else f"Unexpected error ({type(error).__name__}); the log has the details."
        )
        wait = wait_before_retry(attempt) if attempt < max_attempts else None
        return Verdict("internal", message, wait)
    message = str(error)
    if error.is_permanent:
        return Verdict(error.code, message, None)
    if isinstance(error, HostResting):
        return Verdict(error.code, message, error.retry_after or OUTAGE_S, costs_attempt=False)
    if isinstance(error, NotKept):
        return Verdict(error.code, message, OUTAGE_S, costs_attempt=False)
    if isinstance(error, HostDown):
        return _leave_alone(error.code, message, error.host)
    leave_host_s = None
    if isinstance(error, RateLimited) or error.retry_after is not None:
        # The host's own wait: the attempts of this package say nothing about others.
        leave_host_s = wait_before_retry(1, error.retry_after)
    is_last = attempt >= max_attempts
    return Verdict(
        error.code,
        f"{message}. Tried {attempt} times." if is_last else message,
        None if is_last else wait_before_retry(attempt, error.retry_after),
        leave_host_s=leave_host_s,
        host=error.host,
    )


def _leave_alone(code: str, message: str, host: str | None) -> Verdict:
    return Verdict(
        code,
        message,
        OUTAGE_S,
        costs_attempt=False,
        leave_host_s=OUTAGE_S,
        host=host,
        is_local=True,
    )


def wait_before_retry(attempt: int, retry_after: float | None = None) -> float:
    """Seconds to wait after attempt number `attempt` (from 1); the server's own wait takes precedence."""
    backoff = min(FIRST_WAIT_S * 2.0 ** (attempt - 1), LONGEST_WAIT_S)
    spread = backoff * JITTER * random.random()  # noqa: S311 - no secret
    if retry_after is not None:
        return min(max(retry_after, 0.0), LONGEST_RETRY_AFTER_S) + spread
    return backoff - spread
