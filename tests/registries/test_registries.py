"""The promises of the table of adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_registry import FakeRegistry
from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import NpmSettings
from tgtui.registries.adapters import Registries
from tgtui.registries.base import REGISTRIES, RegistryAdapter, TooLarge
from tgtui.registries.registration import RegistryOptions, registration


async def test_an_adapter_is_made_once_and_works(
    fake_registry: FakeRegistry, tmp_path: Path
) -> None:
    fake_registry.add_package("express")
    options = RegistryOptions(
        tmp_path, npm=NpmSettings(registry=fake_registry.url), max_document_bytes=1 << 20
    )
    registries = Registries(options)
    adapter: RegistryAdapter = registries.get("npm")
    assert registries.get("npm") is adapter
    assert (await adapter.fetch("express", max_age=0)).document.registry == "npm"
    fake_registry.add_package("large", readme="x" * (1 << 20))
    with pytest.raises(TooLarge):
        await adapter.fetch("large", max_age=0)
    await registries.aclose()


def test_every_adapter_is_of_a_registry_the_schema_admits(tmp_path: Path) -> None:
    registries = Registries(
        RegistryOptions(tmp_path, npm=NpmSettings(registry="https://registry.example"))
    )
    assert set(registries.names) <= set(REGISTRIES)
    assert all(registries.get(name).name == name for name in registries.names)


def test_a_bad_address_is_said_when_the_adapter_is_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="registry address"):
        Registries(RegistryOptions(tmp_path, npm=NpmSettings(registry="nonsense"))).get("npm")


@pytest.mark.parametrize(
    ("registry", "name", "end"),
    [
        ("npm", "JSONStream", "/package/JSONStream"),
        ("npm", "@Scope/Name", "/package/@Scope/Name"),
        ("npm", "x(y)~", "/package/x(y)~"),
        ("jsr", "@std/path", "jsr.io/@std/path"),
        ("brew", "gtk+3", "/formula/gtk+3"),
        ("brew", "python@3.12", "/formula/python@3.12"),
        ("brew", "cask/firefox", "/cask/firefox"),
    ],
)
def test_a_page_has_the_name_as_it_is(registry: str, name: str, end: str) -> None:
    page = registration(registry).page(name)
    assert page is not None
    assert page.startswith("https://")
    assert page.endswith(end)
