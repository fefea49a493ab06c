"""Waits until a device code is entered: RFC 8628, 3.4 and 3.5."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from tgtui.basics import clock
from tgtui.identity.oidc.errors import CodeExpired, ProviderTrouble, ProviderWrong
from tgtui.identity.oidc.protocol.client import DeviceCode, OidcClient, Pending, Tokens

SLOWER_SECONDS = 5.0
"""RFC 8628, 3.5: seconds that slow_down adds permanently."""
LONGEST_PAUSE_SECONDS = 60.0
"""Longest pause between attempts while the provider can't be reached."""

Wait = Callable[[float], Awaitable[object]]


async def wait_for_login(
    client: OidcClient,
    code: DeviceCode,
    *,
    now: Callable[[], datetime] = clock.now,
    wait: Wait = asyncio.sleep,
    told: Callable[[str], object] = lambda _sentence: None,
) -> Tokens:
    """Poll until the code is entered. CodeExpired, LoginDenied.

    While the provider can't be reached, or answers what is no answer, it is asked less and less often; `told` gets a
    sentence about that, and an empty one when it answers again.
    """
    interval, pause, last = code.interval, code.interval, ""
    while True:
        left = (code.expires_at - now()).total_seconds()
        if left <= 0:
            raise CodeExpired(
                f"{last} The code has expired in the meantime; request a new one."
                if last
                else "The code expired before it was entered; request a new one."
            )
        await wait(min(pause, left))
        try:
            return await client.redeem(code)
        except Pending as pending:
            interval += SLOWER_SECONDS if pending.slow_down else 0
            pause, last = interval, ""
            told("")
        except (ProviderTrouble, ProviderWrong) as trouble:
            pause, last = min(2 * pause, max(LONGEST_PAUSE_SECONDS, interval)), str(trouble)
            told(f"{trouble} Trying again; the code stays valid.")
