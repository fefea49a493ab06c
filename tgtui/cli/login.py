"""`tgtui login`, `logout`, `whoami`: log in at the OpenID provider named in the settings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from tgtui.basics.formatting import until
from tgtui.basics.text import clean
from tgtui.cli.opening import Options, complain, reading, run
from tgtui.cli.output import emit, emit_json, fields
from tgtui.cli.streams import say

if TYPE_CHECKING:
    from tgtui.basics.settings import Settings
    from tgtui.identity.oidc.keeping.store import Place
    from tgtui.identity.oidc.protocol.client import DeviceCode
    from tgtui.identity.oidc.session import LoginSession
    from tgtui.services.login import WhoAmI

NOBODY = 1
"""Exit code of `whoami` if no one is logged in."""
WHITE_ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"
UNVERIFIED = "A login that was not verified yet"
"""Stands for the name of its person."""
WHAT_ELSE = (
    "Keep the login elsewhere: --store file (a file that only you can read),"
    " or --store memory (not kept)."
)

LOGIN_EPILOG = """\b
Examples:
  tgtui login                        with a browser on any device
  tgtui login --store file           without a keyring, as on a server
  tgtui login --store memory         only to try it: the login is not kept

\b
oidc.issuer and oidc.client_id in the settings file, or TGTUI_OIDC_ISSUER and
TGTUI_OIDC_CLIENT_ID, name the provider. The login is kept in the system's
keyring unless --store says otherwise, and is renewed automatically.

