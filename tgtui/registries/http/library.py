"""Imports of libraries that would bring more along than is used."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType

_importing = threading.Lock()
"""Clients are opened in threads: a module that another one is importing has not all its names yet."""


def without_command_line(name: str) -> ModuleType:
    """The module of httpx, or of a drop-in replacement, without its command line, which nobody calls here.

    It would import rich and pygments, 0.1 s. The library does without it where these are not installed; an entry of
    None says the same of one module (Python's import system), and is gone when the import is done.
    """
    main = f"{name}._main"
    with _importing:
        unknown = main not in sys.modules
        if unknown:
            sys.modules[main] = None  # type: ignore[assignment]
        try:
            return importlib.import_module(name)
        finally:
            if unknown:
                del sys.modules[main]
