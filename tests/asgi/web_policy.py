"""The policy of these tests; `on_error` and `on_unreadable` are filled in."""

POLICY = """
schema = 1
name = "web"
version = "1"
title = "A policy of the tests"
owner = "tests@example.org"
review_by = 2099-01-01

[defaults]
unlisted = "allow"
on_error = "{on_error}"
on_unreadable = "{on_unreadable}"

[[rules]]
id = "cards"
why = "A card number goes nowhere."
find = ["CREDIT_CARD"]
action = "block"

[[rules]]
id = "accounts"
why = "Account numbers are taken out of everything."
find = ["IBAN_CODE"]
action = "redact"

[[rules]]
id = "addresses"
why = "The user sees the own address again, the model never."
find = ["EMAIL_ADDRESS"]
where = ["prompt", "completion", "tool"]
action = "tokenize"
restore = ["completion"]

[[rules]]
id = "addresses-in-logs"
why = "Nobody's address is written down."
find = ["EMAIL_ADDRESS"]
where = ["log"]
action = "redact"
"""
