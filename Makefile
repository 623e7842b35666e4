# Two commands: `make chat` opens the browser chat, `make test` runs every test. Each is safe to run again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: chat test test-slow lint format check docs install install-dev lock audit baselines screenshot bench models

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
# those of evidence to what the reranker ranks first and the reader reads, so the order counts; the checksums of all come last.
models: $(VENV)/.installed-dev
	$(BIN)/python -m training.embedder --data $(DATA) --out rag/models/shipped
	$(BIN)/python -m training.dictionary --data $(DATA) --out rag/models/shipped/words.json.gz
	$(BIN)/python -m training.transliteration --data $(DATA) --out rag/models/shipped/names.json.gz
	$(BIN)/python -m training.letters --data $(DATA) --out rag/models/shipped/letters.json
	$(BIN)/python -m training.reader --data $(DATA) --cache build/reader --out rag/models/shipped
	$(BIN)/python -m training.reranking --data $(DATA) --out rag/models/shipped/rankers.json
	$(BIN)/python -m training.evidence --data $(DATA) --out rag/models/shipped/rankers.json
	$(BIN)/python -m training.checksums rag/models/shipped

# The lock is what the set-up installs, each file by its checksum; `make lock` writes it anew from pyproject.toml. torch stands apart:
# which of its builds fits a machine, and what of CUDA that needs, its index decides.
LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
WITHOUT_TORCH = awk '/^[^ ]/ {kept = !/^(torch|triton|nvidia-|cuda-)/} kept'
lock: | $(VENV)/bin/python
	@command -v $(BIN)/uv >/dev/null || $(BIN)/pip install -q uv
	for part in "requirements" "requirements-dev --extra dev"; do set -e -- $$part; \
	    { cat $$1.lock requirements-torch.lock; } > $$1.all; \
	    $(LOCK) -o $$1.all $${2:+$$2 $$3 -c requirements.all} pyproject.toml; \
	    $(WITHOUT_TORCH) $$1.all > $$1.lock; \
	done
	grep -oE '^torch==[0-9.]+' requirements.all > requirements-torch.lock
	rm requirements.all requirements-dev.all

# What is installed: a list of the parts in CycloneDX's form, a list of licences, and what is known to be weak in them.
audit: $(VENV)/.installed
	@command -v $(BIN)/uv >/dev/null || $(BIN)/pip install -q uv
	mkdir -p build
	$(BIN)/uv tool run -q --from cyclonedx-bom cyclonedx-py environment --output-reproducible -o build/sbom.json $(BIN)/python
	$(BIN)/uv tool run -q pip-licenses --python $(BIN)/python --format markdown --with-urls --output-file build/licences.md
	$(BIN)/uv tool run -q pip-audit --disable-pip --require-hashes -r requirements.lock

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name it with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock requirements-torch.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --disable-pip-version-check -r requirements-torch.lock
	$(BIN)/pip install --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/pip install --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
