"""Style rules are parsed once in a process: parsing them anew for each app is a sixth of its start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet


@pytest.fixture(autouse=True, scope="session")
def shared_rules() -> Iterator[None]:
    """What one app parsed, the next one with the same variables takes."""
    parse = Stylesheet._parse_rules
    parsed: dict[tuple[Any, ...], Any] = {}

    def remembered(sheet: Stylesheet, *args: Any, **named: Any) -> Any:
        variables = tuple(sheet._variables.items())
        key = (variables, args, tuple(named.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, *args, **named)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", remembered)
        yield
