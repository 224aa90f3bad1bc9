# A fresh machine needs Python 3.11 or newer and make: `make run`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= configs/lr.yaml
# Two processes share the tests, a file each at a time; TESTS= runs them in one.
TESTS ?= -n 2 --dist loadfile

.PHONY: help run test test-all check lint types smoke board clean bench drill format distclean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## install, then train configs/lr.yaml (CONFIG=… for another)
	$(BIN)/hpexp run $(CONFIG)

test: $(VENV)/.dev ## install, then the tests
	$(BIN)/python -m pytest $(TESTS) -m "not slow"

test-all: $(VENV)/.dev ## the tests, slow ones too
	$(BIN)/python -m pytest

check: lint types $(VENV)/.dev ## what CI runs: ruff, mypy --strict, tests with coverage
	$(BIN)/python -m pytest $(TESTS) -m "not slow" --cov --cov-report=term

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

format: $(VENV)/.dev ## ruff format, and the fixes ruff can make
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

smoke: $(VENV)/.run ## one epoch of every shipped config on a small slice
	$(BIN)/hpexp run configs/*.yaml --smoke --quiet

board: $(VENV)/.run ## TensorBoard on logs/
	$(BIN)/hpexp board

clean: $(VENV)/.run ## stop TensorBoard on logs/ and delete what hpexp wrote there; a terminal is asked first
	@if [ -t 0 ]; then $(BIN)/hpexp clean; else $(BIN)/hpexp clean --yes; fi

bench: ## hpexp against its peers, in its own environment
	$(MAKE) -C bench

drill: $(VENV)/.dev ## kill hpexp at 200 random moments, give it every bad input and hostile code: nothing may be lost
	$(BIN)/python -m tests.drill 200
	$(BIN)/python -m tests.drill 10 --train
	$(BIN)/python -m tests.drill_inputs
	$(BIN)/python -m tests.drill_hostile

distclean: ## remove the virtual environment
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.run
