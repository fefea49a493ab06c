"""Where advisories come from: dumps, the interfaces of OSV, npm and PyPI."""
