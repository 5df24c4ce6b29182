"""Measure detection against texts that people have labelled: how much is found, missed and invented.

docs/quality.md gives the rule in words. Importing this package costs nothing;
its parts load what they need.
"""
