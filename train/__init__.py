"""Trains the model that finds people and places; outside of the package (train/README.md)."""
