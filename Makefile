# Everything is set up in .venv from the lock file; the only needs are Python 3.11 or later and git.
# A target that has a "##" comment is listed by `make help`.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup serve test test-slow check format docs lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Create .venv with the locked dependencies (the other targets do it when needed)

serve: $(INSTALLED) ## Check, build and serve the bundled data (HOST=127.0.0.1 PORT=8000)
	$(BIN)/communique serve --host $(HOST) --port $(PORT)

test: check ## Run the checks and the quick tests (ARGS="-k name" passes options to pytest)
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-slow: $(INSTALLED) ## Run the slow tests
	$(BIN)/python -m pytest -m slow $(ARGS)

check: $(INSTALLED) ## Check code style and types, and the data with `communique check`
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/communique format --check
	$(BIN)/communique check

format: $(INSTALLED) ## Bring code and Turtle into their one layout
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/communique format

docs: $(INSTALLED) ## Describe the vocabulary in build/docs/index.html
	$(BIN)/python -m communique.documentation build/docs

# Dependencies are pinned with hashes for every Python from 3.11 on. To upgrade all of them:
# make lock UPGRADE=--upgrade
LOCK := $(VENV)-lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --quiet \
	--custom-compile-command "make lock" $(UPGRADE)

lock: ## Write the lock files anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## Remove all that the other targets made, .venv included
	rm -rf $(VENV) $(VENV)-lock build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "communique needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Could not create a virtual environment." >&2; \
		echo "On Debian and Ubuntu, install it first: apt-get install python3-venv" >&2; exit 1; }

# The hashes are checked; then the project itself is installed in place, from what is there already.
$(INSTALLED): requirements-dev.lock pyproject.toml server/communique/__init__.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	@touch $@
