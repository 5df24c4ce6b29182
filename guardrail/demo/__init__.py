"""The demo: one conversation, run unguarded and guarded, and all that is claimed measured in that run.

Nothing here decides what is shown: planted values are searched for in what the
model's server received, in the lines that the service logged, in the answers,
and in every byte of the ledger's files (docs/adr/0070).
"""
