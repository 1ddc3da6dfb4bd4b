# make run       install everything, run the whole system on a local emulator with fictitious data, and leave it running
# make up        deploy the same stack as `make run`, without data
# make stop      stop the local stack
# make test      the quick checks and tests: lint, types, unit, integration, API, one deployed stack, a few simulated worlds
# make prove     every test, new random seeds and mutants of the changed rules and documents; under an hour
# make lint      style, types and the template, without any test
# make security  the template, the packages and the repository against catalogues of known faults (part of `make prove`)
# make bench     measure the speed at national size (the first time, ten minutes to make the data)
# make mutate    change the rules and the documents in every small way, and check that a test fails for each (an hour)
# make openapi   write the API's description again from the code
# make anomalies write the anomalies' JSON Schemas and sample messages again from the code
# make clean     stop the local stack, and delete what was installed and built
#
# Variables, as in `make run DROP=folder`:
# PYTHON   the interpreter: python3.13, production's, where it is installed, else python3 (3.11 or later)
# DROP     for `run`: a folder of real files to ingest instead of the fictitious ones
# PUBLISH  for `openapi`: PUBLISH=1 makes the description the one promised to callers
# ONLY     for `mutate`: only the parts whose name contains this text
# SEED     for `prove`: the text from which seeds are drawn; the commit's hash by default. Give a failed run's SEED to repeat it
# SINCE    for `prove`: mutants are drawn from what changed since this revision; by default the branch point, or the parent commit
# MUTANTS  for `prove`: how many mutants at most
PYTHON ?= $(shell python3.13 -c 'import ensurepip, venv' 2>/dev/null && echo python3.13 || echo python3)
PYTHON := $(PYTHON)
DROP ?=
PUBLISH ?=
ONLY ?=
SEED ?= $(shell git rev-parse --verify --quiet HEAD || echo quiforme)
SINCE ?= $(shell tools/branch_point.sh)
MUTANTS ?= 60
UV := .local/tools/bin/uv
RUN := PYTHONPATH=.:layers/anomalies/python:layers/quiforme/python .venv/bin/python
# How the tests are distributed to the processes is in tests/conftest.py.
PYTEST := $(RUN) tools/quiet_exit.py -m pytest -n auto --dist loadscope
export UV_PYTHON := $(PYTHON)

# Trust the system's certificates, to which an organisation adds its proxy's. uv and old versions of pip bring their own.
SYSTEM_CERTIFICATES := $(firstword $(wildcard $(SSL_CERT_FILE) \
  /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem))
ifneq ($(SYSTEM_CERTIFICATES),)
export UV_SYSTEM_CERTS ?= true
export PIP_CERT ?= $(SYSTEM_CERTIFICATES)
endif

.PHONY: run up stop test prove lint security bench mutate openapi anomalies clean

run: .local/ready
	@$(RUN) -m tools.local_stack run $(if $(DROP),--drop "$(DROP)")

up: .local/ready
	@$(RUN) -m tools.local_stack up

# With any Python, and no package: a failed installation must not keep anything from being stopped.
stop:
	@$(PYTHON) -m tools.local_stack.stop

test: .local/ready lint
	@$(PYTEST)

prove: .local/ready lint security
	@echo "  Tout prouver ; pour répéter : make prove SEED=$(SEED)"
	@PROVE_SEED="$(SEED)" $(PYTEST) -m "" --hypothesis-seed="$(SEED)"
	@$(RUN) -m tools.mutation --changed-since "$(SINCE)" --most $(MUTANTS) --seed "$(SEED)"

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

security: .local/ready .local/security/ready
	@$(RUN) -m tools.security

.local/security/ready: .local/ready uv.lock
	@UV_PROJECT_ENVIRONMENT=.local/security $(UV_SYNC) --only-group security || $(call fail,$(NO_PACKAGES))
	@touch $@

# An installation that fails ends in one line; the rest is in the log.
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
