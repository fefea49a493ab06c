"""The npm registry: packuments, dependencies, .npmrc."""
