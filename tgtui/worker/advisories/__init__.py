"""Where advisories come from: dumps, OSV's interface, npm's."""
