"""`tgtui config`: shows every setting, its value and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from tgtui.basics.text import clean
from tgtui.cli.opening import Options, complain
from tgtui.cli.output import emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.basics.settings import LoadedSettings
    from tgtui.registries.base import Default

DATABASE_URL = "database_url"
UNSET = "none"
MAX_VALUE = 2_000

EPILOG = """\b
Examples:
  tgtui config                       every setting, its value and where it comes from
  tgtui config --json
  tgtui --config other.toml config   the same with another settings file

\b
A setting comes from the command line, an environment variable, the settings
file or is a default, in this order. Passwords and tokens are shown as ***.
"""


class Shown(Struct, frozen=True):
    """A setting as it is printed, without secrets."""

    setting: str
    value: Any
    source: str
    where: str | None
    """The file, the variable, or the other program that a default is taken from."""


@click.command(epilog=EPILOG, short_help="Show every setting and where it comes from.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def config(options: Options, as_json: bool) -> None:
    """Show every setting, its value and where it comes from."""
    from tgtui.basics.settings import settings_file

    shown = list(_shown(options.layers()))
    if as_json:
        emit_json(shown)
        return
    emit_table(
        ("SETTING", "VALUE", "FROM"),
        ((each.setting, _as_text(each.value), _origin(each)) for each in shown),
    )
    if is_terminal():
        file = settings_file(options.environment())
        state = "" if file.exists() else ", which is not there"
        complain(f"The settings file is {file}{state}.")


def _shown(loaded: LoadedSettings) -> Iterator[Shown]:
    from tgtui.basics.settings import KEYS, Origin, setting_names

    defaults = dict(_defaults(loaded))
    for name in (*setting_names(), KEYS):
        origin = loaded.origins.get(name, Origin())
        value, where = _value(loaded, name), origin.place
        if value is None and name in defaults:
            value, where = defaults[name].value, defaults[name].place
        yield Shown(name, _masked(name, value), origin.layer, where)


def _value(loaded: LoadedSettings, name: str) -> Any:
    found: Any = loaded.settings
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _defaults(loaded: LoadedSettings) -> Iterator[tuple[str, Default]]:
    """What is used in place of a setting that is not set."""
    from tgtui.basics.errors import SettingsError
    from tgtui.registries.base import Default
    from tgtui.registries.registered import REGISTERED
    from tgtui.registries.registration import registration

    settings = loaded.settings
    yield DATABASE_URL, Default(settings.effective_database_url)
    yield "data_dir", Default(str(settings.data_folder))
    yield "cache_dir", Default(str(settings.cache_folder))
    yield "oidc.audience", Default(settings.oidc.client_id)
    for registry in REGISTERED:
        try:
            found = registration(registry).defaults()
        except SettingsError as error:
            # npm's own address can be wrong, which is no reason to show nothing else.
            complain(str(error))
            continue
        for name, default in found.items():
            yield f"{registry}.{name}", default


def _masked(name: str, value: Any) -> Any:
    from tgtui.basics.masking import MASK, masked, masked_database
    from tgtui.basics.settings import SECRETS

    if name in SECRETS:
        return MASK if value else value
    if isinstance(value, str):
        return masked_database(value) if name == DATABASE_URL else masked(value)
    if isinstance(value, list):
        return [_masked(name, each) for each in value]
    if isinstance(value, dict):
        return {key: _masked(name, each) for key, each in value.items()}
    return value


def _as_text(value: Any) -> str:
    if value is None or value in ([], {}):
        return UNSET
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} = {each}" for key, each in value.items())
    return clean(value, MAX_VALUE)


def _origin(shown: Shown) -> str:
    if shown.where is None:
        return shown.source
    return f"default: {shown.where}" if shown.source == "default" else shown.where
