# make demo: solve the bundled real example and print it beside the baselines
# make test: the whole test suite
# Both make their own virtual environment first; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: demo test lint types wheel benchmark clean
.DELETE_ON_ERROR:

demo: $(VENV)/.runs
	@$(BIN)/allocare solve kleeblatt-2021-12-08
	@echo
	@$(BIN)/allocare compare kleeblatt-2021-12-08

test: $(VENV)/.tests
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.lints
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.lints
	$(BIN)/mypy -p allocare

wheel: $(VENV)/.lints
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

benchmark: $(VENV)/.runs
	$(BIN)/python -m allocare.benchmarks.end_to_end

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Allocare needs Python 3.11 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); echo "install the venv module first: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.runs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.tests: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,scip,genetic,report,forecast,dask]'
	@touch $@ $(VENV)/.runs

$(VENV)/.lints: $(VENV)/.tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,scip,genetic,report,forecast,dask,lint]'
	@touch $@
