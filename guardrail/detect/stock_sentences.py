"""The sentences that spaCy's parser finds, without its loop: the same ones, several times as fast.

The parser (arc-eager, Nivre 2003, with spaCy's "break" and "unshift": Honnibal and Johnson 2014) asks its
network for one action after the other. Where its stack is empty, the next token has no children yet and no
break waits behind it, what went before has no bearing on what comes: it reads on as if the text began there.
So the sentences of many documents, and of one where a sentence likely begins, are read in step, by one
matrix product for all. What was begun at a wrong guess is not used. Weights, order of sums, allowed actions
and the choice between equals are spaCy's (`_parser_internals/arc_eager.pyx`, `_state.pxd`,
`ml/parser_model.pyx`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Sentences"]

FEATURES: Final = 8  # the tokens that the network sees
PIECES: Final = 2  # linear functions of which it takes the greater
SHIFT, REDUCE, LEFT, RIGHT, BREAK = range(5)
KINDS: Final = "SDLRB"
SHIFTS, REDUCES, ARCS, BREAKS = 1 << SHIFT, 1 << REDUCE, 1 << LEFT | 1 << RIGHT, 1 << BREAK
ARCS_OR_SHIFTS: Final = ARCS | SHIFTS
NONE: Final = ((0, 0), (0,), ())
APART: Final = 6  # tokens between two guesses, at least
FAR: Final = 60  # tokens that are read from a guess before the sentence before it has led there
DEARER: Final = 2.5  # a step of ours beside one of spaCy's, which takes them one by one
# For few states numpy's product is the faster, and wakes no thread. Its sums are in another order than
# spaCy's and differ by 2e-5 at most (ADR 0125): where two actions come nearer to each other than NEAR,
# spaCy's product decides.
FEW: Final = 16
NEAR: Final = 0.01
ENDS: Final = (".", "!", "?", "...", "…", ":")


class Walk:
    """The parser's state from the begin of a sentence on. Tokens are rows of the table, 0 is none."""

    __slots__ = (
        *("before", "end", "heads", "held", "left", "place", "real", "right", "stack", "start", "starts"),
        *("text", "waiting"),
    )

    def __init__(self, text: Text, start: int, *, real: bool) -> None:
        self.text = text
        self.start = self.place = start
        self.end = text.end
        self.real = real  # the sentences before have led here
        self.stack: list[int] = []
        self.waiting: list[int] = []  # put back before the next token, the last comes first
        self.heads: dict[int, int] = {}
        self.left: dict[int, int] = {}  # the last child to each side
        self.right: dict[int, int] = {}
        self.before: dict[int, int] = {}  # of a child to the right: the one before it
        self.held: set[int] = set()  # may not be shifted again
        self.starts: set[int] = set()  # tokens that a break has made the first of a sentence

    def look(self, seen: list[int]) -> int:
        """Return the actions allowed, as bits, and add the tokens that the network sees."""
        stack, first, end, starts = self.stack, self.place, self.end, self.starts
        if self.waiting:
            first, second = [*self.waiting[:-3:-1], first, first + 1][:2]
        else:
            second = first + 1
        if second >= end:
            second = 0
            first = 0 if first >= end else first
        allowed = BREAKS if second == first + 1 and second and second not in starts else 0
        left = self.left.get
        if not stack:
            seen += (first, second, 0, 0, 0, left(first, 0), 0, 0)
            return allowed | SHIFTS
        if first and first not in starts:
            allowed |= ARCS if not second or first in self.held else ARCS_OR_SHIFTS
        top, *under = stack[:-4:-1]
        seen += (first, second, top, *under, *NONE[len(under)])
        seen += (left(first, 0), left(top, 0), self.right.get(top, 0))
        return allowed | REDUCES

    def act(self, kind: int) -> bool:
        """Take an action; return whether nothing before the next token matters any more."""
        stack, waiting = self.stack, self.waiting
        if kind == BREAK:
            self.starts.add((waiting[-2] if len(waiting) > 1 else self.place) if waiting else self.place + 1)
        elif kind == REDUCE:
            top = stack.pop()
            if not stack:
                return not waiting and self.place not in self.left and self.place + 1 not in self.starts
            if top not in self.heads:
                waiting.append(top)
                self.held.add(top)
        elif kind == LEFT:
            top = stack.pop()
            child = waiting[-1] if waiting else self.place
            old = self.heads.get(top)
            if old is not None:
                self.right[old] = self.before[top]
            self.heads[top] = child
            self.left[child] = top
            self.held.discard(child)
        else:
            if waiting:
                child = waiting.pop()
            else:
                child = self.place
                self.place += 1
            if kind == RIGHT:
                top = stack[-1]
                self.before[child] = self.right.get(top, 0)
                self.right[top] = child
                self.heads[child] = top
            stack.append(child)
        return False

    def over(self) -> bool:
        """Tell whether nothing is left but to empty the stack."""
        heads = self.heads
        return not self.waiting and all(token in heads for token in self.stack[1:])

    def read(self) -> list[int]:
        """Return the tokens read that begin a sentence: the first of each tree."""
        heads = self.heads
        if self.place - self.start - len(heads) == 1:
            return [self.start]
        roots: dict[int, int] = {}  # of a token: the root of its tree
        firsts: dict[int, int] = {}
        for token in range(self.start, self.place):
            path, root = [token], token
            while root in heads and root not in roots:
                root = heads[root]
                path.append(root)
            root = roots.get(root, root)
            roots.update(dict.fromkeys(path, root))
            firsts.setdefault(root, token)
        return list(firsts.values())


