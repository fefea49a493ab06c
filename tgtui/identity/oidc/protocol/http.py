"""HTTP with the OpenID provider: JSON only, bounded, without redirects, every failure a typed sentence.

Separate from `registries.http` because it sends forms with secrets, and caches, resumes and repeats nothing.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from tgtui import __version__
from tgtui.basics import clock
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import ProviderTrouble, ProviderWrong
from tgtui.identity.oidc.protocol.words import NOT_ENTERED, whole_number
from tgtui.identity.oidc.secrets import Secret
from tgtui.registries.http.library import without_command_line
from tgtui.registries.http.rules import RETRIED, is_allowed, parse_retry_after, shown_host
from tgtui.registries.http.trust import Trust, trusted_certificates

if TYPE_CHECKING:
    import httpx

MEGABYTE = 1_000_000
MAX_BYTES = 1 * MEGABYTE
"""Bytes of one answer; a provider's configuration and keys are a few kilobytes."""
MAX_CLAIMS_BYTES = 8 * MEGABYTE
"""Bytes of an answer with claims: they hold all roles of a person, and an access token often repeats them."""
CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 20.0
"""Time for one answer."""


SECRETS = ("access_token", "refresh_token", "id_token", "device_code")
"""Fields of answers that are wrapped before anything else sees them."""


class Answer(Struct, frozen=True):
    """An endpoint's answer to a form."""

    status: int
    body: dict[str, Any]
    """SECRETS are Secret, or missing if they are not text."""

    @property
    def error(self) -> str:
        """The OAuth error code of a refusal (RFC 6749, 5.2); empty if there is none."""
        code = self.body.get("error")
        return code if isinstance(code, str) else ""


