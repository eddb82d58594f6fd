# `make` lists the targets. Every target that needs the environment makes or repairs it first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST_ARGS ?=
# Small tensors gain nothing from more threads, and workers multiply them.
export OMP_NUM_THREADS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
STAMP := $(VENV)/.mmspd-installed
UNFINISHED := $(VENV)/.mmspd-unfinished
INPUTS := $(wildcard requirements/*.txt) setup.cfg pyproject.toml
TOGETHER := torch runtime mmlab tests lint

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format clean distclean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP)  ## Make .venv and install everything into it, if needed

demo: $(STAMP)  ## Train, test and draw predictions on data that the project makes itself
	@$(BIN)/python tools/demo.py

test: $(STAMP)  ## Run the tests; PYTEST_ARGS="-k name" chooses among them
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(STAMP)  ## Check style, types and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(STAMP)  ## Sort imports and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove caches and build outputs; keeps .venv, work_dirs and data
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find mmspd tests tools configs -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## Remove .venv, too
	rm -rf $(VENV)

# An interrupted installation leaves $(UNFINISHED): pip may take half-copied packages for whole ones, so start anew.
$(STAMP): $(INPUTS)
	@test -n '$(PYTHON)' || { echo 'No python3 found: install Python 3.11, or name one: make setup PYTHON=...' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "mmspd needs Python 3.10 or later (3.11 is tested), but '$(PYTHON)' is $$('$(PYTHON)' --version 2>&1). Name another: make setup PYTHON=..." >&2; exit 1; }
	@if [ -e $(UNFINISHED) ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making $(VENV) with $$('$(PYTHON)' --version)"; \
		mkdir -p $(VENV); touch $(UNFINISHED); \
		'$(PYTHON)' -m venv --clear $(VENV); \
	fi
	@touch $(UNFINISHED)
	@echo 'Installing PyTorch (1 of 4)'
	@$(PIP) -r requirements/torch.txt
	@echo 'Installing the requirements (2 of 4)'
	@$(PIP) $(TOGETHER:%=-r requirements/%.txt)
	@echo 'Installing mmpose without its dependencies (3 of 4)'
	@$(PIP) --no-deps -r requirements/no_deps.txt
	@echo 'Installing mmspd (4 of 4)'
	@$(PIP) --no-deps -e .
	@rm -f $(UNFINISHED)
	@touch $@
