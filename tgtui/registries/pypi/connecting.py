"""A client for what a configuration of Python indexes names: its logins, certificates and proxy."""

from __future__ import annotations

from tgtui.registries.http.client import CONNECTIONS, HttpClient
from tgtui.registries.http.gate import HostGate
from tgtui.registries.pypi.configuration.indexes import IndexConfig
from tgtui.registries.pypi.configuration.keyring import Logins


def client_for(
    config: IndexConfig,
    logins: Logins,
    *,
    gate: HostGate | None = None,
    contact: str | None = None,
    connections: int = CONNECTIONS,
) -> HttpClient:
    """`logins` are shared by the clients of one program, so that a keyring is asked once."""
    return HttpClient(
        authorization=logins.authorization,
        challenged=None if config.keyring == "disabled" else logins.challenged,
        trust=config.trust,
        connections=connections,
        gate=gate,
        contact=contact,
        proxies={"all://": config.proxy} if config.proxy else None,
    )
