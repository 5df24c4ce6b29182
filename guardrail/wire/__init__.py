"""The wire part."""
