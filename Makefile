# The commands of the project; `make help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-slow test-all lint format viz bench docs gallery reference picture lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Options for the command itself, for example: make run ARGS="--pipelines=hpo"
ARGS ?=
# The hundreds of processes of runs and tests compile the sources once, also where the environment keeps no bytecode
export PYTHONDONTWRITEBYTECODE :=

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

run: $(VENV)/.run ## Install what is missing and run all five pipelines (ARGS: options of kedro run)
	$(BIN)/kedro run $(ARGS)

test: $(VENV)/.dev ## Install what is missing and run the quick tests, the slowest are named (ARGS: options of pytest)
	$(BIN)/python -m pytest --durations=20 $(ARGS)

test-slow: $(VENV)/.dev ## Run the tests that CI runs after them: whole runs, kills, browsers (ARGS: options of pytest)
	$(BIN)/python -m pytest -m "slow and not thorough" $(ARGS)

test-all: $(VENV)/.dev ## Run every test, with more seeds, scorers and real faults than CI (ARGS: options of pytest)
	$(BIN)/python -m pytest -m "" $(ARGS)

lint: $(VENV)/.dev ## Check style, types and the order of the packages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## Mend style where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

viz: $(VENV)/.dev ## Show the pipelines, tables and figures in the browser (ARGS: options of kedro viz run)
	$(BIN)/kedro viz run $(ARGS)

docs: $(VENV)/.docs ## Build the documentation as a site, to read at site/index.html (ARGS: options of mkdocs build)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict $(ARGS)
	@echo "Open site/index.html"

gallery: $(VENV)/.docs ## Run the notebooks, whose results `make docs` shows then, minutes (ARGS: names of notebooks)
	$(BIN)/python docs/run_notebooks.py $(ARGS)

bench: $(VENV)/.dev ## Measure speed, as ratios against the alternative in the same run
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/stages.py
	$(BIN)/python benchmarks/metafeatures.py
	$(BIN)/python benchmarks/paths.py
	$(BIN)/python benchmarks/quick_fits.py
	$(BIN)/python benchmarks/native_form.py
	$(BIN)/python benchmarks/early_stopping.py
	$(BIN)/python benchmarks/default_space.py
	$(BIN)/python benchmarks/execution.py
	$(BIN)/python benchmarks/ledger_kills.py
	$(BIN)/python benchmarks/leave_one_out.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/artifact.py
	$(BIN)/python benchmarks/recommendation.py
	$(BIN)/python benchmarks/search_overhead.py
	$(BIN)/python benchmarks/max_time.py
	$(BIN)/python benchmarks/guard.py
	$(BIN)/python benchmarks/wide_tables.py

reference: $(VENV)/.dev ## Make the memory that ships with the package: the reference run, hours (ARGS: of kedro run)
	$(BIN)/kedro run --env=full $(ARGS)
	$(BIN)/foretune reference export
	$(BIN)/kedro run --env=memory $(ARGS) --pipelines=task_generation,hpo,metafeatures,meta_training
	$(BIN)/foretune reference add

picture: $(VENV)/.dev ## Draw the pictures of the documents: of kept results, and of the last run
	$(BIN)/python docs/draw_gain_over_time.py
	$(BIN)/python docs/draw_regret_curves.py

lock: $(VENV)/.dev ## Resolve the lock files again after a change of dependencies (ARGS: --upgrade)
	$(BIN)/uv pip compile $(LOCK) --extra pipelines -o requirements/run.lock
	$(BIN)/uv pip compile $(LOCK) --extra dev -c requirements/run.lock -o requirements/dev.lock
	$(BIN)/uv pip compile $(LOCK) --extra pipelines --extra docs -c requirements/dev.lock -o requirements/docs.lock
LOCK := pyproject.toml requirements/build.in --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-strip-extras --quiet $(ARGS)

clean: ## Remove the environment and what runs have written
	rm -rf $(VENV) build dist logs site
	git clean -fdX -- data

# One environment, filled in steps: `make run` never waits for the tools of developers.
$(VENV)/.run: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Foretune needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Installing into $(VENV); only the first time, a minute or two ..."
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements/run.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "Installing the tools of developers into $(VENV) ..."
	$(INSTALL) -r requirements/dev.lock
	@touch $@

$(VENV)/.docs: requirements/docs.lock $(VENV)/.run
	@echo "Installing what builds the documentation into $(VENV) ..."
	$(INSTALL) -r requirements/docs.lock
	@touch $@
