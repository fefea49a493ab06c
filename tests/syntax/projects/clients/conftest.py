"""The fixture `client`."""

from tests.syntax.projects.clients.programs import client  # noqa: F401