class Text:
    """One document: how far its sentences are known. Tokens are rows of the table."""

    def __init__(self, base: int, length: int, likely: Sequence[int]) -> None:
        self.base = self.known = base  # the sentences before `known` are known
        self.end = base + length
        self.limit = base
        self.likely = likely
        self.starts: list[int] = []
        self.done: dict[int, tuple[int, list[int]]] = {}  # read from here: up to where, and the sentences
        self.walks: dict[int, Walk] = {}

    def begin(self, limit: int) -> list[Walk]:
        """Return the walks that lead up to `limit`, and those that are likely met on the way."""
        self.limit = min(self.base + limit, self.end)
        if self.known >= self.limit:
            return []
        begun = []
        for place in self.likely:
            start = self.base + place
            if self.known < start < self.limit and start not in self.done and start not in self.walks:
                self.walks[start] = Walk(self, start, real=False)
                begun.append(self.walks[start])
        return begun + self.follow()

    def follow(self) -> list[Walk]:
        """Go on over what was read; return the walk that is wanted next, unless it is under way."""
        while self.known in self.done:
            end, starts = self.done.pop(self.known)
            self.starts += starts
            self.known = end
        if self.known >= self.limit:
            return []
        walk = self.walks.get(self.known)
        if walk is None:
            walk = self.walks[self.known] = Walk(self, self.known, real=True)
            return [walk]
        if walk.real:
            return []
        walk.real = True
        return [walk] if walk.place - walk.start > FAR else []

    def take(self, walk: Walk) -> list[Walk]:
        """Keep what a walk has read up to the end of its sentences."""
        self.done[walk.start] = (walk.place, walk.read())
        del self.walks[walk.start]
        return self.follow() if walk.real else []


