# Two targets set everything up on a fresh machine that has Python 3.11+ and git: `make demo` and `make test`.
# Everything is installed into .venv, never outside.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test docs bench clean lock
.DEFAULT_GOAL := demo

demo: $(VENV)/installed
	@printf '\n$$ calsync validate\n' && $(BIN)/calsync validate
	@printf '\n$$ calsync explain alice@acme.example\n' && $(BIN)/calsync explain alice@acme.example
	@printf '\n$$ calsync evaluate --summary\n' && $(BIN)/calsync evaluate --summary
	@printf '\nTo go on with `calsync` in this shell: . $(BIN)/activate\n'

test: $(VENV)/developed $(VENV)/consumers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadgroup --cov --cov-report=term --cov-report=xml --cov-fail-under=90
	$(BIN)/python tests/wheel.py

docs: $(VENV)/developed
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict

# All of it takes about an hour on two cores; `make bench QUICK=--quick` shows in minutes that it runs.
bench: $(VENV)/benched
	$(BIN)/python -m bench $(QUICK) $(NAMES)

clean:
	rm -rf $(VENV) build dist .coverage coverage.xml bench/data

# The constraints hold the versions and hashes that the tests ran with.
$(VENV)/installed: pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/developed: $(VENV)/installed requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/benched: $(VENV)/developed requirements-bench.txt bench/package-lock.json
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	npm ci --prefix bench --silent
	@touch $@

# Names, versions and hashes, for every platform and Python at once; never an index address.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --extra all pyproject.toml -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --extra all --group dev pyproject.toml -o requirements-dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --extra all --group dev --group bench -c requirements-dev.txt pyproject.toml -o requirements-bench.txt

# Programs of others that read what calsync writes: from the npm registry, for tests only.
$(VENV)/consumers: tests/consumers/package-lock.json
	npm ci --prefix tests/consumers --silent
	@touch $@
