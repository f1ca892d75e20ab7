# Two commands do all the set-up: `make ask` and `make test`.
q ?= How many jets and helicopters did Russia have in Latakia?
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export q
export PYTHONUTF8 = 1
# llama.cpp is compiled without its kernels for AMX, which end the process on some compilers.
export CMAKE_ARGS ?= -DCMAKE_C_FLAGS=-U__AMX_INT8__ -DCMAKE_CXX_FLAGS=-U__AMX_INT8__

.DEFAULT_GOAL := help
.PHONY: help install install-dev weights ask chat screenshots house test check gate bench bench-answers bench-retrieval bench-trust bench-paraphrases bench-meaning bench-kinds bench-serve torture clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not there; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed (make PYTHON=python3.12 ...)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Torch first and by itself: the rest must not pull a build with gigabytes of GPU libraries.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV); llama.cpp is compiled the first time (about five minutes)"
	$(PIP) install --progress-bar on -c constraints.txt "$$(grep '^torch==' constraints.txt)"
	$(PIP) install --progress-bar on -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --progress-bar on -c constraints.txt -e '.[dev]'
	@touch $@

install: $(VENV)/.installed ## install the product into .venv

install-dev: $(VENV)/.installed-dev

weights: install ## fetch the default weights (1.2 GB, once)
	@$(BIN)/askive models pull

ask: weights ## answer a question from seeds/: make ask q="..."
	@$(BIN)/askive index --seeds --quiet
	@$(BIN)/askive ask --collection seeds "$$q"

chat: weights ## the chat in a browser
	@$(BIN)/askive chat

screenshots: weights install-dev ## pictures of the chat for the README
	$(BIN)/python -m tests.ui.chat.screenshots

house: install-dev ## draw docs/images/house.svg from the imports of the code
	$(BIN)/python -m tests.repo.draw_house

test: install-dev ## all tests, with the real weights and a real browser
	@$(BIN)/askive models pull
	@$(BIN)/askive models pull smollm2-135m-instruct-q4_1
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not weights"
	$(BIN)/python -m pytest -m weights

gate: install-dev ## fail when answers on a sample of the gold questions got worse
	@$(BIN)/askive models pull
	$(BIN)/askive eval gate --limit 40

check: install-dev ## ruff, mypy --strict, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/repo/test_layers.py tests/repo/test_public_names.py tests/repo/test_house.py

bench: weights install-dev ## speed against baselines, one table in eval/benchmarks/results (40 minutes at most)
	@$(BIN)/python -m askive.eval.benchmarks.speed.table $(if $(ONLY),--only $(ONLY)) $(if $(OUT),--out $(OUT))

bench-answers: weights install-dev ## answers on the gold questions: ours, the plain baseline, no sources
	@for p in default plain closed-book; do $(BIN)/askive eval run seeds --limit 40 --pipeline $$p || exit 1; done

bench-retrieval: weights install-dev ## what each part of retrieval buys: SUITES="seeds DIR..." RERANK=reader
	@mkdir -p build && $(BIN)/askive eval ablate $(or $(SUITES),seeds) $(if $(RERANK),--rerank $(RERANK)) --out build/retrieval.html --json > build/retrieval.jsonl
	@$(BIN)/python -m askive.eval.benchmarks.retrieval.targets build/retrieval.jsonl

bench-trust: weights install-dev ## refusals, accuracy, citations, what checks cost and buy: SUITES="..." LIMIT=... ONLY=figures,... OUT=...
	@$(BIN)/python -m askive.eval.benchmarks.trust.table $(SUITES) $(if $(LIMIT),--limit $(LIMIT)) $(if $(ONLY),--only $(ONLY)) $(if $(OUT),--out $(OUT))

bench-paraphrases: weights install-dev ## whether verification tells supported, contradicted and undecided claims apart: ONLY=rules,... OUT=...
	@$(BIN)/python -m askive.eval.benchmarks.trust.paraphrases $(if $(ONLY),--only $(ONLY)) $(if $(OUT),--out $(OUT))

bench-serve: weights install-dev ## the server under load, who gets in, indexing on a simulated Ray cluster: ONLY=search,workers,... SCALE=... OUT=...
	@$(BIN)/python -m askive.eval.benchmarks.serve.table $(if $(ONLY),--only $(ONLY)) $(if $(SCALE),--scale $(SCALE)) $(if $(OUT),--out $(OUT))

bench-kinds: weights install-dev ## answers to questions of all kinds beside the plain pipeline: HALF=test KINDS=list,... LIMIT=... OUT=...
	@$(BIN)/python -m askive.eval.benchmarks.kinds.table $(if $(HALF),--half $(HALF)) $(if $(KINDS),--kinds $(KINDS)) $(if $(LIMIT),--limit $(LIMIT)) $(if $(OUT),--out $(OUT))

bench-meaning: weights install-dev ## what judge and reader make of labelled sets: SETS=FOLDER ROWS=... CASES=...
	@$(BIN)/python -m askive.eval.benchmarks.trust.meaning $(SETS) $(if $(ROWS),--rows $(ROWS)) $(if $(CASES),--cases $(CASES))

torture: install-dev ## kills, faults, hostile files, bit flips (over an hour, needs strace); writes docs/reliability.md
	@$(BIN)/python -m tests.torture --out $(or $(OUT),docs/reliability.md) $(if $(ONLY),--only $(ONLY)) $(if $(N),--n $(N)) $(if $(SEED),--seed $(SEED))

clean: ## remove what make made here; the weights and collections in ASKIVE_HOME stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
