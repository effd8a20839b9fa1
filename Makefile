# Answers: which commands does a developer need? `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup setup-browser run status psql test check format migrations lock clean \
	test-live check-ruff check-format check-types check-layers check-templates check-migrations
SHELL := /bin/sh
# Every process would compile all it imports, seconds each, if this stayed set.
unexport PYTHONDONTWRITEBYTECODE
PORT ?= 8000
# Two processes, each test file whole in one of them: the servers are started once and shared.
PYTEST ?= -n 2 --dist loadfile --no-loadscope-reorder
PY := .venv/bin/python
STEP := .ci/step
LOCKS := requirements-dev.lock requirements-uv.lock
PYTHON_FOLDERS := erp inventory orders fulfillment procurement returns ledger reporting
UV_COMPILE := .venv/bin/uv pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url --universal --python-version 3.11

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.installed node_modules/.installed static/vendor/.installed  ## Install everything that run and test share (idempotent)

.venv/.installed: $(LOCKS)
	@$(STEP) "packages" .ci/environment
	@touch $@

node_modules/.installed: package-lock.json | .venv/.installed
	@$(STEP) "browser assets" .ci/assets .
	@touch $@

static/vendor/.installed: node_modules/.installed erp/core/management/commands/vendor_assets.py
	@$(STEP) "browser assets, copied" $(PY) manage.py vendor_assets
	@touch $@

setup-browser: setup  ## Find or install a Chromium for the browser tests
	@$(STEP) "chromium" .ci/browser

run: setup  ## Run Keel with its own servers and the demo company on 127.0.0.1:PORT (DEMO=no: empty)
	@KEEL_HASHED_STATIC=true exec $(PY) manage.py run_keel --port $(PORT) $(if $(filter no,$(DEMO)),--no-demo)

status: setup  ## Say which embedded servers run
	@$(PY) erp/embedded status

psql: setup  ## Open a prompt on the embedded database
	@$(PY) erp/embedded psql

check: check-ruff check-format check-types check-layers check-templates check-migrations  ## Run every check but the tests (make -k: all of them)

check-ruff: setup
	@$(STEP) "ruff" .venv/bin/ruff check -q .

check-format: setup
	@$(STEP) "ruff format" .venv/bin/ruff format --check .

check-types: setup
	@$(STEP) "mypy" env KEEL_ENV=test .venv/bin/mypy

check-layers: setup
	@$(STEP) "layers" .venv/bin/lint-imports

check-templates: setup
	@$(STEP) "templates" .venv/bin/djlint --lint --quiet --allow-empty-input templates

check-migrations: setup
	@$(STEP) "migrations" $(PY) manage.py makemigrations --check --dry-run

test: check setup-browser  ## Run all that CI checks, browser tests included
	@$(PY) -m pytest $(PYTEST)

test-live: setup  ## Buy in a real Vendure (installed from npm), ship in Keel, cut their network for a minute (LIVE="--tax excluded")
	@$(PY) -m tests.live.run_live $(LIVE)

format: setup  ## Format and fix what tools can fix
	@.venv/bin/ruff check -q --fix . ; .venv/bin/ruff format -q .

migrations: setup  ## Write each app's one migration anew (until the first release is tagged)
	@.ci/migrations

lock: setup  ## Pin the dependencies anew after a change of requirements*.in or package.json
	@$(UV_COMPILE) requirements.in -o requirements.lock
	@$(UV_COMPILE) requirements-dev.in -o requirements-dev.lock
	@$(UV_COMPILE) requirements-uv.in -o requirements-uv.lock
	@$(UV_COMPILE) requirements-node.in -o requirements-node.lock
	@npm install --package-lock-only --ignore-scripts
	@$(PY) .ci/strip_lock.py package-lock.json

clean:  ## Remove what setup made (the data in .keel/ stays)
	@rm -rf .venv node_modules static/vendor .browser .mypy_cache .ruff_cache .pytest_cache
