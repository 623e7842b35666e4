# Two commands: `make chat` opens the browser chat, `make test` runs every test. Each is safe to run again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: chat test test-slow lint format check docs install install-dev lock baselines screenshot bench models

chat: $(VENV)/.installed
	@$(BIN)/rag list 2>/dev/null | grep -q . || $(BIN)/rag index seeds
	@exec $(BIN)/python app.py

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n 3 --dist loadfile

# What takes longer: kill -9, again and again, disks that are full, fuzzing, servers, a cluster.
test-slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

# What `rag eval` says of the sets that `make test` compares with: written anew where figures may have moved for a good reason.
baselines: $(VENV)/.installed-dev
	RAG_HOME=$$(mktemp -d); export RAG_HOME; trap 'rm -r "$$RAG_HOME"' EXIT; set -e; \
	$(BIN)/rag index seeds; \
	for set in seeds_qa followups_qa; do $(BIN)/rag eval tests/data/$$set.jsonl --json > tests/baselines/$$set.json; done; \
	$(BIN)/rag eval tests/data/arcd_test_200.jsonl --index-contexts --json > tests/baselines/arcd_test_200.json

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What a change must pass.
check: lint test

# The tables of figures and the picture of the packages, made anew.
docs: $(VENV)/.installed-dev
	$(BIN)/python -m docs.tables
	$(BIN)/python -m docs.picture

screenshot: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.screenshot docs

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.main_path

# The shipped models, made anew from the folder DATA. The reranker's weights are fitted to what the embedder and its tables give,
# those of evidence to what the reranker ranks first, so the order counts; the checksums of all come last.
models: $(VENV)/.installed-dev
	$(BIN)/python -m training.embedder --data $(DATA) --out rag/models/shipped
	$(BIN)/python -m training.dictionary --data $(DATA) --out rag/models/shipped/words.json.gz
	$(BIN)/python -m training.transliteration --data $(DATA) --out rag/models/shipped/names.json.gz
	$(BIN)/python -m training.letters --data $(DATA) --out rag/models/shipped/letters.json
	$(BIN)/python -m training.reranking --data $(DATA) --out rag/models/shipped/rankers.json
	$(BIN)/python -m training.evidence --data $(DATA) --out rag/models/shipped/rankers.json
	$(BIN)/python -m training.checksums rag/models/shipped

# The lock is what the set-up installs; `make lock` writes it anew from pyproject.toml.
lock: | $(VENV)/bin/python
	$(BIN)/pip install -q pip-tools
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-annotate --no-header -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-annotate --no-header --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	sed -i 's/^torch==\(.*\)+cpu$$/torch==\1/' requirements.lock requirements-dev.lock

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name it with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/pip install --disable-pip-version-check -r requirements-dev.lock
	@touch $@
