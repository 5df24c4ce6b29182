"""The vault part."""