class ProviderHttp:
    """One provider's connections; made with the first request, closed by `aclose`."""

    def __init__(self, config: OidcConfig) -> None:
        self._config = config
        self._plain_http = config.issuer.startswith("http:")
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """May be called twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def check(self, url: str, what: str) -> str:
        """An address of the provider, if it may be used: https, or plain http for an issuer on this machine."""
        if not is_allowed(url) or (url.startswith("http:") and not self._plain_http):
            raise ProviderWrong(f"{self._config.host}: the address of its {what} is not https.")
        if "@" in urlsplit(url).netloc:
            raise ProviderWrong(
                f"{self._config.host}: the address of its {what} has a user name, which could hide where it leads."
            )
        return url

    async def get(self, url: str, what: str, *, bearer: Secret | None = None) -> dict[str, Any]:
        """Fetch a JSON object. `what` is its name in sentences: `configuration`."""
        most = MAX_CLAIMS_BYTES if bearer else MAX_BYTES
        answer = await self._ask("GET", url, what, most, bearer=bearer)
        if answer.status != 200:
            raise ProviderWrong(f"{self._config.host} answered {answer.status} for its {what}.")
        return answer.body

    async def post(self, url: str, what: str, form: Mapping[str, str | Secret]) -> Answer:
        """Send a form; refusals are answers too, without descriptions if a secret was sent, which they may quote."""
        has_secret = any(isinstance(value, Secret) for value in form.values())
        most = MAX_CLAIMS_BYTES if has_secret else MAX_BYTES
        answer = await self._ask("POST", url, what, most, form=form)
        if has_secret:
            answer.body.pop("error_description", None)
        return answer

    async def _ask(
        self,
        method: str,
        url: str,
        what: str,
        most: int,
        *,
        form: Mapping[str, str | Secret] | None = None,
        bearer: Secret | None = None,
    ) -> Answer:
        httpx = await asyncio.to_thread(without_command_line, "httpx")
        self.check(url, what)
        host = self._config.host
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                client = await self._open()
                status, retry_after, body = await _exchange(client, method, url, most, form, bearer)
        except TimeoutError:
            raise ProviderTrouble(f"{host} did not answer within {TOTAL_SECONDS:g} s.") from None
        except _TooLarge:
            size = "a megabyte" if most == MEGABYTE else f"{most // MEGABYTE} megabytes"
            raise ProviderWrong(
                f"{host}: the answer for its {what} is larger than {size}."
            ) from None
        except _Redirected as error:
            raise ProviderWrong(
                f"{host}: the answer for its {what} redirects to {shown_host(error.target)}, which is not followed;"
                " set oidc.issuer to the provider's real address."
            ) from None
        except httpx.ConnectError as error:
            if "certificate" in str(error).lower():
                raise ProviderWrong(
                    f"The certificate of {host} is not trusted on this machine;"
                    " oidc.ca_file names the authority of a private one."
                ) from None
            raise ProviderTrouble(f"{host} can't be reached.") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            raise ProviderTrouble(f"{host} can't be reached, or its answer ended early.") from None
        except Exception as error:  # noqa: BLE001 - its frames hold secrets that were sent, and must not go further
            raise ProviderTrouble(f"{host} can't be used ({type(error).__name__}).") from None
        return self._understood(status, retry_after, body, what)

    def _understood(self, status: int, retry_after: str | None, body: bytes, what: str) -> Answer:
        host = self._config.host
        if status == 200 and not body.strip():
            return Answer(status, {})
        try:
            value = json.loads(body, parse_int=whole_number)
        except (ValueError, RecursionError):
            value = None
        error = value.get("error") if isinstance(value, dict) else None
        is_busy = status == 429 or status >= 500 or status in RETRIED
        if isinstance(value, dict) and (
            status == 200
            or (400 <= status < 500 and isinstance(error, str) and not is_busy)
            or (status == 429 and isinstance(error, str) and error in NOT_ENTERED)
        ):
            return Answer(status, _sealed(value))
        if is_busy:
            wait = parse_retry_after(retry_after, clock.now())
            later = f"; it asks to wait {wait:g} s" if wait else ""
            raise ProviderTrouble(f"{host} answered {status} for its {what}{later}.")
        if status == 200:
            raise ProviderWrong(
                f"{host}: the answer for its {what} is not a JSON object; is oidc.issuer an OpenID provider?"
            )
        raise ProviderWrong(f"{host} answered {status} for its {what}.")

    async def _open(self) -> httpx.AsyncClient:
        """Made in a thread, because importing the library and reading certificates take 100 ms."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make_client)
            return self._client

    def _make_client(self) -> httpx.AsyncClient:
        without_command_line("httpx")
        import httpx

        return httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            verify=_certificates(self._config.ca_file),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"tgtui/{__version__}",
            },
        )


@lru_cache(maxsize=1)
def _certificates(ca_file: Path | None) -> ssl.SSLContext:
    """Read once, because that takes 100 ms."""
    return trusted_certificates(without_command_line("httpx"), Trust(cafile=ca_file))


class _TooLarge(Exception):
    pass


class _Redirected(Exception):
    def __init__(self, target: str) -> None:
        super().__init__("redirected")
        self.target = target


async def _exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    most: int,
    form: Mapping[str, str | Secret] | None,
    bearer: Secret | None,
) -> tuple[int, str | None, bytes]:
    """Status, Retry-After, body."""
    headers = {"Authorization": f"Bearer {bearer.reveal()}"} if bearer else {}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    content = _encoded(form) if form is not None else None
    async with client.stream(method, url, content=content, headers=headers) as response:
        if response.is_redirect or response.next_request is not None:
            raise _Redirected(response.headers.get("location", ""))
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise ValueError("compressed, which was not asked for")
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > most:
                raise _TooLarge
        return response.status_code, response.headers.get("retry-after"), bytes(body)


def _sealed(body: dict[str, Any]) -> dict[str, Any]:
    for name in SECRETS:
        value = body.pop(name, None)
        # RFC 6749, A: nothing else can be sent back or stored.
        if isinstance(value, str) and value and value.isascii() and value.isprintable():
            body[name] = Secret(value)
    return body


def _encoded(form: Mapping[str, str | Secret]) -> bytes:
    return urlencode(
        [(key, v.reveal() if isinstance(v, Secret) else v) for key, v in form.items()]
    ).encode()
