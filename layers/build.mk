# What the Makefiles of the layers and of the functions share. `sam build` (BuildMethod: makefile) runs them in a copy of
# their folder; ARTIFACTS_DIR is SAM's. LAYER_PLATFORM and LAYER_PYTHON say what to build for: production's by default.
LAYER_PLATFORM ?= aarch64-manylinux_2_28
LAYER_PYTHON ?= 3.13

# The runtime's own minor version, whatever the machine's: uv fetches it where there is none.
RUNTIME = uv run --quiet --no-project --python $(LAYER_PYTHON) python -I

# The packages of requirements.txt, for the runtime.
define install
uv pip install --quiet --target "$(ARTIFACTS_DIR)/python" --only-binary :all: \
  --python-platform $(LAYER_PLATFORM) --python-version $(LAYER_PYTHON) --requirement requirements.txt
rm -rf "$(ARTIFACTS_DIR)/python/bin"
endef

# The folder as it is.
define copy
cp -R . "$(ARTIFACTS_DIR)"
rm -f "$(ARTIFACTS_DIR)/Makefile"
endef

# Lambda cannot write bytecode beside a module: without it each cold start compiles every module. Unchecked, because the
# times of the files change on their way. $(1) is where Lambda unpacks the files, for the tracebacks.
define compile
find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -rf {} +
$(RUNTIME) -c "" || { echo "Python $(LAYER_PYTHON), the runtime's, is needed to compile: uv python install $(LAYER_PYTHON)" >&2; exit 1; }
$(RUNTIME) -m compileall -q --invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" -p $(1) "$(ARTIFACTS_DIR)"
endef
