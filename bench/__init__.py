"""Measured comparisons with peers and with the parts alone."""
