"""`pii-leak-benchmark` against `guardrail proxy`: the caller's values come back, the model's own do not."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from test_command import started

POLICY = Path(__file__).resolve().parents[2] / "bench/leak.toml"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def tool(name):
    path = shutil.which(name, path=os.environ.get("GUARDRAIL_LEAK_BENCHMARK") or os.environ.get("PATH"))
    if path is None:
        pytest.skip(
            "pip install pii-leak-benchmark into an environment of its own; "
            "GUARDRAIL_LEAK_BENCHMARK names its bin folder"
        )
    return path


def run(*command, cwd):
    made = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


@pytest.fixture
def capture():
    """Return the port at which the benchmark will capture what the proxy sends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("command", ["selfcheck", "ci"])
def test_version_one_is_clean(command, capture, tmp_path):
    tool("pii-leak-benchmark")
    with started(tmp_path, POLICY, "--upstream", f"http://127.0.0.1:{capture}") as (_, url, _):
        options = ["--target-base-url", f"{url}/v1", "--capture-port", str(capture)]
        told = run(tool("pii-leak-benchmark"), command, *options, cwd=tmp_path)
    assert "CLEAN" in told


def test_version_two_restores_all_and_leaks_nothing(capture, tmp_path):
    command = [
        tool("pii-leak-benchmark-v2"),
        "--out",
        "out",
        "--only",
        "passthrough",
        "--json-out",
        "v2.json",
    ]
    with started(tmp_path, POLICY, "--upstream", f"http://127.0.0.1:{capture}") as (_, url, _):
        command += ["--gateway-url", f"{url}/v1/chat/completions", "--upstream-port", str(capture)]
        run(*command, "--exhaustive-splits", "--partial-emission", cwd=tmp_path)
    (row,) = json.loads((tmp_path / "v2.json").read_text("utf-8"))["rows"]
    assert row["outcome"] == "pass"
    assert (row["cases_applicable"], row["echo_observable"], row["inconclusive"]) == (32, 32, 0)
    rates = [row[name] for name in ("leak_single_chunk", "leak_adversarial", "delta_frag")]
    assert (row["fidelity_rate"], rates) == (1.0, [0.0, 0.0, 0.0])
    partial = json.loads((tmp_path / "out/passthrough.partial-emission.json").read_text("utf-8"))["metrics"]
    assert (partial["cases_partial_emission"], partial["cases_complete_leak"]) == (0, 0)
    assert (partial["cases_applicable"], partial["partitions_partial"]) == (32, 0)
