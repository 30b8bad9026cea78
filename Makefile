# The commands of this project. Each one first creates or updates .venv if necessary.

# A PYTHON that is named, here or in the environment, replaces the one that .venv was made with.
describe = $(shell $(1) -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null)
ifneq ($(origin PYTHON),undefined)
ifneq ($(call describe,$(PYTHON)),$(call describe,.venv/bin/python))
$(shell rm -f .venv/.installed)
endif
endif

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
# Tests wait for other processes half of the time, so use one worker more than there are cores. They
# run in the order of the folders, of which the first ones have the longest tests.
WORKERS = $(shell $(PYTHON) -c 'import os; print(1 + (os.cpu_count() or 1))')
IN_PARALLEL = --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

export DO_NOT_TRACK := 1
# Compile modules once, not in every process, also where this variable is set.
export PYTHONDONTWRITEBYTECODE :=
# Trust the certificates of this machine, among them those of a company's proxy.
export UV_SYSTEM_CERTS := 1

RUNS_THROUGH_AN_API = $(addprefix tests/acceptance/test_,agent.py restart.py clean.py runs_command.py flows_of_earlier_releases.py)

.PHONY: run test test-slow test-api test-strict test-dask lint check page-lint page-test format docs soak matrix matrix-ci neighbours bench bench-matrix lock vendor clean

run: .venv/.installed  ## run the example pipeline on Prefect
	$(BIN)/kedro run --runner=project.runner.PrefectRunner

test: .venv/.installed page-test  ## run the tests
	$(BIN)/python -m pytest $(IN_PARALLEL)

test-slow: .venv/.installed  ## run the tests that take long: killed processes, APIs in trouble, Prefect's agent
	TEST_SLOW=1 $(BIN)/python -m pytest -m slow $(IN_PARALLEL)

test-api: .venv/.installed  ## run the end-to-end tests and large pipelines against any Prefect 1.x API: make test-api URL=http://...
	TEST_API_URL=$(or $(URL),$(error Set the address of the API: make test-api URL=http://...)) \
		$(BIN)/python -m pytest tests/server/test_end_to_end.py tests/api/test_runs_here.py

test-strict: .venv/.installed  ## run the acceptance tests of runs through a strict stand-in for Prefect Server
	TEST_STRICT=1 TEST_SLOW=1 $(BIN)/python -m pytest $(IN_PARALLEL) $(RUNS_THROUGH_AN_API)

test-dask: .venv/.installed  ## run the tests on a Dask cluster, which take minutes
	TEST_DASK=1 $(BIN)/python -m pytest tests/contract tests/integration tests/acceptance -k dask

lint: .venv/.installed page-lint  ## check format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

page-lint:  ## check format, lint and types of the page's modules, if Node.js is installed
	$(call with_node,lint)

page-test:  ## run the unit tests of the page's modules, if Node.js is installed
	$(call with_node,test)

# Releases with this feature recognise the page's files, which end in .js, as modules.
define with_node
	@if node -e 'process.exit(process.features.require_module ? 0 : 1)' 2>/dev/null; then \
		$(MAKE) --silent tools/page/node_modules/.installed && npm --prefix tools/page run --silent $(1); \
	else \
		echo "Skipped: the page's $(1) needs Node.js 20.19, 22.12 or newer."; \
	fi
endef

tools/page/node_modules/.installed: tools/page/package-lock.json
	cd tools/page && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

check: lint test  ## run everything that a change must pass

format: .venv/.installed  ## format the code and fix what the linters can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(call with_node,format)

docs: .venv/.installed  ## build the documentation as a site in .site; a warning is an error
	$(BIN)/uv run --quiet --isolated --no-project --with-requirements docs/requirements.txt \
		mkdocs build --strict

soak: .venv/.installed  ## kill processes at random: make soak KILLS=100
	$(BIN)/python -m tests.soak --kills $(or $(KILLS),100)

matrix: .venv/.installed  ## run the contract tests on every supported Kedro and Python
	$(call run_cells,--error-on-missing-interpreters)

matrix-ci: export EXAMPLES := 40
matrix-ci: .venv/.installed  ## run two cells of the matrix, on Kedro 0.17.7 and 0.19.15
	$(call run_cells,--tags quick --no-error-on-missing-interpreters)

define run_cells
	rm -f .nox/matrix.json
	$(BIN)/nox --session contract --parallel 2 --report .nox/matrix.json $(1); \
		$(BIN)/python tools/matrix_table.py .nox/matrix.json
endef

neighbours: .venv/.installed  ## check that the package installs beside other plugins, and with old libraries
	$(BIN)/python tools/neighbours.py
	$(BIN)/nox --session lowest --parallel 2

bench: .venv/.installed  ## run the benchmarks against Kedro's runners and plain Prefect
	$(BIN)/python -m benchmarks

bench-matrix: .venv/.installed  ## measure the overhead per node over SequentialRunner, on each Kedro
	$(BIN)/nox --session overhead

lock: .venv/.installed  ## update the versions in requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-header --extra server --group dev --upgrade \
		--output-file requirements-dev.txt pyproject.toml

vendor: tools/page/node_modules/.installed  ## copy the page's libraries from the npm registry again
	cd tools/page && node vendor.mjs

# pip rejects the metadata of prefect 1.1.0, so uv installs everything except itself.
.venv/.installed: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

clean:  ## remove environments, builds and caches
	rm -rf .venv .nox .site dist .pytest_cache .mypy_cache .ruff_cache tools/page/node_modules
