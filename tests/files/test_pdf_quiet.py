"""What a reader of files stumbles over is told to nobody."""

from __future__ import annotations

import logging

import pytest

from guardrail.files import pdf
from guardrail.files.limits import Limits


@pytest.mark.skipif(not pdf.installed(), reason="needs pypdf: pip install 'guardrail-pii[files]'")
def test_a_broken_pdf_is_logged_by_no_logger_of_its_reader(caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match="cannot be read"):
        pdf.read_pdf(b"%PDF-1.7 Ann Smith", Limits(), lambda: 0.0)
    assert not caplog.records
