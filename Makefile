# The commands of Carrel. Each is complete on a fresh machine with Python 3.11 and make.
.DEFAULT_GOAL := help
.PHONY: help run test check types data bench lock format
BIN := .venv/bin
# A file's tests share what they set up, so a file stays with one of the processes; tests/conftest.py says in which order.
PYTEST := $(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder
STAMP := .venv/.installed
export RASA_TELEMETRY_ENABLED = false
export SQLALCHEMY_SILENCE_UBER_WARNING = 1
export HF_HUB_OFFLINE ?= 1
export TF_CPP_MIN_LOG_LEVEL ?= 3

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(STAMP) ## start everything; Ctrl-C stops it
	@$(BIN)/carrel serve

test: $(STAMP) ## the whole test suite; after `check` in the same call what that has left
	@$(PYTEST) $(if $(filter check,$(MAKECMDGOALS)),-m slow)

check: $(STAMP) ## format, lint, types, import rules, rasa data validate, the fast tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/carrel content check
	@$(MAKE) --no-print-directory -j 2 types data
	@$(PYTEST) -m "not slow"

types: $(STAMP)
	@$(BIN)/mypy

data: $(STAMP)
	@mkdir -p var && $(BIN)/rasa data validate > var/validate.log 2>&1 || { cat var/validate.log; exit 1; }

bench: $(STAMP) ## the benchmarks, as tables, beside Rasa's default pipeline
	@$(BIN)/python -m tests.bench

format: $(STAMP) ## put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(STAMP) ## choose exact versions anew from pyproject.toml
	@./scripts/lock.sh

$(STAMP): requirements.lock pyproject.toml scripts/install.sh
	@./scripts/install.sh
	@touch $@
