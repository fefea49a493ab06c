"""Where the tables are: the settings, with the folder and the secret that belong to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tgtui.basics.errors import SettingsError
from tgtui.basics.settings import AnalyticsSettings, Settings

FOLDER = "analytics"
"""In the data folder."""
SPILL = "sql-spill"
"""In that folder: what a query can't hold in memory."""


@dataclass(frozen=True, slots=True)
class Place:
    """Made by `place_of`."""

    settings: AnalyticsSettings
    folder: Path
    """Of this machine's own files: the local catalog and its tables, the lock, the key of pseudonyms."""
    credential: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        return self.settings.catalog == "local"

    @property
    def tables(self) -> Path:
        """The folder of the local catalog's tables."""
        return self.folder / "tables"

    @property
    def words(self) -> str:
        """Where it is, for people."""
        if self.is_local:
            return str(self.folder)
        return f"{self.settings.uri} (warehouse {self.settings.warehouse or 'none'})"


def place_of(settings: Settings, credential: str | None = None) -> Place:
    """SettingsError if the settings name no usable catalog. `credential` is the keyring's, if the settings have none."""
    chosen = settings.analytics
    if chosen.catalog == "rest":
        uri = chosen.uri or ""
        if not uri.startswith(("http://", "https://")):
            raise SettingsError(
                "analytics.uri is missing, or not http:// or https://: set it to the address of the REST catalog,"
                " such as https://polaris.example/api/catalog."
            )
    return Place(chosen, settings.data_folder / FOLDER, chosen.credential or credential)
