# Seatrial: every target sets up what it needs. `make demo` and `make test` are the two to know.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
TOOLS  := .tools/.ready
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check format bench clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(STAMP): pyproject.toml constraints.txt tools/setup_venv.sh
	@PYTHON="$(PYTHON)" sh tools/setup_venv.sh $(VENV)
	@touch $@

$(TOOLS): requirements-tools.txt tools/fetch_binaries.py $(STAMP)
	@$(BIN)/python tools/fetch_binaries.py requirements-tools.txt .tools
	@touch $@

setup: $(STAMP) $(TOOLS) ## install everything into this folder (.venv, .tools)

demo: setup ## upgrade an embedded fleet of simulated clusters, wave by wave
	@$(BIN)/seatrial demo $(ARGS)

test: setup ## the tests (under 10 minutes on 2 cores)
	@$(BIN)/pytest -n $(WORKERS) -m "not slow" $(ARGS)

test-all: setup ## the tests and the slow ones
	@$(BIN)/pytest -n $(WORKERS) $(ARGS)

check: setup ## format, lint, types, layers
	@$(BIN)/ruff format --check src tests tools benchmarks
	@$(BIN)/ruff check src tests tools benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## rewrite files in the house format
	@$(BIN)/ruff format src tests tools benchmarks
	@$(BIN)/ruff check --fix src tests tools benchmarks

bench: setup ## benchmarks, as ratios against peers in the same run
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove what setup made
	rm -rf $(VENV) .tools build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
