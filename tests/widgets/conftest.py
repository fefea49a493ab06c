"""Sentences of widgets name keys of screens."""

import tgtui.screens.app
import tgtui.screens.package.screen
import tgtui.screens.requests.screen
import tgtui.screens.search.screen  # noqa: F401 - their bindings
