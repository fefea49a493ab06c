"""Errors that a person may see. Each is one sentence that says what happened and what to do."""

from __future__ import annotations


class TgtuiError(Exception):
    """An expected failure: shown as its sentence, never as a traceback."""

    exit_code = 1
    """The exit code of the command line."""


class UsageError(TgtuiError):
    """The input can't be understood: a bad name, a bad option, a bad setting."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is wrong: names the setting, where it was set, and what it may be."""


class DatabaseError(TgtuiError):
    """The catalogue's database can't be used: unreachable, read-only, newer than the program."""

    exit_code = 3


class SchemaChanged(DatabaseError):
    """A newer tgtui has migrated the database while this program ran."""


class CatalogueLost(DatabaseError):
    """The catalogue's file was deleted or replaced while the program ran: nothing more is kept in it."""


class DatabaseUnavailable(DatabaseError):
    """The database can't be used for now: no connection, no space, no right to write. Trying later may work."""


class DatabaseReadOnly(DatabaseUnavailable):
    """The database can't be written for now, for the reason the sentence gives; it may still be read."""


class DatabaseStandby(DatabaseReadOnly):
    """The server is a standby, or set to take no writes: waiting a little does not help."""


class ScreensEnded(TgtuiError):
    """A mistake in the program ended the screens; the log has the traceback."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"A bug in tgtui ended it: {type(error).__name__}: {error}")
