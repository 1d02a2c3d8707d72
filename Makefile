# Everything happens inside .venv, made here from git, make and python3 (3.11 or newer, with venv).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TIME   ?= 10m

.PHONY: demo test lint bench soak worlds peers picture docs lock clean

demo: $(READY)
	$(BIN)/plcmon demo

# More workers than cores: many tests of drivers only wait until a wire has been silent.
test: lint
	$(BIN)/pytest -n $$(($$(nproc) + 2)) --dist worksteal -m "not alone"
	$(BIN)/pytest tests/acceptance -m alone

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m tests.bench

soak: $(READY)
	$(BIN)/python -m tests.soak --time $(TIME)
	$(BIN)/python -m tests.soak.cuts --time $(TIME)

# Resumes after the last seed; `rm -r .soak` begins anew.
worlds: $(READY)
	$(BIN)/python -m tests.soak.worlds --time $(TIME)

peers: $(READY)
	sh tests/peers/install
	$(BIN)/pytest tests/peers -m peers -p no:cacheprovider

# The picture in README.md, drawn by the real screen over the real service.
picture: $(READY)
	$(BIN)/python -m tests.tui.demo_picture docs/images/issues.svg

# The pages that are made from the code.
docs: $(READY)
	$(BIN)/python -m plcmon.cli.docs docs

# Rewrites requirements/lock.txt: pinned, hashed, without the name of any index.
lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
	    --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements/lock.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-annotate --no-header tests/peers/requirements.in -o tests/peers/requirements.txt

$(READY): requirements/lock.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) .peers build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
