"""Measured comparisons; ratios in one run."""
