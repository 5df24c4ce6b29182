"""The detect part."""
