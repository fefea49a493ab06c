"""Real catalogs and engines on the tables: `dev.py test --lake`. Left out unless it is asked for."""
