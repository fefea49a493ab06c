"""What every command shares: settings, the open catalogue, signals, errors as sentences."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from tgtui.basics.errors import TgtuiError
from tgtui.basics.leaving import HANG_UP, INTERRUPT, TERMINATE, Left, leaving, leaving_at_once
from tgtui.basics.text import clean
from tgtui.cli.streams import OutputLost, ReaderGone

if TYPE_CHECKING:
    import asyncio

    from tgtui.basics.settings import LoadedSettings, Settings
    from tgtui.data.storage.database import Database
    from tgtui.identity.people import Principal
    from tgtui.services.catalogue import Catalogue

T = TypeVar("T")

NOTHING_FOUND = 1
NOT_IN_CATALOGUE = 4
OUTPUT_LOST = 7
INTERRUPTED = 130
"""128 plus the number of SIGINT, as in shells."""
MAX_SENTENCE = 1_000

FIRST_START = (
    "A new catalogue was created. Its first packages are queued and are fetched"
    " while tgtui or `tgtui worker` runs."
)


class Options(Struct, frozen=True):
    """Options given before the command; None if not given."""

    database: str | None = None
    data_dir: str | None = None
    config: str | None = None
    verbose: bool = False

    def settings(self, **command: object) -> Settings:
        """All layers of settings with these on top, and the command's own by dotted name. SettingsError."""
        from tgtui.basics.settings import load_settings

        return load_settings({**self._given(), **command}, self.environment())

    def layers(self) -> LoadedSettings:
        """The same with where each comes from."""
        from tgtui.basics.settings import load_layers

        return load_layers(self._given(), self.environment())

    def environment(self) -> dict[str, str]:
        """The program's environment, in which --config names the settings file."""
        return {**os.environ, **({} if self.config is None else {"TGTUI_CONFIG": self.config})}

    def _given(self) -> dict[str, object]:
        return {"database_url": self.database, "data_dir": self.data_dir}


class NotInCatalogue(TgtuiError):
    """A package, version or tag that is not here; the sentence says how to get it."""

    exit_code = NOT_IN_CATALOGUE


@contextlib.contextmanager
def reading(options: Options) -> Iterator[Database]:
    """The catalogue's database for a command that only reads: created if missing, without network."""
    from tgtui.services.opening import BACKED_UP, prepare_database

    prepared = prepare_database(options.settings())
    try:
        if prepared.backup is not None:
            complain(BACKED_UP.format(backup=prepared.backup))
        if prepared.is_new:
            complain(FIRST_START)
        yield prepared.database
    finally:
        prepared.database.close()


def on_catalogue(options: Options, work: Callable[[Catalogue], Awaitable[T]]) -> T:
    """Run it on the open catalogue, with the roles of the person who runs the command."""

    async def opened() -> T:
        from tgtui.services.catalogue import Catalogue
        from tgtui.services.opening import BACKED_UP

        catalogue = await Catalogue.open(options.settings())
        try:
            if catalogue.backup is not None:
                complain(BACKED_UP.format(backup=catalogue.backup))
            return await work(catalogue)
        finally:
            await catalogue.close()

    return run(opened())


def principal_of(options: Options, database: Database) -> Principal:
    """Who runs the command: the person logged in at the settings' provider, else the database's login."""
    from tgtui.services.login import person_of
    from tgtui.services.opening import who_is_there

    return who_is_there(database, run(person_of(options.settings(), complain)))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in an event loop. A signal to leave cancels it, which lets it clean up first; then Left is raised."""
    import asyncio  # which takes longer than click, and few commands need it

    left_by = 0
    task: asyncio.Task[T] | None = None

    def asked(number: int) -> None:
        nonlocal left_by
        if not left_by:
            left_by = number
            if task is not None:
                task.get_loop().call_soon_threadsafe(task.cancel)

    async def body() -> T:
        nonlocal task
        task = asyncio.ensure_future(work)
        if left_by:
            task.cancel()
        return await task

    with leaving(asked, TERMINATE, HANG_UP):
        try:
            result = asyncio.run(body())
        except (asyncio.CancelledError, Exception):
            # What is cancelled may fail in other ways, without a terminal for example.
            if left_by:
                raise Left(left_by) from None
            raise
        if left_by:
            raise Left(left_by)
        return result


@contextlib.contextmanager
def on_stop(stop: Callable[[int], None]) -> Iterator[None]:
    """Call `stop(signal)` in the running event loop at the first signal to leave; a Ctrl-C after it kills the program."""
    import asyncio

    loop = asyncio.get_running_loop()
    is_asked = False

    def asked(number: int) -> None:
        nonlocal is_asked
        if not is_asked:
            is_asked = True
            loop.call_soon_threadsafe(stop, number)
        elif number == INTERRUPT:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)

    with leaving(asked, INTERRUPT, TERMINATE, HANG_UP):
        yield


@contextlib.contextmanager
def explained(verbose: bool = False) -> Iterator[None]:
    """Turn errors into a sentence on stderr and an exit code; with tracebacks if `verbose`."""
    try:
        with leaving_at_once():
            yield
    except TgtuiError as error:
        if verbose:
            _print_traceback()
        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("Interrupted.")
        sys.exit(INTERRUPTED)
    except ReaderGone:
        sys.exit(0)
    except OutputLost as error:
        complain(str(error))
        sys.exit(OUTPUT_LOST)
    except Exception as error:
        from click import Abort, ClickException  # which the app does without
        from click.exceptions import Exit

        if isinstance(error, ClickException | Abort | Exit):
            raise  # click explains its own errors, and uses some to leave
        if verbose:
            _print_traceback()
        complain(f"Unexpected error: {type(error).__name__}: {error}")
        if not verbose:
            complain("This is a bug in tgtui. Run it with `tgtui -v` to see where.")
        sys.exit(1)


def complain(sentence: str) -> None:
    """Print one harmless line on stderr, whatever the sentence holds."""
    sys.stderr.write(f"{clean(sentence, MAX_SENTENCE)}\n")
    sys.stderr.flush()


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()
