# Two commands matter: `make demo` and `make test`. Everything they need is installed below.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export ASSAY_HOME ?= $(CURDIR)/.assay
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := 1
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.cache/hypothesis

.PHONY: help install demo dagster test lint lint-python lint-sql unit docs bench bench-install torture faults mutants sources sources-install trials lock clean

help: ## what you can do here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

install: $(STAMP) ## the virtual environment, from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Assay needs Python 3.11, 3.12 or 3.13; this is {v[0]}.{v[1]}. Say which: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-compile -r requirements.lock
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # pip would take one core for it; some packages carry files of other Pythons
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## a warehouse with simulated logs, from nothing, in minutes
	@$(BIN)/python -m orchestration.demo

dagster: $(STAMP) ## the Dagster UI over the warehouse (stop with Ctrl-C)
	@$(BIN)/assay ui

test: $(STAMP) lint unit ## every linter, and all tests but the long ones

# mypy has one core: the other one is sqlfluff's.
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --output-sync --jobs 2 lint-python lint-sql

lint-python: $(STAMP)
	$(BIN)/mypy

lint-sql: $(STAMP)
	$(BIN)/sqlfluff lint --processes 0 models tests/dbt

# Three workers on two cores: tests wait for servers, sensors and locks a third of their time.
unit: $(STAMP)
	@mkdir -p .cache/tmp
	TMPDIR=$(CURDIR)/.cache/tmp $(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

docs: $(STAMP) ## docs/metrics.md, from the descriptions of the marts
	@$(BIN)/python -m orchestration.catalogue

ROWS ?= 1e6
bench: bench-install ## the figures of docs/performance.md: an hour (another size: make ROWS=1e5 bench)
	@nice -n 5 $(BIN)/assay bench --rows $(ROWS)

BENCH_STAMP := $(VENV)/.bench-installed
bench-install: $(BENCH_STAMP) ## DuckDB and chDB, which the dashboards are compared with (280 MB)

$(BENCH_STAMP): $(STAMP) requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	@touch $@

SOURCES_STAMP := $(VENV)/.sources-installed
SYSTEMS := $(VENV)/systems
sources-install: $(SOURCES_STAMP) $(SYSTEMS)/.installed ## the clients and systems that `make sources` runs (2 GB)

$(SOURCES_STAMP): $(STAMP) requirements-sources.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-sources.lock
	@touch $@

# Whole systems need other versions of what we need: they get an environment of their own.
$(SYSTEMS)/.installed: $(STAMP) requirements-systems.lock
	@test -x $(SYSTEMS)/bin/python || $(PYTHON) -m venv $(SYSTEMS)
	$(SYSTEMS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-systems.lock
	@touch $@

sources: sources-install ## real clients of other systems, a stand-in for the model, and what the marts make of it
	@mkdir -p .cache/tmp
	TMPDIR=$(CURDIR)/.cache/tmp $(BIN)/pytest -n 0 -m long tests/python/sources

PAGE ?= test_
trials: sources-install ## each page of docs/sources followed in a fresh copy, by one stopwatch (half an hour; one: make PAGE=phoenix trials)
	@mkdir -p .cache/tmp
	TMPDIR=$(CURDIR)/.cache/tmp $(BIN)/pytest -n 0 -s -m long -k $(PAGE) tests/python/pages

HISTORIES ?= 500
torture: $(STAMP) ## 500 random histories against an oracle; everything at once; readers through 60 changes; dead rows; seeds of feedback and gaps
	@mkdir -p .cache/tmp
	TMPDIR=$(CURDIR)/.cache/tmp ASSAY_TORTURE=1 ASSAY_HISTORIES=$(HISTORIES) ASSAY_PROBE_ROUNDS=20 $(BIN)/pytest -m '' \
		tests/python/warehouse/test_histories.py tests/python/warehouse/test_reader_probes.py \
		tests/python/warehouse/test_metamorphic.py tests/python/warehouse/test_concurrency.py \
		tests/python/warehouse/test_wear.py tests/python/warehouse/test_examples.py \
		tests/python/warehouse/test_feedback_truth.py tests/python/warehouse/test_gap_effects_truth.py \
		tests/python/warehouse/test_dbt_build.py

faults: $(STAMP) ## everything killed in the middle of everything; a full disk; and that nothing dials out (an hour)
	@mkdir -p .cache/tmp
	TMPDIR=$(CURDIR)/.cache/tmp $(BIN)/pytest -m long tests/python/orchestration tests/python/network \
		tests/python/warehouse/test_server_faults.py tests/python/warehouse/test_landing_faults.py \
		tests/python/warehouse/test_crash_points.py

mutants: $(STAMP) ## guards broken one at a time: does a test go red? (hours; one, or one area: make MUTANT=name mutants)
	@mkdir -p .cache/tmp
	@TMPDIR=$(CURDIR)/.cache/tmp $(BIN)/python tests/python/mutants/run.py $(MUTANT)

UV_COMPILE = UV_CACHE_DIR=.cache/uv .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --no-header
lock: ## renew the locks for every supported Python (needs the network)
	@$(PYTHON) -m venv .cache/lock && .cache/lock/bin/pip install --quiet uv
	$(UV_COMPILE) --all-extras pyproject.toml -o requirements.lock
	$(UV_COMPILE) --group bench --constraints requirements.lock -o requirements-bench.lock
	$(UV_COMPILE) --group sources --constraints requirements.lock -o requirements-sources.lock
	$(UV_COMPILE) --group systems -o requirements-systems.lock

clean: ## stop the embedded server, remove everything that was made
	@test ! -x $(BIN)/assay || $(BIN)/assay down
	rm -rf .venv .assay .cache target logs *.egg-info
