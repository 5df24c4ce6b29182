"""Leaf modules: each guards one library, and is the only one that imports it."""
