# make run     set everything up, run the whole system on a local emulator with fictitious data, leave it up
# make test    every check and test, on a machine where nothing else was done before
# make up      the same stack as `make run`, deployed and empty
# make stop    end the local stack
# make openapi write the API's description anew; with PUBLISH=1, make it the one that callers are promised
# make mutate spoil the rules and the documents in every small way, and see that a test fails (an hour; ONLY=words for a part)
# make anomalies write the anomalies' JSON Schemas and sample messages anew
# make bench   how fast it is at national size (the first time, ten minutes to make the data)
# DROP=folder  with `make run`: ingest a folder of real files instead
PYTHON ?= python3
DROP ?=
PUBLISH ?=
ONLY ?=
UV := .local/tools/bin/uv
RUN := PYTHONPATH=.:layers/anomalies/python:layers/quiforme/python .venv/bin/python
export UV_PYTHON := $(PYTHON)

.PHONY: run up test stop lint openapi anomalies bench mutate clean

run: .local/ready
	@$(RUN) -m tools.local_stack run $(if $(DROP),--drop "$(DROP)")

up: .local/ready
	@$(RUN) -m tools.local_stack up

stop:
	@if [ -x .venv/bin/python ]; then $(RUN) -m tools.local_stack stop; else echo "Rien ne tournait."; fi

test: .local/ready lint
	@$(RUN) -m pytest -n auto --dist loadfile

openapi: .local/ready
	@$(RUN) -m tools.openapi $(if $(PUBLISH),publish)

anomalies: .local/ready
	@$(RUN) -m tools.anomaly_kit

bench: .local/ready .local/load/ready
	@$(UV_SYNC) --group bench || $(call fail,$(NO_PACKAGES))
	@$(RUN) -m tools.bench
	@$(RUN) -m tools.bench.lookup

mutate: .local/ready
	@$(RUN) -m tools.mutation $(ONLY)

.local/load/ready: .local/ready uv.lock
	@UV_PROJECT_ENVIRONMENT=.local/load $(UV_SYNC) --only-group load || $(call fail,$(NO_PACKAGES))
	@touch $@

lint: .local/ready
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/cfn-lint template.yaml

# What goes wrong here ends in one line for a person; the rest is in the log.
INSTALL_LOG := .local/install.log
fail = { echo "Échec : $(1)"; exit 1; }
UV_SYNC := $(UV) sync --quiet --frozen >>$(INSTALL_LOG) 2>&1
NO_PACKAGES := les paquets n'ont pas pu être installés (réseau ?) ; voir $(INSTALL_LOG)

$(UV):
	@echo "  Installer les outils (la première fois seulement) …"
	@mkdir -p .local && : >$(INSTALL_LOG)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >>$(INSTALL_LOG) 2>&1 || $(call fail,il faut Python 3.11 ou plus récent ($(PYTHON)))
	@$(PYTHON) -m venv .local/tools >>$(INSTALL_LOG) 2>&1 || $(call fail,il faut le module venv de Python : apt install python3-venv)
	@.local/tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 >>$(INSTALL_LOG) 2>&1 || $(call fail,$(NO_PACKAGES))

# Three environments from one lock file: SAM and the emulator pin a botocore of their own.
.local/ready: $(UV) uv.lock
	@echo "  Installer les paquets de uv.lock …"
	@$(UV_SYNC) || $(call fail,$(NO_PACKAGES))
	@UV_PROJECT_ENVIRONMENT=.local/deploy $(UV_SYNC) --only-group deploy || $(call fail,$(NO_PACKAGES))
	@UV_PROJECT_ENVIRONMENT=.local/emulator $(UV_SYNC) --only-group emulator || $(call fail,$(NO_PACKAGES))
	@touch .local/ready

clean: stop
	rm -rf .local .venv .aws-sam
