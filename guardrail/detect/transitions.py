"""spaCy's entity recognizer, decoded in a few matrix products: the same entities, a third of the time.

spaCy walks through a text token by token and asks its network for one action at
a time (Lample et al. 2016: begin, inside, last, unit, out). That network sees three
tokens: the next one, and the first and last of an entity that is open. Outside
of an entity its answer depends on the next token alone, so all tokens are asked
at once; each that begins an entity is then followed to the entity's end, all of
them in step. The actions allowed are spaCy's (`_parser_internals/ner.pyx`), as are
the order of sums and, between equals, the first action.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Entities", "Transitions"]

Entities = list[tuple[int, int, str]]
FEATURES: Final = 3  # the tokens that the network sees
PIECES: Final = 2  # linear functions of which the network takes the greater
BATCH: Final = 1_500  # tokens: more at once are no faster, and their vectors leave the processor's cache


@dataclass(frozen=True, slots=True)
class Scored:
    """The network's view of some documents, laid end to end; row 0 of `features` stands for no token."""

    features: NDArray[np.float32]  # (tokens + 1, 3, hidden, pieces)
    space: NDArray[np.bool_]  # per token: white space
    offsets: tuple[int, ...]  # where each document begins, and the end


class Transitions:
    """The weights of a loaded `ner` component. Stateless after loading."""

    def __init__(self, ner: Any) -> None:  # noqa: ANN401 - spaCy's own types are partial
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        model = ner.model
        self._tok2vec, self._lower, upper = (model.get_ref(name) for name in ("tok2vec", "lower", "upper"))
        self._ops = model.ops
        layers = self._tok2vec.layers
        plain = [layer.name for layer in layers[1:]] == ["list2array", "linear"]
        self._vectors = Vectors.of(layers[0]) if plain else None
        self._bias = self._lower.get_param("b")
        self._weights, self._offset = upper.get_param("W"), upper.get_param("b")
        moves = [ner.moves.get_class_name(place) for place in range(ner.moves.n_moves)]
        self._moves = [move.partition("-")[::2] for move in moves]
        self.labels = tuple(dict.fromkeys(label for _, label in self._moves if label))
        unseen = set(model.attrs["unseen_classes"] or ())
        kinds = np.array([move if place not in unseen else "" for place, (move, _) in enumerate(self._moves)])
        self._begin, self._unit, self._out = (kinds == "B"), (kinds == "U"), (kinds == "O")
        inside, last = (
            {label: place for place, (move, label) in enumerate(self._moves) if move == which}
            for which in ("I", "L")
        )
        # What goes on with, and what ends, the entity that a move begins.
        self._inside = np.array([inside.get(label, 0) for _, label in self._moves])
        self._last = np.array([last.get(label, 0) for _, label in self._moves])

    @classmethod
    def of(cls, ner: Any) -> Transitions | None:  # noqa: ANN401 - spaCy's own types are partial
        """Return the decoder of `ner`, or None where it is built in another way than ours reads."""
        try:
            model = ner.model
            usual = (
                model.name == "parser_model"
                and model.attrs["has_upper"]
                and model.get_ref("lower").get_dim("nF") == FEATURES
                and model.get_ref("lower").get_dim("nP") == PIECES
                and ner.cfg.get("beam_width", 1) == 1
                and type(model.ops).__name__ != "CupyOps"
            )
        except (AttributeError, KeyError, ValueError):
            return None
        return cls(ner) if usual else None

    def entities(self, tokens: Callable[[str], Any], texts: Sequence[str]) -> list[Entities]:
        """Return (start, end, label) in code points for each text; `tokens` makes a document of one.

        To be called inside of the `memory_zone()` of its vocabulary.
        """
        found: list[Entities] = [[] for _ in texts]
        docs = [tokens(text) for text in texts]
        for batch in self.batches(docs):
            decoded = self.decode(self.score([docs[place] for place in batch]))
            for place, entities in zip(batch, decoded, strict=True):
                doc = docs[place]
                found[place] = [
                    (doc[first].idx, doc[behind - 1].idx + len(doc[behind - 1]), label)
                    for first, behind, label in entities
                ]
        return found

    def _embed(self, docs: Sequence[Any]) -> NDArray[np.float32]:
        embedded: NDArray[np.float32]
        if self._vectors is None:
            embedded = self._tok2vec.predict(list(docs))
        else:
            rows = self._ops.flatten(self._vectors.predict(docs))
            embedded = self._tok2vec.layers[-1].predict(rows)
        return embedded

    @staticmethod
    def batches(docs: Sequence[Any]) -> Iterator[list[int]]:
        """Yield the places of the documents that hold tokens, together while they are short."""
        batch: list[int] = []
        tokens = 0
        for place, doc in enumerate(docs):
            if batch and tokens + len(doc) > BATCH:
                yield batch
                batch, tokens = [], 0
            if len(doc):
                batch.append(place)
                tokens += len(doc)
        if batch:
            yield batch

    def score(self, docs: Sequence[Any]) -> Scored:
        """Run the network over the tokens of the documents; none of them may be empty."""
        import numpy as np  # noqa: PLC0415 - spaCy brings it
        from spacy.attrs import IS_SPACE  # noqa: PLC0415 - loaded by now

        vectors = self._embed(docs)
        space = np.concatenate([doc.to_array(IS_SPACE) for doc in docs]).astype(bool)
        return Scored(self._lower.predict(vectors), space, tuple(accumulate(map(len, docs), initial=0)))

    def decode(self, scored: Scored, starts: NDArray[np.bool_] | None = None) -> list[Entities]:
        """Return (first token, token behind the last, label) for each document.

        `starts` tells the tokens that begin a sentence: no entity goes on over one.
        """
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        count = len(scored.space)
        ends = np.zeros(count, bool)  # nothing goes on behind this token
        ends[np.array(scored.offsets[1:]) - 1] = True
        if starts is not None:
            ends[:-1] |= starts[1:]
        features = scored.features
        scores = self._scores(features[1:, 0] + features[0, 1] + features[0, 2])
        solid = ~scored.space[:, None]
        allowed = self._out | (solid & (self._unit | (self._begin & ~ends[:, None])))
        best = np.where(allowed, scores, -np.inf).argmax(axis=1)
        stop = self._follow(features, ends, best)
        return self._chosen(scored.offsets, best, stop)

    def _follow(
        self, features: NDArray[np.float32], ends: NDArray[np.bool_], best: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Return for each token behind which token the entity ends that begins with it."""
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        stop = np.arange(1, len(best) + 1)
        first = np.flatnonzero(self._begin[best])
        place = first + 1
        while len(first):
            scores = self._scores(features[place + 1, 0] + features[first + 1, 1] + features[place, 2])
            rows, move = np.arange(len(first)), best[first]
            on = ~ends[place] & (scores[rows, self._inside[move]] >= scores[rows, self._last[move]])
            stop[first[~on]] = place[~on] + 1
            first, place = first[on], place[on] + 1
        return stop

    def _scores(self, summed: NDArray[np.float32]) -> NDArray[np.float32]:
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        summed += self._bias
        hidden = np.maximum(summed[..., 0], summed[..., 1])
        # BLIS, as spaCy: numpy's own product would wake a thread for every core.
        scores: NDArray[np.float32] = self._ops.gemm(hidden, self._weights, trans2=True)
        scores += self._offset
        return scores

    def _chosen(
        self, offsets: tuple[int, ...], best: NDArray[np.intp], stop: NDArray[np.intp]
    ) -> list[Entities]:
        """Return the entities from left to right; what begins inside of another is none."""
        found: list[Entities] = [[] for _ in offsets[1:]]
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        document = behind = 0
        for place in np.flatnonzero(~self._out[best]).tolist():
            if place < behind:
                continue
            while place >= offsets[document + 1]:
                document += 1
            behind = int(stop[place])
            start = offsets[document]
            found[document].append((place - start, behind - start, self._moves[best[place]][1]))
        return found
