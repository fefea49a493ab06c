"""apt's words for yes and no (apt.conf(5))."""

from __future__ import annotations

YES = frozenset({"yes", "true", "with", "on", "enable", "1"})
NO = frozenset({"no", "false", "without", "off", "disable", "0"})
