"""The policy part."""
