# Needs Python 3.11, git and make; everything else is installed into .venv from hashed files.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK_VENV := build/lock
SIM_VENV := build/simulator
SIMULATOR ?=
CASES ?=
COMPILE := $(LOCK_VENV)/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-header --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
export PYTHONUNBUFFERED := 1

.PHONY: help run test acceptance fix docs pictures zipapp lock sbom clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@echo "make run         install what is missing and serve; without credentials: the demo"
	@echo "make test        every check and every test, each once"
	@echo "make acceptance  the bot against a simulator of both forges, where one is at hand"
	@echo "make fix         formatting and the repairs that ruff makes by itself"
	@echo "make docs        rule pages, command help and the texts of sample comments, generated"
	@echo "make pictures    docs/images of sample comments and of the demo's pages, taken with Chromium"
	@echo "make zipapp      dist/hubbot.pyz: the command line in one file"
	@echo "make lock        choose the newest dependencies and write their hashes down"
	@echo "make sbom        what the locked requirements install, for scanners of advisories"
	@echo "make clean       remove what the targets above made (not var/, where the bot's data lie)"

run: $(VENV)/runtime.txt $(VENV)/pyproject.toml
	$(BIN)/hubbot serve

test: $(VENV)/test.txt $(VENV)/pyproject.toml
	@echo "== ruff check" && $(BIN)/ruff check .
	@echo "== ruff format" && $(BIN)/ruff format --check .
	@echo "== mypy" && $(BIN)/mypy
	@echo "== lint-imports" && $(BIN)/lint-imports
	@echo "== pytest" && $(BIN)/python -m pytest -n 2

acceptance: $(VENV)/runtime.txt $(VENV)/pyproject.toml $(SIM_VENV)/ready
	@echo "== acceptance"
	PYTHONPATH=$(abspath $(SIMULATOR)) HUBBOT_PYTHON=$(abspath $(BIN)/python) \
		$(SIM_VENV)/bin/python -m pytest tests/acceptance -n 10 --dist loadgroup $(CASES)

fix: $(VENV)/test.txt
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/runtime.txt $(VENV)/pyproject.toml
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.comments --texts

pictures: $(VENV)/test.txt $(VENV)/pyproject.toml
	$(BIN)/python -m docs.comments
	$(BIN)/python -m docs.pictures

zipapp: $(VENV)/runtime.txt $(VENV)/pyproject.toml
	$(BIN)/python tools/make_zipapp.py

lock: $(LOCK_VENV)/bin/uv
	$(COMPILE) --upgrade --extra server -o requirements/runtime.txt pyproject.toml requirements/build.in
	$(COMPILE) --upgrade --extra server --extra test -c requirements/runtime.txt -o requirements/test.txt \
		pyproject.toml requirements/build.in

sbom:
	@mkdir -p build
	$(PYTHON) requirements/sbom.py > build/sbom.json

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The installed file is kept beside the environment: an unchanged file installs nothing, whatever its date.
$(VENV)/%.txt: requirements/%.txt | $(BIN)/python
	@cmp -s $< $@ || { echo "== installing $<" && $(PIP) install --require-hashes -r $<; }
	@cp $< $@

$(VENV)/pyproject.toml: pyproject.toml | $(VENV)/runtime.txt
	@cmp -s $< $@ || { echo "== installing hubbot itself" && \
		$(PIP) install --no-deps --no-index --no-build-isolation --editable .; }
	@cp $< $@

# The simulator's packages stay out of the environment that the bot runs in.
$(SIM_VENV)/ready: requirements/test.txt $(wildcard $(SIMULATOR)/forgesim/requirements.txt)
	@test -d "$(SIMULATOR)/forgesim" || { echo "say where the simulator is: make acceptance SIMULATOR=…"; exit 2; }
	$(PYTHON) -m venv $(SIM_VENV)
	$(SIM_VENV)/bin/python -m pip --quiet install --require-hashes -r requirements/test.txt
	$(SIM_VENV)/bin/python -m pip --quiet install -r $(SIMULATOR)/forgesim/requirements.txt
	@touch $@

$(LOCK_VENV)/bin/uv: requirements/lock.in
	$(PYTHON) -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip --quiet install -r $<
	@touch $@