class Sentences:
    """The weights of a loaded `parser` component. Stateless after loading."""

    def __init__(self, parser: Any) -> None:  # noqa: ANN401 - spaCy's own types are partial
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        model = parser.model
        self._tok2vec, self._lower, upper = (model.get_ref(name) for name in ("tok2vec", "lower", "upper"))
        self._ops = model.ops
        self._bias = self._lower.get_param("b").reshape(-1)
        self._weights, self._offset = upper.get_param("W"), upper.get_param("b")
        self._across = np.ascontiguousarray(self._weights.T)
        names = [parser.moves.get_class_name(place) for place in range(parser.moves.n_moves)]
        self._kinds = [KINDS.index(name[0]) for name in names]
        bits = np.arange(1 << len(KINDS))[:, None] >> np.array(self._kinds)[None, :] & 1
        self._numpy = np
        self._masks = np.where(bits, np.float32(0), np.float32(-np.inf))
        self._columns = np.arange(FEATURES)
        self._ends = frozenset(parser.vocab.strings[end] for end in ENDS)

    @classmethod
    def of(cls, parser: Any) -> Sentences | None:  # noqa: ANN401 - spaCy's own types are partial
        """Return the reader of `parser`, or None where it is built in another way than ours reads."""
        try:
            model = parser.model
            usual = (
                model.name == "parser_model"
                and model.attrs["has_upper"]
                and not model.attrs["unseen_classes"]
                and model.get_ref("lower").get_dim("nF") == FEATURES
                and model.get_ref("lower").get_dim("nP") == PIECES
                and parser.cfg.get("beam_width", 1) == 1
                and not any("||" in label or label == "subtok" for label in parser.labels)
                and [layer.name for layer in model.get_ref("tok2vec").layers[1:]] == ["list2array", "linear"]
                and type(model.ops).__name__ != "CupyOps"
            )
        except (AttributeError, KeyError, ValueError):
            return None
        return cls(parser) if usual else None

    def pays(self, docs: Sequence[Any]) -> bool:
        """Tell whether there is enough to read in step that spaCy's own loop would take longer."""
        longest = total = 0
        for doc in docs:
            begun = [0, *self.likely(doc), len(doc)]
            longest = max(longest, *(after - before for before, after in pairwise(begun)))
            total += len(doc)
        return longest * DEARER < total

    def texts(self, docs: Sequence[Any], vectors: Sequence[NDArray[np.float32]]) -> Reading:
        """Take documents, none of them empty, and the vectors of their tokens."""
        np = self._numpy
        rows = self._tok2vec.layers[-1].predict(self._ops.flatten(list(vectors)))
        features = self._lower.predict(rows)
        texts, base = [], 1
        for doc in docs:
            texts.append(Text(base, len(doc), self.likely(doc)))
            base += len(doc)
        table = features.reshape(-1, self._bias.shape[0])
        return Reading(self, np.ascontiguousarray(table), texts)

    def likely(self, doc: Any) -> list[int]:  # noqa: ANN401 - spaCy's own types are partial
        """Return tokens behind the end of a sentence by the look of it."""
        from spacy.attrs import IS_SPACE, ORTH  # noqa: PLC0415 - loaded by now

        orth, space = doc.to_array([ORTH, IS_SPACE]).T.tolist()
        found, last, ends = [], 0, self._ends
        for place in range(APART, len(orth)):
            behind = orth[place - 1] in ends or space[place - 1]
            if behind and place - last >= APART and orth[place] not in ends and not space[place]:
                found.append(place)
                last = place
        return found

    def choose(self, table: NDArray[np.float32], seen: list[int], allowed: list[int]) -> list[int]:
        """Return the kind of action for each state, by the rows of `table` that it sees."""
        np = self._numpy
        rows = np.array(seen).reshape(-1, FEATURES)
        rows *= FEATURES
        rows += self._columns
        summed = np.add.reduce(table.take(rows, axis=0), axis=1)
        summed += self._bias
        hidden = np.maximum(summed[:, 0::2], summed[:, 1::2])
        masks = self._masks.take(allowed, axis=0)
        if len(allowed) <= FEW:
            scores = hidden @ self._across + self._offset + masks
            best = scores.argmax(axis=1)
            near = scores > scores.max(axis=1, keepdims=True) - NEAR
            if np.count_nonzero(near) == len(allowed):
                return [self._kinds[action] for action in best.tolist()]
        scores = self._ops.gemm(hidden, self._weights, trans2=True)
        scores += self._offset
        scores += masks
        return [self._kinds[action] for action in scores.argmax(axis=1).tolist()]


class Reading:
    """Some documents, read as far as asked. Used once, by one thread."""

    def __init__(self, weights: Sentences, table: NDArray[np.float32], texts: list[Text]) -> None:
        self._weights = weights
        self._table = table
        self._texts = texts

    def starts(self, limits: Sequence[int]) -> list[list[int]]:
        """Return for each document the tokens before the limit, or more, that begin a sentence."""
        active = [walk for text, limit in zip(self._texts, limits, strict=True) for walk in text.begin(limit)]
        while active:
            active = self._step(active)
        return [[start - text.base for start in text.starts] for text in self._texts]

    def _step(self, walks: list[Walk]) -> list[Walk]:
        """Let each walk take an action; return the walks that go on."""
        seen: list[int] = []
        codes = [walk.look(seen) for walk in walks]
        kinds = self._weights.choose(self._table, seen, codes)
        going = []
        for walk, kind in zip(walks, kinds, strict=True):
            if walk.act(kind) or (walk.place == walk.end and walk.over()):
                going += walk.text.take(walk)
            elif walk.real or walk.place - walk.start <= FAR:
                going.append(walk)
        return going
