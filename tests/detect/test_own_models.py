"""Models that users bring: from local files, by path or by name, and never fetched."""

from __future__ import annotations

import json

import pytest

from guardrail.detect import Detector
from guardrail.detect.model_labels import Labels
from guardrail.detect.own_models import OwnModel, _words, load
from guardrail.detect.recognizers import name_finders
from guardrail.errors import ConfigError
from guardrail.types import Passage


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Return the folder of a German pipeline that knows one name."""
    import spacy

    nlp = spacy.blank("de")
    nlp.add_pipe("entity_ruler").add_patterns(
        [
            {"label": "PER", "pattern": "Erika Muster"},
            {"label": "LOC", "pattern": "Wien"},
            {"label": "MISC", "pattern": "Gestern"},
        ]
    )
    folder = tmp_path_factory.mktemp("models") / "de_test"
    nlp.to_disk(folder)
    return folder


TEXT = "Gestern kam Erika Muster mit dem Zug nach Wien."


def test_a_pipeline_of_the_users_own_is_read_by_its_path(pipeline):
    model = load(f"spacy:{pipeline}")
    assert model.languages == {"de"}
    assert model.name.startswith("spacy/de_")
    found = model.find([TEXT, "", "x " * 2000 + TEXT])
    assert [(f.entity, TEXT[f.start : f.end]) for f in found[0]] == [
        ("PERSON", "Erika Muster"),
        ("LOCATION", "Wien"),
    ]
    assert found[1] == []
    assert [f.start - 4000 for f in found[2]] == [f.start for f in found[0]]


def test_a_file_beside_the_model_changes_what_its_labels_mean(pipeline, tmp_path):
    import shutil

    folder = tmp_path / "changed"
    shutil.copytree(pipeline, folder)
    (folder / "guardrail.json").write_text(
        json.dumps({"labels": {"MISC": "DATE_TIME", "LOC": ""}, "languages": ["de", "da"]})
    )
    model = load(f"spacy:{folder}")
    assert model.entities == {"PERSON", "DATE_TIME"}
    assert model.languages == {"de", "da"}


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        '{"labels": {"A": "person"}}',
        '{"labels": {"A": 1}}',
        '{"languages": ["xx"]}',
        '{"labels": 1}',
    ],
)
def test_a_file_of_labels_that_cannot_be_used_is_refused(tmp_path, content):
    (tmp_path / "guardrail.json").write_text(content)
    with pytest.raises(ConfigError, match=r"guardrail\.json"):
        Labels.of(tmp_path, ["PER"])


def test_a_model_none_of_whose_labels_is_known_is_refused_with_what_to_write(tmp_path):
    with pytest.raises(ConfigError, match="no label") as error:
        Labels.of(tmp_path, ["LABEL_0", "LABEL_1"])
    assert "guardrail.json" in error.value.advice


@pytest.mark.parametrize(
    ("label", "entity"),
    [("PER", "PERSON"), ("B-PER", "PERSON"), ("I-LOC", "LOCATION"), ("Given Name", "PERSON"), ("e-mail", "")],
)
def test_known_labels_are_understood_in_every_spelling(tmp_path, label, entity):
    assert Labels.of(tmp_path, [label, "PERSON"]).meaning.get(label, "") == entity


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("spacy:no_such_model_here", "neither a folder nor installed"),
        ("spacy:../../etc", "no folder of such a model"),
        ("spacy:", "unknown name finder"),
        ("bert:/x", "unknown name finder"),
        ("md", "unknown name finder"),
        ("hf:/no/such/folder", "no folder of such a model"),
        ("gliner:/no/such/folder", "no folder of such a model"),
        ("spacy:json", "no folder of such a model"),
    ],
)
def test_what_is_not_there_is_told_and_nothing_is_fetched(spec, told):
    with pytest.raises(ConfigError, match=told):
        name_finders(spec, None)


@pytest.mark.parametrize("broken", [b"", b"[nlp]\nlang = 'de'\npipeline = [\"ner\"]\n"])
def test_a_broken_pipeline_is_told_by_its_folder_alone(tmp_path, broken):
    (tmp_path / "config.cfg").write_bytes(broken)
    with pytest.raises(ConfigError, match="cannot be loaded"):
        load(f"spacy:{tmp_path}")


@pytest.mark.parametrize("kind", ["hf", "gliner"])
def test_models_whose_library_is_missing_name_the_extra(kind, tmp_path, monkeypatch):
    from guardrail.detect import own_models

    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "gliner_config.json").write_text("{}")
    monkeypatch.setattr(own_models.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="needs") as error:
        load(f"{kind}:{tmp_path}")
    assert "guardrail-pii[" in error.value.advice


@pytest.mark.parametrize("kind", ["hf", "gliner"])
def test_pickled_weights_are_not_opened(kind, tmp_path, monkeypatch):
    from guardrail.detect import own_models

    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "gliner_config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"program")
    monkeypatch.setattr(own_models, "_needs", lambda *_names: None)
    with pytest.raises(ConfigError, match="safetensors"):
        load(f"{kind}:{tmp_path}")


def test_names_are_given_by_a_list_by_commas_or_by_the_environment(pipeline, monkeypatch):
    class Own:
        entities = frozenset({"PERSON"})

        def find(self, texts):
            return [[] for _ in texts]

    own = Own()
    assert name_finders(["none", own, own], None) == [own]
    assert [type(one) for one in name_finders(f"spacy:{pipeline}, none", None)] == [OwnModel]
    monkeypatch.setenv("GUARDRAIL_NAMES", f"spacy:{pipeline}")
    assert [one.name.split("_")[0] for one in name_finders("auto", None)] == ["spacy/de"]
    with pytest.raises(ConfigError, match="int is no name finder"):
        name_finders([7], None)


def test_a_german_pipeline_is_believed_in_german_and_its_version_is_recorded(pipeline):
    detector = Detector.load(names=["rampart", f"spacy:{pipeline}"])
    assert any(name.startswith("spacy/de_") for name in detector.versions)
    (found,) = detector.detect([Passage(TEXT)])
    assert {"PERSON", "LOCATION"} <= {f.entity for f in found if f.score >= 0.5}


def test_pieces_of_words_become_words_and_words_of_one_label_a_span():
    names = {0: "O", 1: "B-PER", 2: "I-PER", 3: "LOC"}

    def mass(best):
        return [0.9 if at == best else 0.03 for at in range(4)]

    places = [[0, 0], [0, 2], [2, 5], [6, 9], [10, 12], [13, 16], [17, 20], [0, 0]]
    words = [None, 0, 0, 1, 2, 3, 4, None]
    labels = [0, 1, 0, 2, 0, 3, 1, 0]
    spans = list(_words(places, [mass(one) for one in labels], words, names))
    assert [(start, end, label) for start, end, label, _ in spans] == [
        (0, 9, "B-PER"),
        (13, 16, "LOC"),
        (17, 20, "B-PER"),
    ]


def test_a_transformers_model_is_read_from_its_folder(tmp_path):
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "erika", "muster", "kam"]
    made = tokenizers.Tokenizer(
        tokenizers.models.WordPiece({word: at for at, word in enumerate(words)}, unk_token="[UNK]")
    )
    made.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]", model_max_length=64
    )
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        id2label={0: "O", 1: "B-PER", 2: "I-PER"},
        label2id={"O": 0, "B-PER": 1, "I-PER": 2},
    )
    model = transformers.BertForTokenClassification(config)
    model.classifier.bias.data[1] = 50.0  # everything is the beginning of a person
    folder = tmp_path / "tiny"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    finder = load(f"hf:{folder}")
    (found,) = finder.find(["Erika Muster kam " * 40])
    assert finder.entities == {"PERSON"}
    assert len({(f.start, f.end) for f in found}) == 120
    assert {f.entity for f in found} == {"PERSON"}


class Stub:
    """Stands for the GLiNER library, which is too large to install for a test."""

    @classmethod
    def from_pretrained(cls, folder, *, local_files_only):
        assert local_files_only
        assert folder
        return cls()

    def predict_entities(self, text, labels):
        assert "person" in labels
        at = text.find("Erika")
        return [{"start": at, "end": at + 5, "label": "person", "score": 0.8}] if at >= 0 else []


def test_gliner_is_asked_for_the_labels_that_the_table_knows(tmp_path, monkeypatch):
    import sys
    from types import SimpleNamespace

    from guardrail.detect import own_models

    (tmp_path / "gliner_config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "gliner", SimpleNamespace(GLiNER=Stub))
    monkeypatch.setattr(own_models, "_needs", lambda *_names: None)
    finder = load(f"gliner:{tmp_path}")
    assert [(f.start, f.entity) for f in finder.find(["Heute Erika", "nichts"])[0]] == [(6, "PERSON")]


def test_an_installed_model_is_taken_by_its_own_name():
    if not _has_sm():
        pytest.skip("the official package of the model is not installed")
    assert load("spacy:en_core_web_sm").languages == {"en"}


def _has_sm():
    from guardrail.detect.models import SPACY_SM, locate

    return locate(SPACY_SM) is not None
