"""The inventory: what exists, read whole from its sources, and guards against a bad reading."""
