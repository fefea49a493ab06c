"""A provider's numbers and error codes: any value may come, and each is bounded or put into words."""

from __future__ import annotations

import math
from typing import Any

from tgtui.basics.text import clean

MAX_CODE = 300
"""Characters of an unknown error code; a longer one is no code."""
MAX_DIGITS = 30
"""Digits of a whole number in an answer; one with more is as good as infinite."""

UNREGISTERED = "it does not know tgtui, or oidc.client_id is wrong"
MEANINGS = {
    # RFC 6749, 4.1.2.1 and 5.2
    "access_denied": "it was declined, or an administrator's rule forbids it",
    "invalid_client": UNREGISTERED,
    "invalid_grant": "the code or the login was used, revoked, or has expired",
    "invalid_request": "it does not accept tgtui's request; its log may say why",
    "invalid_scope": "it does not give tgtui one of the scopes in oidc.scopes",
    "server_error": "it has an internal error",
    "temporarily_unavailable": "it is overloaded or under maintenance",
    "unauthorized_client": "tgtui's client may not log in with a device code; its administrator can allow it",
    "unsupported_grant_type": "it does not offer logins with a device code; its administrator may have to enable them",
    # RFC 8628, 3.5
    "authorization_pending": "the code was not entered yet",
    "expired_token": "the code was not entered in time",
    "slow_down": "it asks for longer pauses",
    # OpenID Connect Core 1.0, 3.1.2.6
    "account_selection_required": "it wants you to choose an account in a browser",
    "consent_required": "it wants your consent in a browser",
    "interaction_required": "it wants to ask you something in a browser",
    "login_required": "it wants you to log in again",
    # RFC 6750, 3.1 and RFC 7009, 2.2.1
    "insufficient_scope": "the login does not have a scope that this needs",
    "invalid_token": "it no longer accepts the token",
    "unsupported_token_type": "it can't revoke tokens of this kind",
    # GitHub and Microsoft
    "authorization_declined": "it was declined",
    "bad_refresh_token": "the login was revoked or has expired",
    "bad_verification_code": "the code is not valid",
    "device_flow_disabled": "logins with a device code are not enabled for tgtui's client",
    "incorrect_client_credentials": UNREGISTERED,
    "incorrect_device_code": "the code is not valid",
}
"""Error codes as reasons; the subject `it` is the provider or the login."""

DECLINED = frozenset({"access_denied", "authorization_declined"})
NOT_ENTERED = frozenset({"authorization_pending", "slow_down"})
BUSY = frozenset({"server_error", "slow_down", "temporarily_unavailable"})
PASSING = frozenset(
    [
        *("authorization_pending", "invalid_client", "incorrect_client_credentials"),
        *("unauthorized_client", "invalid_request", "invalid_scope", "unsupported_grant_type"),
    ]
)
"""Codes that speak of tgtui and the provider's settings for it, and not of a person's login, which stays good."""


def meaning(code: str, status: int) -> str:
    """A reason for a sentence: what the code says, and the code to look it up; unknown ones are untrusted text."""
    shown = clean(code, MAX_CODE)
    if not shown:
        return f"it answered {status} without a reason"
    return f"{MEANINGS[code]} ({shown})" if code in MEANINGS else shown


def seconds_in(value: Any) -> float | None:
    """A number of seconds, also one written as text; may be infinite or negative. None if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]
    return None if math.isnan(number) else number


def whole_number(digits: str) -> int | float:
    """For the JSON parser: Python refuses to read whole numbers of thousands of digits, and with them the answer."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)
