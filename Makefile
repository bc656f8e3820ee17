# Everything a newcomer and the continuous integration do. It needs Python 3.11 or newer and make; `make help` lists it.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
BENCH ?= spine

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs docs-serve bench install constraints clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.demo  ## build two examples on real data and say where the reports are
	@$(BIN)/python examples/prepare.py
	@echo "== Hate crimes recorded in New York City: examples/new-york-hate-crimes"
	@$(BIN)/kyoto build examples/new-york-hate-crimes
	@echo
	@echo "== Four areas, four classifications, side by side: examples/four-areas"
	@$(BIN)/kyoto build examples/four-areas
	@echo
	@echo "Is burglary comparable between them? (kyoto compare examples/four-areas --iccs 0501)"
	@$(BIN)/kyoto compare examples/four-areas --iccs 0501
	@echo
	@$(BIN)/python examples/prepare.py --where

test: $(VENV)/.all  ## run all tests and doctests; what needs a tool that is absent is skipped with its reason
	@$(BIN)/python examples/prepare.py
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --doctest-modules src tests $(TESTS)

lint: $(VENV)/.all  ## style, types and the rules of the house
	@$(BIN)/ruff check src tests bench examples docs
	@$(BIN)/ruff format --check src tests bench examples docs
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.all  ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open file://$(CURDIR)/site/index.html"

docs-serve: $(VENV)/.all  ## read the documentation while writing it
	@$(BIN)/mkdocs serve

bench: $(VENV)/.all  ## measure against hand-written SQL and pandas, print ratios (BENCH=spine, or a name in bench/)
	@$(BIN)/python bench/startup.py
	@$(BIN)/python bench/$(BENCH).py $(BENCH_ARGS)

install: $(VENV)/.all  ## install everything for development into .venv

constraints: $(VENV)/.all  ## compile constraints.txt anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --all-extras --no-emit-index-url --no-emit-find-links --no-header \
		--python-version 3.11 pyproject.toml -o constraints.txt

clean:  ## remove what was built; keeps .venv
	@rm -rf site dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@rm -rf examples/*/build examples/*/.kyoto examples/*/data

# uv installs in seconds what pip installs in minutes; where it cannot be had, pip does.
define install_extras
	@echo "Installing Kyoto into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) \
		&& $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[$(1)]' \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(1)]'
	@touch $@
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Kyoto needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 …" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python's venv module is absent; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(call install_extras,examples)

$(VENV)/.all: $(BIN)/python pyproject.toml constraints.txt
	$(call install_extras,dev)
	@touch $(VENV)/.demo
