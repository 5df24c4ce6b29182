"""Scrub a question, ask a model, and put the values back into its answer.

The model sees tokens. What it invents that only looks like a token is never restored.
"""

from guardrail import Guard


def ask_model(question: str) -> str:
    """Stand in for a model: it repeats the question, and brings a token of its own."""
    return f"You asked: {question} Also ask <PERSON_7Q9NXQV>."


with Guard.load("gdpr-chat") as guard, guard.session(subject="customer-4711") as session:
    question = session.scrub(
        "Where does Johanna Brandt live? She moved to Lindenallee 14, 10117 Berlin."
    ).text
    answer = ask_model(question)
    print("the model received:", question)
    print("the user gets back:", session.restore(answer))
