"""Scrub one text: what may go on, what was decided, and the entry that says so."""

from guardrail import Guard

with Guard.load("gdpr-chat") as guard:
    result = guard.scrub("Johanna Brandt, johanna.brandt@example.com, lost her card 4111 1111 1111 1111.")
    print(result.text)
    for decision in result.decisions:
        finding, rule = decision.finding, f"{decision.policy}/{decision.rule}"
        print(f"{finding.entity} at {finding.start}: {decision.action.type}, says {rule}")
    print(f"entry {result.entry.index} of the ledger, durable before the text was returned")
