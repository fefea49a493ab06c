"""Catalogs that know where the tables are: one in the data folder, or an Iceberg REST catalog."""
