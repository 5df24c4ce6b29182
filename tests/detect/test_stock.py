"""What is told of Presidio holds: the same spans, entities and scores as its own engine gives."""

import json
import os
import random
from pathlib import Path

import pytest

from guardrail.detect.alike import PresidioDetector
from guardrail.detect.stock import Stock, engine
from guardrail.detect.stock_patterns import distinct
from guardrail.errors import DetectionError
from guardrail.types import Finding, Passage

VALUES = (
    *(
        "Ann Smith",
        "JOHN DOE",
        "Dr. Jean-Luc Picard",
        "the Smiths",
        "Zürich",
        "München",
        "New York City",
        "東京",
    ),
    *("212-555-0199", "+44 20 7946 0958", "(415) 555-2671", "030 901820", "5551234", "+972-3-555-1234"),
    *("4111 1111 1111 1111", "4111-1111-1111-1112", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"),
    *("078-05-1120", "219-09-9999", "912-70-1234", "A1234567", "D1234567", "123456789", "12345678901234"),
    *("ann.smith@example.com", "a@b.co", "http://example.org/a?b=c", "www.example.net", "10.0.0.1", "::1"),
    *("2001:db8::ff00:42:8329", "00:1A:2B:3C:4D:5E", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "943 476 5919"),
    *(
        "123e4567-e89b-42d3-a456-426614174000",
        "BB1388568",
        "March 5, 2024",
        "2024-03-05T10:11:12Z",
        "5/6/2021",
    ),
    *(
        "first quarter",
        "$12 million",
        "٠١٢٣٤٥٦٧٨٩",
        "４１１１ １１１１",
        "a.b.c",
        "v2",
        "9:30 a.m.",
        "PM Steve",
    ),
)
TEXT = (
    "my phone number is please call me or text the card visa credit ssn social security passport bank "
    "account "
    "driver's license ip address e-mail emails mailing phoned savings saving checked checks numbers name:is "
    "tax taxpayer nhs iban is: Me:you a:the the and of to it was wrote writing duplicated public . , ; : "
    "( ) \n "
    "\n\n \t — “ ” ... gonna y'all don't ain't Mr. Mrs. Inc. Kai Winding Wharf The Sales Team lives in near"
)
WORDS = TEXT.split(" ")


@pytest.fixture(scope="module")
def source():
    return engine()


@pytest.fixture(scope="module")
def stock(source):
    return Stock(source)


def asked(source, text):
    """Return what Presidio itself finds."""
    return sorted((r.start, r.end, r.entity_type, r.score) for r in source.analyze(text=text, language="en"))


def drawn(count, *, seed=1):
    """Return texts of values among words that are, or nearly are, context words."""
    draw = random.Random(seed)
    return [
        " ".join(draw.choice(VALUES if draw.random() < 0.3 else WORDS) for _ in range(draw.randint(1, 45)))
        for _ in range(count)
    ]


def test_presidios_engine_is_run_by_its_parts_and_not_asked(stock):
    assert stock._parts is not None


def test_the_same_findings_as_presidio_in_texts_of_values_and_context_words(source, stock):
    texts = ["", " ", *drawn(320)]
    assert stock.analyze(texts) == [asked(source, text) for text in texts]


def test_the_same_findings_in_random_code_points(source, stock):
    draw = random.Random(8)
    alphabet = "aZ09 .-:@/+()\n\t\u00a0\u2011\u0661\u0967\uff11\uff0b\u00bd\u00b2é東\u200b_#,'"
    texts = ["".join(draw.choices(alphabet, k=draw.randint(1, 60))) for _ in range(150)]
    assert stock.analyze(texts) == [asked(source, text) for text in texts]


def _shared():
    root = Path(os.environ.get("GUARDRAIL_SHARED") or Path(__file__).parents[3] / "shared")
    return sorted((root / "corpora" / "dev").glob("*.jsonl"))


@pytest.mark.parametrize("every", [200, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_the_same_findings_in_the_development_texts(source, stock, every):
    files = _shared()
    if not files:
        pytest.skip("the development texts are not beside the checkout")
    lines = [line for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]
    texts = [json.loads(line)["text"] for line in lines[::every]]
    differing = [place for place, text in enumerate(texts) if stock.analyze([text])[0] != asked(source, text)]
    assert differing == []


def test_an_engine_with_other_settings_gives_its_own_results():
    from presidio_analyzer import Pattern, PatternRecognizer

    source = engine()
    source.default_score_threshold = 0.3
    source.context_aware_enhancer.context_suffix_count = 2
    badge = PatternRecognizer(
        "BADGE", name="badges", patterns=[Pattern("badge", r"BX\d{4}", 0.2)], context=["badge", "staff"]
    )
    source.registry.add_recognizer(badge)
    source.registry.add_recognizer(PatternRecognizer("TEAM", deny_list=["Sales Team"]))
    stock = Stock(source)
    texts = ["staff BX1234", "BX1234 is a badge", "BX1234", "the Sales Team", *drawn(60, seed=2)]
    assert stock._parts is not None
    assert stock.analyze(texts) == [asked(source, text) for text in texts]
    assert "BADGE" in {entity for _, _, entity, _ in stock.analyze(["staff BX1234"])[0]}


@pytest.mark.parametrize("change", ["recognizer", "enhancer", "own context", "model", "nlp engine"])
def test_what_we_do_not_know_is_left_to_presidios_engine(change):
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

    source = engine()

    class Own(EntityRecognizer):
        def load(self):
            pass

        def analyze(self, text, entities, nlp_artifacts):
            last = nlp_artifacts.tokens[-1:]
            return [RecognizerResult("LAST", token.idx, token.idx + len(token), 0.5) for token in last]

        def enhance_using_context(self, text, raw_recognizer_results, *_, **__):
            return raw_recognizer_results

    if change == "recognizer":
        Own.enhance_using_context = EntityRecognizer.enhance_using_context
    if change in {"recognizer", "own context"}:
        source.registry.add_recognizer(Own(["LAST"]))
    elif change == "enhancer":
        source.context_aware_enhancer = LemmaContextAwareEnhancer(context_matching_mode="whole_word")
    elif change == "model":
        source.nlp_engine.nlp["en"].remove_pipe("parser")
    else:
        old = source.nlp_engine

        class Mine(type(old)):
            def is_punct(self, word, language):
                return False

        source.nlp_engine = Mine(old.models, old.ner_model_configuration)
        source.nlp_engine.load()
    stock = Stock(source)
    assert stock._parts is None
    text = "Ann Smith has the phone 212-555-0199."
    assert stock.analyze([text]) == [asked(source, text)]


def test_the_detector_gives_presidios_findings(source):
    detector = PresidioDetector.of()
    text = "I am Ann Smith, my card is 4111 1111 1111 1111."
    (found,) = detector.detect([Passage(text)])
    assert [(f.start, f.end, f.entity, f.score) for f in found] == asked(source, text)
    assert "PERSON" in detector.entities
    assert detector.versions["spacy/en_core_web_sm"] == "3.8.0"


def test_nobody_is_looked_for_again_as_presidio_does_not(source):
    detector = PresidioDetector.of(source)
    texts = ["Please ask Angela Merkel about it. Thanks to angela for the cake.", "then angela came"]
    passages = [Passage(text) for text in texts]
    for found in (detector.detect(passages), detector.together(passages)):
        assert [[(f.start, f.end, f.entity, f.score) for f in each] for each in found] == [
            asked(source, text) for text in texts
        ]


def test_words_that_the_model_knows_are_kept_and_change_nothing(source):
    stock = Stock(source)
    texts = [f"The garden of Ann Smith, {word} and Zqrxunseen, is in Springfield." for word in ("one", "two")]
    first = [stock.analyze([text]) for text in texts]
    assert stock._parts.kept._known
    assert "Zqrxunseen" not in stock._parts.nlp.vocab.strings
    assert [stock.analyze([text]) for text in texts] == first == [[asked(source, text)] for text in texts]


def test_the_detector_takes_an_engine_and_recognizers_of_ones_own(source):
    from guardrail.detect import recognizer

    @recognizer("EMPLOYEE_ID")
    def ids(text):
        yield Finding(0, 3, "EMPLOYEE_ID", 0.9, "own")

    (found,) = PresidioDetector.of(source, extra=[ids]).detect([Passage("E12 \ud800 lone")])
    assert found[0].entity == "EMPLOYEE_ID"


def test_a_failure_of_presidio_is_an_error_without_its_text(source):
    detector = PresidioDetector.of(source)
    detector._stock._parts = None
    detector._stock._engine = None
    with pytest.raises(DetectionError) as caught:
        detector.detect([Passage("Ann Smith")])
    assert "Ann" not in str(caught.value)


def test_a_text_that_is_too_long_is_refused(source, monkeypatch):
    monkeypatch.setattr("guardrail.detect.alike.MAX_CHARS", 5)
    with pytest.raises(DetectionError):
        PresidioDetector.of(source).detect([Passage("Ann Smith")])


def test_an_error_of_our_own_is_passed_on(source, monkeypatch):
    detector = PresidioDetector.of(source)
    part = detector._stock._parts.patterns[0]

    def slow(_):
        raise DetectionError("a pattern ran out of time", advice="shorten the text")

    object.__setattr__(part, "find", slow)
    with pytest.raises(DetectionError, match="out of time"):
        detector.detect([Passage("Ann Smith")])


@pytest.mark.parametrize("change", ["another layer", "a wider window", "no chain"])
def test_token_vectors_of_another_shape_are_left_to_spacy(change):
    from types import SimpleNamespace

    import spacy

    from guardrail.detect.models import SPACY_SM, locate
    from guardrail.detect.vectors import Vectors

    model = spacy.load(locate(SPACY_SM)).get_pipe("tok2vec").model
    assert Vectors.of(model) is not None
    if change == "no chain":
        model = SimpleNamespace(name="x", layers=[])
    for layer in [] if change == "no chain" else model.walk():
        if change == "a wider window" and layer.name == "expand_window":
            layer.attrs["window_size"] = 2
        if change == "another layer" and layer.name == "layernorm":
            layer.name = "softmax"
    assert Vectors.of(model) is None


def test_of_contained_results_the_better_stays():
    results = [(0, 9, "A", 0.4), (2, 5, "A", 0.4), (2, 5, "A", 0.5), (2, 5, "B", 0.1), (3, 4, "A", 0.0)]
    assert distinct(results) == [(0, 9, "A", 0.4), (2, 5, "A", 0.5), (2, 5, "B", 0.1)]
