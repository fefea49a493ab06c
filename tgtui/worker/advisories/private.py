"""Names that are nobody's business: they are not sent to anyone who publishes advisories."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tgtui.basics.settings import AdvisorySettings
from tgtui.registries.http.rules import origin_of
from tgtui.registries.npm.npmrc import NpmConfig


class Privacy:
    """Which names may be sent."""

    def __init__(self, settings: AdvisorySettings, npm: NpmConfig) -> None:
        given = settings.private
        self._patterns = tuple(given.split() if isinstance(given, str) else given)
        self._sends_all = settings.send_private
        usual = origin_of(npm.registry)
        self._scopes = {scope for scope, url in npm.scopes.items() if origin_of(url) != usual}

    def may_send(self, registry: str, name: str) -> bool:
        """Whether it may leave: not a name of a scope with a registry of its own, nor one that the settings name."""
        if self._sends_all:
            return True
        if registry == "npm" and name.partition("/")[0] in self._scopes:
            return False
        full = f"{registry}:{name}"
        return not any(
            fnmatchcase(name, each) or fnmatchcase(full, each) for each in self._patterns
        )
