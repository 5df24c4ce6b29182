"""The ledger part."""
