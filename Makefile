# make run     the whole site on this machine, from one command
# make test    the whole test suite        make check   everything that reads the code
# make bench   import and export beside peers and what limits them; takes two hours
# make chaos   the faults that `make test` causes a few times, at length (half an hour)
# make audit   known holes in what we depend on, asked of an advisory service
# make fuzz    broken and hostile files for ten minutes; FUZZ_SECONDS=3600 makes it an hour
.DEFAULT_GOAL := run
.PHONY: install install-dev install-bench run samples test chaos fuzz check audit bench bench-keep format lock clean help

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --quiet --progress-bar off --disable-pip-version-check --require-hashes
# What `check --deploy` and collectstatic see: the settings of a real site.
PRODUCTION := HTTPS=true BEHIND_PROXY=true ALLOWED_HOSTS=data.example.com \
  SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')
PATHS := dataio project tests benchmarks manage.py

help:
	@grep -hE '^# make' Makefile | sed 's/^# //'

install: .venv/installed

# The stamp is newer than the lock file: nothing to do, which takes milliseconds.
.venv/installed: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) on this machine. Install Python 3.11 or newer, or name one: make run PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) -V), and dataio needs Python 3.11 or newer. Name another: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@[ -x $(BIN)/pip ] || { echo "Making .venv ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing requirements.txt (about half a minute the first time) ..."
	@$(PIP) -r requirements.txt
	@touch $@

install-dev: .venv/installed-dev

.venv/installed-dev: .venv/installed requirements-dev.txt
	@echo "Installing requirements-dev.txt ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

install-bench: .venv/installed-bench

.venv/installed-bench: .venv/installed-dev requirements-bench.txt
	@echo "Installing requirements-bench.txt ..."
	@$(PIP) -r requirements-bench.txt
	@touch $@

run: install
	@exec $(BIN)/python -m project.up

samples: install
	@$(BIN)/python manage.py shop_samples

# PYTEST=... passes more, as in `make test PYTEST="-k excel"`. Tests that start the whole
# site come after the others, two sites at a time. A test that fails runs once more, and is
# listed as R: most drive real servers, and these share the machine with a browser.
# 5 is pytest's word for nothing chosen.
test: install-dev
	@$(BIN)/python -m pytest -n auto --reruns 1 --rerun-show-tracebacks -raR -m "not stack and not chaos" $(PYTEST) || [ $$? = 5 ]
	@$(BIN)/python -m pytest -n 2 --dist loadfile --reruns 1 --rerun-show-tracebacks -raR -m "stack and not chaos" $(PYTEST) || [ $$? = 5 ]

# CHAOS_SEED=... draws the moments of an earlier run again, CHAOS_TIMES=... how many of each.
chaos: install-dev
	@CHAOS_SEED=$${CHAOS_SEED:-$$(date +%s)} $(BIN)/python -m pytest -n 0 -rA -m chaos $(PYTEST)

# What fails is kept in var/fuzz.
fuzz: install-dev
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-600} $(BIN)/python -m pytest -n 0 tests/fuzz $(PYTEST)

check: install-dev
	$(BIN)/ruff check $(PATHS)
	$(BIN)/ruff format --check $(PATHS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check --lint templates dataio/templates
	$(BIN)/codespell
	$(BIN)/python manage.py makemigrations --check --dry-run
	env $(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	env $(PRODUCTION) STATIC_ROOT=var/check-static $(BIN)/python manage.py collectstatic --noinput --clear --verbosity 0
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/python -m pip check

audit: install-dev
	@$(BIN)/python -m project.dependencies

# BENCH=... passes more, as in `make bench BENCH="--rows 100000"`; BENCH=--help lists it.
bench: install-bench
	@$(BIN)/python -m benchmarks $(BENCH)

# Measures everything on a machine with nothing else to do; keeps figures, tables and picture.
bench-keep: install-bench
	@$(BIN)/python -m benchmarks --keep --peer-seconds 20
	@$(BIN)/python -m benchmarks --rows 10000 --baseline
	@$(BIN)/python -m benchmarks.interactive --keep
	@$(BIN)/python -m benchmarks.table --write

format: install-dev
	@$(BIN)/ruff check --fix $(PATHS)
	@$(BIN)/ruff format $(PATHS)
	@$(BIN)/djlint --quiet --reformat templates dataio/templates

# Needs uv. No address of a package index is written into the files.
LOCK := uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links
lock:
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) requirements-bench.in -o requirements-bench.txt

clean:
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage staticfiles var/check-static
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
