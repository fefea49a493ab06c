"""Which claim gives which role, and what the settings may say of it."""

from __future__ import annotations

from typing import Any

import pytest

from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import OidcSettings, load_settings
from tgtui.identity.oidc.config import NOT_OFFERED, needed_config, oidc_config
from tgtui.identity.oidc.errors import LoginNotOffered
from tgtui.identity.oidc.roles import claim_at, reasons, roles_of, values_of

NESTED = {
    "roles": ["a"],
    "realm_access": {"roles": ["b"]},
    "https://login.example/roles": ["c"],
    "resource_access": {"my.client": {"roles": ["d"]}, "my": {"client": {"roles": ["e"]}}},
    "a.b": {"c": ["f"]},
    "a": {"b.c": ["g"], "b": {"c": ["h"]}},
    "text": "staff and more",
    "odd": [1, None, "i", {"x": 1}, "i"],
}


def config(**settings: Any) -> Any:
    given = {"issuer": "https://login.example", "client_id": "tgtui", **settings}
    return oidc_config(OidcSettings(**given))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("roles", ("a",)),
        ("realm_access.roles", ("b",)),
        ("https://login.example/roles", ("c",)),
        ("resource_access.my.client.roles", ("d",)),
        ("a.b.c", ("f",)),
        ("text", ("staff and more",)),
        ("odd", ("i",)),
        ("nothing", ()),
        ("roles.more", ()),
        ("", ()),
        (".", ()),
        ("realm_access", ()),
    ],
)
def test_a_claim_is_found_by_its_dotted_name(path: str, values: tuple[str, ...]) -> None:
    assert values_of(claim_at(NESTED, path)) == values


def test_a_dotted_name_of_many_parts_takes_no_time() -> None:
    assert claim_at({"a": {"a": {}}}, "a." * 2_000) is None


@pytest.mark.parametrize(
    "roles",
    [{"ops": "admin", "a=b": "worker"}, "ops=admin, a=b=worker"],
    ids=["table", "text"],
)
def test_values_are_mapped_and_roles_bring_the_lesser_ones(roles: Any) -> None:
    given = config(roles=roles)
    assert roles_of(given, ["ops"]) == {"anonymous", "authenticated", "admin"}
    assert roles_of(given, ["a=b"]) == {"anonymous", "authenticated", "worker"}
    assert roles_of(given, ["other", "OPS"]) == {"anonymous", "authenticated"}


def test_a_value_named_like_a_role_gives_none_by_itself() -> None:
    assert roles_of(config(), ["admin", "worker"]) == {"anonymous", "authenticated"}


def test_who_can_log_in_may_be_nobody_special() -> None:
    given = config(everyone="anonymous", roles={"staff": "member"})
    assert roles_of(given, []) == {"anonymous"}
    assert roles_of(given, ["staff"]) == {"anonymous", "authenticated"}


def test_the_reasons_name_the_value_the_claim_and_the_role() -> None:
    given = config(roles={"ops": "admin"}, roles_claim="groups")
    assert reasons(given, ["ops", "x"]) == [
        "ops in groups gives admin",
        "everyone who logs in is member",
    ]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"issuer": "http://login.example"}, "not https"),
        ({"issuer": "login.example"}, "not https"),
        ({"issuer": "https://login.example?x=1"}, "query"),
        ({"issuer": "https://me:secret@login.example"}, "user name"),
        ({"client_id": None}, r"oidc\.client_id is missing"),
        ({"issuer": None}, r"oidc\.issuer is missing"),
        ({"algorithms": "none"}, r"oidc\.algorithms is wrong: none"),
        ({"algorithms": "HS256 RS256"}, "HS256"),
        ({"algorithms": []}, "none is named"),
        ({"roles": {"ops": "root"}}, r"oidc\.roles \(ops\).*'root'"),
        ({"roles": "ops"}, "value=role"),
        ({"everyone": "king"}, r"oidc\.everyone"),
        ({"ca_file": "/nowhere/ca.pem"}, r"oidc\.ca_file"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        config(**settings)
    assert "me:secret" not in str(caught.value)


def test_without_a_provider_there_is_no_login() -> None:
    assert oidc_config(OidcSettings()) is None
    with pytest.raises(LoginNotOffered, match="TGTUI_OIDC_ISSUER"):
        needed_config(OidcSettings())
    assert NOT_OFFERED.endswith(".")


def test_everything_can_be_set_by_the_environment() -> None:
    settings = load_settings(
        {},
        {
            "TGTUI_CONFIG": "/nowhere",
            "TGTUI_OIDC_ISSUER": "https://login.example",
            "TGTUI_OIDC_CLIENT_ID": "tgtui",
            "TGTUI_OIDC_ROLES": "ops=admin,staff=member",
            "TGTUI_OIDC_ROLES_CLAIM": "realm_access.roles",
            "TGTUI_OIDC_ALGORITHMS": "ES256",
            "TGTUI_OIDC_SCOPES": "email offline_access",
            "TGTUI_OIDC_EVERYONE": "anonymous",
        },
    )
    given = oidc_config(settings.oidc)
    assert given is not None
    assert given.scopes == ("openid", "email", "offline_access")
    assert given.roles == {"ops": "admin", "staff": "member"}
    assert given.algorithms == {"ES256"}


def test_a_client_secret_is_no_setting() -> None:
    with pytest.raises(SettingsError, match="client_secret"):
        load_settings({"oidc.client_secret": "x"}, {"TGTUI_CONFIG": "/nowhere"})
