"""An Iceberg REST catalog: Apache Polaris, or any other."""

from __future__ import annotations

import os
from typing import Any

from pyiceberg.catalog.rest import RestCatalog
from requests import Session
from requests.adapters import HTTPAdapter

from tgtui.analytics.catalogs.refusals import refusals
from tgtui.analytics.place import Place

ANSWER_S = (10.0, 120.0)
"""Seconds to connect, and to wait for an answer: a commit may take a while."""
NAME = "tgtui"
STORE = {
    "AWS_ENDPOINT_URL_S3": "s3.endpoint",
    "AWS_ENDPOINT_URL": "s3.endpoint",
    "AWS_ACCESS_KEY_ID": "s3.access-key-id",
    "AWS_SECRET_ACCESS_KEY": "s3.secret-access-key",
    "AWS_SESSION_TOKEN": "s3.session-token",
    "AWS_REGION": "s3.region",
    "AWS_DEFAULT_REGION": "s3.region",
}
"""Usual variables of stores like S3, and pyiceberg's names; the first that is set counts. What a catalog says of a
table goes before them."""


def open_rest(place: Place) -> RestCatalog:
    """Connected, and logged in. CatalogRefused."""
    with refusals(place, "log in", "none"):
        return _Catalog(NAME, **_properties(place))


def _properties(place: Place) -> dict[str, Any]:
    chosen = place.settings
    uri = (chosen.uri or "").rstrip("/").removesuffix("/v1")
    found: dict[str, Any] = {
        "uri": uri,
        "scope": chosen.scope,
        "oauth2-server-uri": chosen.token_uri or f"{uri}/v1/oauth/tokens",
        # An empty one asks for nothing; without the header pyiceberg asks for credentials.
        "header.X-Iceberg-Access-Delegation": (
            "" if chosen.access_delegation == "none" else chosen.access_delegation
        ),
    }
    given = {
        "warehouse": chosen.warehouse,
        "credential": place.credential,
        "header.Polaris-Realm": chosen.realm,
    }
    found |= {name: value for name, value in given.items() if value}
    if chosen.ca_file:
        found["ssl"] = {"cabundle": chosen.ca_file}
    if chosen.access_delegation == "none":
        for variable, name in STORE.items():
            if os.environ.get(variable):
                found.setdefault(name, os.environ[variable])
    return found


class _Catalog(RestCatalog):
    """Waits for no answer without end, which requests does by itself."""

    def _config_headers(self, session: Session) -> None:
        super()._config_headers(session)
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Patient())


class _Patient(HTTPAdapter):
    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        if more.get("timeout") is None:
            more["timeout"] = ANSWER_S
        return super().send(request, *args, **more)
