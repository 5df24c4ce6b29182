"""`python -m train --texts FOLDER --out FILE.onnx`: train the model, export it, say what was done."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from guardrail.detect.models import OWN, RAMPART, locate, verify
from train import encode, fit, mix, own, texts
from train.export import export
from train.network import Network

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

STYLES = Path(__file__).parent / "styles"
AGAIN = 0.3  # how fast to learn where most is known already


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something is missing."""
    options = _options(arguments)
    started = time.monotonic()
    try:
        human = _texts(options)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    folder = verify(OWN, locate(OWN)) if options.data else verify(RAMPART, locate(RAMPART))
    source = folder / ("names.onnx" if options.data else "onnx/model_q4.onnx")
    tokens = encode.tokenizer(folder / "vocab.txt")

    def made(rng: random.Random) -> list[encode.Window]:
        examples = mix.examples(human, STYLES, rng, made=options.made)
        return [window for one in examples for window in encode.windows(one, tokens)]

    torch.set_num_threads(options.threads)
    network = Network.of(own.weights_of(source.read_bytes())) if options.data else Network.load(source)
    network.freeze(layers=options.frozen)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    saved = options.out.with_suffix(".saved")
    rate = AGAIN * fit.RATE if options.data else fit.RATE
    fit.fit(network, [made] * options.passes, seed=options.seed, saved=saved, rate=rate, tell=_show)
    weights = network.state_dict()
    model = own.put_back(source.read_bytes(), weights) if options.data else export(source, weights)
    _write(options.out, model)
    (options.out.parent / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes())
    saved.unlink(missing_ok=True)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    done = {
        "file": options.out.name,
        "bytes": len(model),
        "sha256": sha256(model).hexdigest(),
        "seed": options.seed,
        "texts": len(human),
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    sys.stdout.write(json.dumps(done) + "\n")
    return 0


def _texts(options: argparse.Namespace) -> list[texts.Example]:
    """Return what people labelled: the folder's texts, one's own, none of those that are judged on."""
    if not options.texts and not options.data:
        raise ValueError(
            "nothing to learn from: give --texts FOLDER, or --data FILE to train on from our weights"
        )
    held = [json.loads(line)["text"] for file in options.without for line in file.open(encoding="utf-8")]
    found = texts.read(options.texts) if options.texts else []
    for file in options.data:
        found += texts.mine(file)
    return list(texts.without(found, held))


def _write(out: Path, model: bytes) -> None:
    """Write the file whole or not at all."""
    beside = out.with_suffix(".part")
    beside.write_bytes(model)
    beside.replace(out)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    parser.add_argument("--texts", type=Path, help="folder of NAME.jsonl.gz (train/README.md)")
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        help="rows of your own, as guardrail eval reads them: train on from the weights in the package",
    )
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--without", type=Path, action="append", default=[], help="texts never to learn from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--made", type=int, default=mix.MADE, help="texts to make of templates")
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--frozen", type=int, default=2, help="layers that stay as they are")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args(arguments)


def _show(state: dict[str, Any]) -> None:
    """Write a line of progress over the last one."""
    left = (state["steps"] - state["step"]) * state["seconds"] / 60
    line = f"step {state['step']}/{state['steps']}  loss {state['loss']:.4f}  {left:.0f} min left"
    sys.stderr.write(f"\r{line:<60}" if sys.stderr.isatty() else f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Lists of invented values are drawn from sets, whose order hangs on it: one seed, one text.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "train", *sys.argv[1:]])  # noqa: S606 - ourselves
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; the same command goes on from the last saved step\n")
        sys.exit(130)
