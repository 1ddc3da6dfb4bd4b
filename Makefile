# make run     set everything up, run the whole system on a local emulator with fictitious data, leave it up
# make test    every check and test, on a machine where nothing else was done before
# make up      the same stack as `make run`, deployed and empty
# make stop    end the local stack
# DROP=folder  with `make run`: ingest a folder of real files instead
PYTHON ?= python3
DROP ?=
UV := .local/tools/bin/uv
RUN := PYTHONPATH=.:layers/quiforme/python .venv/bin/python
export UV_PYTHON := $(PYTHON)

.PHONY: run up test stop lint clean

run: .local/ready
	@$(RUN) -m tests.stack run $(if $(DROP),--drop "$(DROP)")

up: .local/ready
	@$(RUN) -m tests.stack up

stop:
	@if [ -x .venv/bin/python ]; then $(RUN) -m tests.stack stop; fi

test: .local/ready lint
	@$(RUN) -m pytest -n auto --dist loadgroup

lint: .local/ready
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/cfn-lint template.yaml

$(UV):
	@echo "Installing the tools (once)…"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -m venv .local/tools || { echo "python3-venv is needed: apt install python3-venv"; exit 1; }
	@.local/tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

# Three environments from one lock file: SAM and the emulator pin a botocore of their own.
.local/ready: $(UV) uv.lock
	@$(UV) sync --quiet --frozen
	@UV_PROJECT_ENVIRONMENT=.local/deploy $(UV) sync --quiet --frozen --only-group deploy
	@UV_PROJECT_ENVIRONMENT=.local/emulator $(UV) sync --quiet --frozen --only-group emulator
	@touch .local/ready

clean: stop
	rm -rf .local .venv .aws-sam