\b
Exit codes: 0 logged in; 1 declined, expired, or the provider or the keyring
can't be used; 2 no provider is set, or a setting is wrong; 130 Ctrl-C.
"""
LOGOUT_EPILOG = """\b
Deletes the login on this machine and, if the provider supports it, ends it
there. Exit codes: 0 logged out; 1 part of the login is left, stderr says what.
"""
WHOAMI_EPILOG = """\b
Exit codes: 0 logged in; 1 no one is logged in; 3 the database can't be used.
"""


@click.command(
    epilog=LOGIN_EPILOG, short_help="Log in at the OpenID provider named in the settings."
)
@click.option(
    "--store",
    type=click.Choice(["keyring", "file", "memory"]),
    default="keyring",
    show_default=True,
    help="Where to keep the login.",
)
@click.option(
    "--open", "opens", is_flag=True, help="Open the address in a browser on this machine."
)
@click.option("--no-qr", is_flag=True, help="Show no QR code.")
@click.option("--json", "as_json", is_flag=True, help="Print who is logged in as JSON.")
@click.pass_obj
def login(options: Options, store: Place, opens: bool, no_qr: bool, as_json: bool) -> None:
    """Show a code to enter in a browser on any device, and wait for it."""
    settings = options.settings()
    done = run(_login(settings, store, opens, shows_qr=not no_qr))
    if as_json:
        emit_json(_data(done))
    else:
        emit([f"Logged in as {clean(done.name)}: {done.roles_in_words}."])


@click.command(epilog=LOGOUT_EPILOG, short_help="Log out.")
@click.pass_obj
def logout(options: Options) -> None:
    """Log out, here and at the provider."""
    name, problems = run(_logout(options.settings()))
    for problem in problems:
        complain(problem)
    emit([f"{clean(name)} is logged out." if name else "No one was logged in."])
    if problems and not name:
        sys.exit(1)


@click.command(epilog=WHOAMI_EPILOG, short_help="Show who you are and what you may do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def whoami(options: Options, as_json: bool) -> None:
    """Show who you are logged in as, with which roles, why and until when."""
    found = _whoami(options)
    if as_json:
        emit_json(_data(found))
    else:
        emit(_lines(found))
    if found.notice:
        complain(found.notice)
    if not found.is_known:
        sys.exit(NOBODY)


async def _login(settings: Settings, place: Place, opens: bool, *, shows_qr: bool) -> WhoAmI:
    from tgtui.identity.oidc.config import needed_config
    from tgtui.identity.oidc.errors import StoreError
    from tgtui.identity.oidc.session import LoginSession
    from tgtui.identity.people import Principal
    from tgtui.services.login import who_am_i

    session = LoginSession(needed_config(settings.oidc), settings.data_folder)
    try:
        try:
            await session.choose(place)
        except StoreError as error:
            raise StoreError(f"{error} {WHAT_ELSE}" if place == "keyring" else str(error)) from None
        code = await session.new_code()
        _show(code, session, shows_qr)
        if opens:
            click.launch(code.full_address or code.address)
        last = ""

        def told(sentence: str) -> None:
            nonlocal last
            if sentence and sentence != last:
                complain(sentence)
            last = sentence

        person = await session.complete(code, told)
        assert person.identity is not None  # complete raises if no one logged in
        principal = Principal(None, person.identity.display_name, person.roles)
        return who_am_i(principal, session, is_sqlite=False)
    finally:
        if session.notice:
            complain(session.notice)
        await session.close()


def _show(code: DeviceCode, session: LoginSession, shows_qr: bool) -> None:
    """On stderr: stdout is for the result."""
    from tgtui.basics import clock
    from tgtui.basics.qr import qr_lines

    address = code.full_address or code.address
    lines = [
        f"Open this address in a browser on any device and enter the code {code.user_code}:",
        f"  {clean(code.address, 2_000)}",
    ]
    if code.full_address:
        lines += ["or this one, which includes the code:", f"  {clean(address, 2_000)}"]
    drawing = qr_lines(address) if shows_qr and sys.stderr.isatty() else []
    if drawing and len(drawing[0]) <= os.get_terminal_size(sys.stderr.fileno()).columns:
        colours = not os.environ.get("NO_COLOR")
        start, end = (WHITE_ON_BLACK, PLAIN) if colours else ("", "")
        lines += ["", *(f"{start}{line}{end}" for line in drawing), ""]
    lines.append(
        f"The code from {session.config.host} expires {until(code.expires_at, clock.now())}; Ctrl-C cancels."
    )
    say(lines)


async def _logout(settings: Settings) -> tuple[str, list[str]]:
    """Who was logged in (empty if no one), and what went wrong."""
    from tgtui.identity.oidc.config import needed_config
    from tgtui.identity.oidc.session import LoginSession

    session = LoginSession(needed_config(settings.oidc), settings.data_folder)
    try:
        await session.restore(renews=False)
        if session.login is None:
            return "", [session.notice] if session.notice else []
        grant = session.login.grant
        name = grant.identity.display_name if grant is not None else UNVERIFIED
        return name, await session.log_out()
    finally:
        await session.close()


def _whoami(options: Options) -> WhoAmI:
    from tgtui.services.login import login_session, who_am_i
    from tgtui.services.opening import who_is_there

    settings = options.settings()
    session = login_session(settings)

    async def restored() -> None:
        if session is not None:
            await session.restore()
            await session.close()

    run(restored())
    with reading(options) as database:
        person = session.person if session is not None else None
        principal = who_is_there(database, person)
        return who_am_i(principal, session, is_sqlite=database.is_sqlite)


def _lines(who: WhoAmI) -> list[str]:
    from tgtui.basics import clock
    from tgtui.services.login import KEPT_IN

    lasting = ""
    if who.until is not None:
        ends = f"{who.until.astimezone():%Y-%m-%d %H:%M} ({until(who.until, clock.now())})"
        lasting = f"{ends}, then renewed" if who.is_renewed else ends
    first, *others = who.because
    return list(
        fields(
            [
                ("name", who.name or "no one"),
                ("from", "this machine" if who.source == "local" else who.source),
                ("subject", who.subject),
                ("roles", who.roles_in_words),
                ("because", first),
                *(("", other) for other in others),
                ("until", lasting),
                ("kept in", KEPT_IN.get(who.kept_in or "")),
            ]
        )
    )


def _data(who: WhoAmI) -> dict[str, Any]:
    return {
        "name": who.name or None,
        "source": who.source,
        "subject": who.subject,
        "roles": list(who.roles),
        "because": list(who.because),
        "until": who.until,
        "is_renewed": who.is_renewed,
        "kept_in": who.kept_in,
        "notice": who.notice or None,
    }
