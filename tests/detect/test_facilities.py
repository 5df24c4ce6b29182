"""Houses of care are found by name, and the words for them alone are not."""

from __future__ import annotations

import pytest

from guardrail.detect.facilities import Facilities


def found(text):
    return [text[f.start : f.end] for f in Facilities().recognize(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("She was seen at Mount Hope Medical Center on Monday.", "Mount Hope Medical Center"),
        ("LAKESIDE FAMILY PRACTICE PC, 12 Oak Street", "LAKESIDE FAMILY PRACTICE PC"),
        ("at St. Mary's Hospital for Children, Inc. they said", "St. Mary's Hospital for Children, Inc."),
        ("referred to Brock & Sons Urgent Care LLC", "Brock & Sons Urgent Care LLC"),
        ("BROOK HOSPITAL, INC. of Salem", "BROOK HOSPITAL, INC."),
        ("the Northfield Outpatient Clinic", "the Northfield Outpatient Clinic"),
        ("at ORCHARD TREATMENT & RECOVERY CENTER LLC today", "ORCHARD TREATMENT & RECOVERY CENTER LLC"),
        ("seen by ELMWOOD INTERNISTS, LLP", "ELMWOOD INTERNISTS, LLP"),
        ("at the COMMUNITY HEALTH CENTER OF ELMWOOD today", "COMMUNITY HEALTH CENTER OF ELMWOOD"),
        ("Dutch Family Care Associates LLP", "Dutch Family Care Associates LLP"),
        ("by AQ HEALTH CARE INC in May", "AQ HEALTH CARE INC"),
        ("the Weaver Cancer Institute", "the Weaver Cancer Institute"),
    ],
)
def test_a_named_house_is_found_whole(text, name):
    assert [one.removeprefix("the ") for one in found(text)] == [name.removeprefix("the ")]


@pytest.mark.parametrize(
    "text",
    [
        "Go to the Hospital now.",
        "Our Clinic is open.",
        "a hospital, a clinic",
        "The University Hospital",
        "Our Primary Care Physicians",
        "Your Health Services",
        "Hospital",
    ],
)
def test_the_word_alone_is_no_name(text):
    assert found(text) == []


def test_a_word_that_goes_on_is_another_word():
    assert found("Smith Hospitality runs Jones Clinical trials") == []
