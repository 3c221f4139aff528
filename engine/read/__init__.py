"""Bytes to a PolicySet: sources, YAML with places, schemas, normalisation, references, tables."""
