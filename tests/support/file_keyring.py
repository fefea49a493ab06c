"""A system keyring that several processes share: PYTHON_KEYRING_BACKEND names it, TGTUI_TEST_KEYRING its file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.support.logins import MemoryKeyring


class FileKeyring(MemoryKeyring):
    """Reads and writes the whole file each time."""

    def get_password(self, service: str, username: str) -> str | None:
        self._read()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._read()
        super().set_password(service, username, password)
        self._write()

    def delete_password(self, service: str, username: str) -> None:
        self._read()
        super().delete_password(service, username)
        self._write()

    @property
    def _path(self) -> Path:
        return Path(os.environ["TGTUI_TEST_KEYRING"])

    def _read(self) -> None:
        if self._path.exists():
            found = json.loads(self._path.read_text(encoding="utf-8"))
            self.entries = {(service, user): secret for service, user, secret in found}

    def _write(self) -> None:
        entries = [[service, user, secret] for (service, user), secret in self.entries.items()]
        part = self._path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(entries), encoding="utf-8")
        part.replace(self._path)
