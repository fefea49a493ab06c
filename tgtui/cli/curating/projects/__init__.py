"""Commands about projects: `project`, `outdated`, and `why --project`."""
