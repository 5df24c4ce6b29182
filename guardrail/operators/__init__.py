"""The operators part."""
