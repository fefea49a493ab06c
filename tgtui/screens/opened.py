"""The screen for what is to be opened. Each one's module is imported when it is first opened."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from tgtui.screens.base import opening


def screen_of(what: opening.Opening) -> Screen[Any] | None:
    """A new one; None for what is a dialog of the screen that asked."""
    match what:
        case opening.OpenPackage(package_id, version):
            from tgtui.screens.package.screen import PackageScreen

            return PackageScreen(package_id, version)
        case opening.OpenReadme():
            from tgtui.screens.package.reading.screen import ReadmeScreen

            return ReadmeScreen(what)
        case opening.OpenFiles(package_id, version):
            from tgtui.screens.package.reading.files import FilesScreen

            return FilesScreen(package_id, version)
        case opening.OpenTree(version_id, title, is_upwards):
            from tgtui.screens.tree.screen import TreeScreen

            return TreeScreen(version_id, title, is_upwards=is_upwards)
        case opening.OpenComparison(before, after, name):
            from tgtui.screens.tree.compare import CompareScreen

            return CompareScreen(before, after, name)
        case opening.OpenSideBySide(packages):
            from tgtui.screens.package.comparing.screen import SideBySideScreen

            return SideBySideScreen(packages)
        case opening.OpenComparing(text, replaces):
            from tgtui.screens.package.comparing.dialogs import PackagesScreen

            return PackagesScreen(text, replaces=replaces)
        case opening.OpenComparisons():
            from tgtui.screens.package.comparing.dialogs import ComparisonsScreen

            return ComparisonsScreen()
        case opening.OpenAdvisories(version_id, name):
            from tgtui.screens.package.advisories.screen import AdvisoriesScreen

            return AdvisoriesScreen(version_id, name)
        case opening.OpenAdvisory(advisory_id, name):
            from tgtui.screens.package.advisories.advisory import AdvisoryScreen

            return AdvisoryScreen(advisory_id, name)
        case opening.OpenOverTime(package_id, name):
            from tgtui.screens.package.over_time.screen import OverTimeScreen

            return OverTimeScreen(package_id, name)
        case opening.OpenRequests():
            from tgtui.screens.requests.screen import RequestsScreen

            return RequestsScreen()
        case opening.OpenTags():
            from tgtui.screens.tags.screen import TagsScreen

            return TagsScreen()
        case opening.OpenInsights():
            from tgtui.screens.insights.screen import InsightsScreen

            return InsightsScreen()
        case opening.OpenShared(package_ids):
            from tgtui.screens.insights.shared import SharedScreen

            return SharedScreen(package_ids)
        case opening.OpenWatched():
            from tgtui.screens.account.watched.screen import WatchedScreen

            return WatchedScreen()
        case opening.OpenProjects():
            from tgtui.screens.account.projects.screen import ProjectsScreen

            return ProjectsScreen()
        case opening.OpenProject(name):
            from tgtui.screens.account.projects.project import ProjectScreen

            return ProjectScreen(name)
        case opening.OpenDeleted():
            from tgtui.screens.package.deleted.screen import DeletedScreen

            return DeletedScreen()
        case _:
            return None
