# `make` lists the targets. Every target that needs the environment makes or repairs it first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTEST_ARGS ?=
# Small tensors gain nothing from more threads, and workers multiply them.
export OMP_NUM_THREADS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check install --quiet
STAMP := $(VENV)/.mmspd-installed
UNFINISHED := $(VENV)/.mmspd-unfinished
# What is optional for users is tested, too.
TOGETHER := torch runtime mmlab web export tests lint
INPUTS := $(TOGETHER:%=requirements/%.txt) requirements/no_deps.txt setup.cfg pyproject.toml

# The same with the original packages. mmcv's wheel lies outside, so that a new environment does not compile it again.
ORIGINAL := .venv-openmmlab
ORIGINAL_BASE := $(ORIGINAL)/.mmspd-base
ORIGINAL_STAMP := $(ORIGINAL)/.mmspd-installed
ORIGINAL_INPUTS := $(patsubst %,requirements/%.txt,openmmlab runtime web export tests no_deps) setup.cfg pyproject.toml
MMCV := $(shell sed -n 's/^mmcv==//p' requirements/openmmlab.txt)
WHEELS := .venv-openmmlab-wheels
COMPILED := $(WHEELS)/mmcv-$(MMCV)-for-torch-$(shell sed -n 's/^torch==//p' requirements/openmmlab_build.txt)
# Compilers at once; each takes about 1 GB.
MAX_JOBS ?= $(shell nproc)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-openmmlab lint format clean distclean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP)  ## Make .venv and install everything into it, if needed

demo: $(STAMP)  ## Train, test and draw predictions on data that the project makes itself
	@$(BIN)/python tools/demo.py

test: $(STAMP)  ## Run the tests; PYTEST_ARGS="-k name" chooses among them
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

test-openmmlab: $(ORIGINAL_STAMP)  ## The same on the original packages, in .venv-openmmlab; compiles mmcv once
	@$(ORIGINAL)/bin/python -m pytest $(PYTEST_ARGS)

lint: $(STAMP)  ## Check style, types and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(STAMP)  ## Sort imports and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove caches and build outputs; keeps environments, work_dirs and data
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find mmspd tests tools configs -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## Remove the environments, too
	rm -rf $(VENV) $(ORIGINAL) $(WHEELS)

# Python's minor version must be below the first argument; the second says so; the third is the target to call again.
define check_python
@test -n '$(PYTHON)' || { echo 'No python3 found: install Python 3.11, or name one: make $(3) PYTHON=...' >&2; exit 1; }
@'$(PYTHON)' -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, $(1)))' || { echo "$(2), but '$(PYTHON)' is $$('$(PYTHON)' --version 2>&1). Name another: make $(3) PYTHON=..." >&2; exit 1; }
endef

# An interrupted installation leaves $(UNFINISHED): pip may take half-copied packages for whole ones, so start anew.
$(STAMP): $(INPUTS)
	$(call check_python,99,mmspd needs Python 3.10 or later (3.11 is tested),setup)
	@if [ -e $(UNFINISHED) ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making $(VENV) with $$('$(PYTHON)' --version)"; \
		mkdir -p $(VENV); touch $(UNFINISHED); \
		'$(PYTHON)' -m venv --clear $(VENV); \
	fi
	@touch $(UNFINISHED)
	@echo 'Installing PyTorch (1 of 4)'
	@$(BIN)/python $(PIP) -r requirements/torch.txt
	@echo 'Installing the requirements (2 of 4)'
	@$(BIN)/python $(PIP) $(TOGETHER:%=-r requirements/%.txt)
	@echo 'Installing mmpose without its dependencies (3 of 4)'
	@$(BIN)/python $(PIP) --no-deps -r requirements/no_deps.txt
	@echo 'Installing mmspd (4 of 4)'
	@$(BIN)/python $(PIP) --no-deps -e .
	@rm -f $(UNFINISHED)
	@touch $@

# The original packages in three steps, each repeated only if it was interrupted or its requirements changed.
$(ORIGINAL_BASE): requirements/openmmlab_build.txt
	$(call check_python,13,PyTorch 2.5 and numpy 1 need Python 3.10 to 3.12 (3.11 is tested),test-openmmlab)
	@echo "Making $(ORIGINAL) with $$('$(PYTHON)' --version)"
	@rm -f $@
	@'$(PYTHON)' -m venv --clear $(ORIGINAL)
	@echo 'Installing PyTorch and what compiles mmcv (1 of 4)'
	@$(ORIGINAL)/bin/python $(PIP) -r $<
	@touch $@

# Without a GPU in sight, or it would ask for the CUDA compiler: mmspd calls none of these operators.
$(COMPILED): | $(ORIGINAL_BASE)
	@command -v c++ >/dev/null || { echo 'mmcv must be compiled, but there is no c++: install a C++ compiler (Debian: apt install g++)' >&2; exit 1; }
	@echo "Compiling mmcv, begun at $$(date +%H:%M); 20 to 60 minutes on two cores (2 of 4)"
	@rm -rf $(WHEELS)
	@PATH="$(CURDIR)/$(ORIGINAL)/bin:$$PATH" MMCV_WITH_OPS=1 MAX_JOBS=$(MAX_JOBS) CUDA_VISIBLE_DEVICES= \
		$(ORIGINAL)/bin/python -m pip --disable-pip-version-check --quiet wheel --no-deps --no-build-isolation \
		--no-cache-dir --no-binary mmcv --wheel-dir $(WHEELS) mmcv==$(MMCV)
	@touch $@

$(ORIGINAL_STAMP): $(ORIGINAL_INPUTS) $(ORIGINAL_BASE) $(COMPILED)
	@rm -f $(ORIGINAL_BASE)
	@echo 'Installing the requirements (3 of 4)'
	@$(ORIGINAL)/bin/python $(PIP) $(WHEELS)/mmcv-$(MMCV)-*.whl $(patsubst %,-r requirements/%.txt,openmmlab runtime web export tests)
	@echo 'Installing mmpose without its dependencies, and mmspd (4 of 4)'
	@$(ORIGINAL)/bin/python $(PIP) --no-deps -r requirements/no_deps.txt
	@$(ORIGINAL)/bin/python $(PIP) --no-deps -e .
	@touch $(ORIGINAL_BASE) $@
