"""Find 2,000 surrogates in a long answer: the tree of words beside other ways to look for many texts.

Run: python bench/standins.py (with `pip install ahocorasick-rs` for that column). CPU time, one run, ratios.
"""

import random
import re
import time

from guardrail.vault.patterns import Patterns

COUNT, WORDS = 2_000, 200_000


def timed(step):
    begun = time.process_time()
    result = step()
    return time.process_time() - begun, result


def main():
    draw = random.Random(1)  # noqa: S311 - names to measure, no secrets
    given = [f"{''.join(draw.choices('aeioulmnrst', k=6)).title()}" for _ in range(COUNT)]
    names = [f"{one} {other}" for one, other in zip(given, reversed(given), strict=True)]
    words = [draw.choice(("the", "bank", "wrote", "Mariana", "to", "say", "it")) for _ in range(WORDS)]
    for at in range(0, WORDS, 100):
        words[at] = draw.choice(names)
    text = " ".join(words)
    tree = Patterns()
    built, _ = timed(lambda: [tree.add(name, ("surrogate", name), person=True) for name in names])
    walked, found = timed(lambda: tree.find(text))
    print(f"{len(text):,} characters, {COUNT:,} names, {len(found):,} found")
    print(f"tree of words      built {built * 1e3:7.1f} ms   read {walked * 1e3:8.1f} ms   1.0")
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")
    sought, _ = timed(lambda: sum(1 for _ in pattern.finditer(text)))
    print(f"one regex          {'':16}   read {sought * 1e3:8.1f} ms   {sought / walked:.1f}")
    replaced, _ = timed(lambda: [text.count(name) for name in names])
    print(f"search by name     {'':16}   read {replaced * 1e3:8.1f} ms   {replaced / walked:.1f}")
    try:
        import ahocorasick_rs
    except ImportError:
        return
    made, automaton = timed(lambda: ahocorasick_rs.AhoCorasick(names))
    seen, _ = timed(lambda: automaton.find_matches_as_indexes(text))
    print(f"ahocorasick-rs     built {made * 1e3:7.1f} ms   read {seen * 1e3:8.1f} ms   {seen / walked:.2f}")


if __name__ == "__main__":
    main()
