"""What stock presidio encrypted is read with its key; what does not open tells nothing about why."""

import base64
import contextlib
import os

import pytest
from presidio_anonymizer.operators import Encrypt

from guardrail.errors import OperatorError
from guardrail.operators.presidio_cbc import read_presidio


@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("text", ["Ann Smith", "", "Zoë ✓", "x" * 100])
def test_what_stock_presidio_encrypts_is_read(size, text):
    key = "k" * size
    form = Encrypt().operate(text=text, params={"key": key})
    assert read_presidio(form, key) == text
    assert read_presidio(form, key.encode()) == text


def told(form, key):
    """Return what the error says; a bent block may open to another text, which nothing can tell."""
    try:
        read_presidio(form, key)
    except OperatorError as error:
        return str(error), error.advice, error.__cause__
    raise ValueError


def test_every_fault_has_one_message():
    key = b"k" * 16
    form = base64.urlsafe_b64decode(Encrypt().operate(text="Ann Smith", params={"key": key}))
    bent = [form[:at] + bytes([form[at] ^ 1]) + form[at + 1 :] for at in range(8, len(form))]
    forms = [base64.urlsafe_b64encode(one).decode() for one in [*bent, form[:16], form[:-1], os.urandom(48)]]
    said = set()
    for one in [*forms, "", "é", "====", "not base64!"]:
        with contextlib.suppress(ValueError):
            said.add(told(one, key))
    assert len(said) == 1


def test_another_key_does_not_open_it_and_a_wrong_length_is_told():
    form = Encrypt().operate(text="Ann Smith", params={"key": "k" * 16})
    with pytest.raises(OperatorError) as caught:
        read_presidio(form, "short")
    assert "16, 24 or 32 bytes" in str(caught.value)
    opened = 0
    for n in range(40):
        try:
            opened += read_presidio(form, f"other{n:011}") == "Ann Smith"
        except OperatorError:
            continue
    assert opened == 0
