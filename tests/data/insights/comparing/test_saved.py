"""Comparisons under a name are one account's own."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.data.insights.comparing import saved
from tgtui.data.insights.comparing.saved import (
    delete_comparison,
    rename_comparison,
    save_comparison,
    saved_comparisons,
)


def test_saved_replaced_renamed_and_deleted_for_one_account(connection: Connection) -> None:
    ada, bob = rows.add_account(connection), rows.add_account(connection, "bob")

    def names(account: object = ada) -> dict[str, str]:
        kept = saved_comparisons(connection, ada if account is ada else bob)
        return {each.name: each.packages for each in kept}

    save_comparison(connection, ada, " ui ", "npm:react npm:vue")
    save_comparison(connection, bob, "ui", "npm:a npm:b")
    save_comparison(connection, ada, "ui", "npm:react npm:preact")
    save_comparison(connection, ada, "Db", "npm:pg npm:mysql2")
    assert list(names()) == ["Db", "ui"]
    assert names()["ui"] == "npm:react npm:preact"
    assert rename_comparison(connection, ada, "ui", "views")
    assert not rename_comparison(connection, ada, "ui", "other")
    with pytest.raises(UsageError, match="already a saved comparison Db"):
        rename_comparison(connection, ada, "views", "Db")
    assert rename_comparison(connection, ada, "Db", "Db")
    assert delete_comparison(connection, ada, "views")
    assert not delete_comparison(connection, ada, "views")
    assert (list(names()), names(bob)) == (["Db"], {"ui": "npm:a npm:b"})


def test_names_and_numbers_have_limits(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "MAX_SAVED", 1)
    ada = rows.add_account(connection)
    for name in ("", " ", "x" * 61):
        with pytest.raises(UsageError):
            save_comparison(connection, ada, name, "npm:a npm:b")
    save_comparison(connection, ada, "one", "npm:a npm:b")
    with pytest.raises(UsageError, match="delete one first"):
        save_comparison(connection, ada, "two", "npm:a npm:b")
    save_comparison(connection, ada, "one", "npm:a npm:c")
