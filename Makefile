# Two commands do everything on a bare machine (Python >= 3.11 and make): `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test check fix bench test-slow model clean

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "guardrail needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing guardrail, its models and its test tools into $(VENV) (one to three minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/guardrail demo

test: $(STAMP)
	$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --cov --cov-report=term

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/file_length.py

fix: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m bench

# make model TEXTS=folder JUDGED="a.jsonl b.jsonl" [SEED=1] [OUT=model]: train, export, judge (train/README.md)
SEED ?= 1
OUT  ?= model

model: $(STAMP)
	@test -n "$(TEXTS)" || { echo "say where the labelled texts are: make model TEXTS=folder (train/README.md)"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[rampart,train]'
	$(BIN)/python -m train --texts $(TEXTS) --out $(OUT)/names.onnx --seed $(SEED) $(foreach file,$(JUDGED),--without $(file))
	$(if $(JUDGED),GUARDRAIL_NAMES=guardrail:$(OUT) $(BIN)/guardrail eval $(JUDGED) --json $(OUT)/report.json)

clean:
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .ruff_cache
