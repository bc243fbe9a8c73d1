# Learners need one line of this: `make check lesson=3`.
# The first run makes .venv with everything in requirements.lock; later runs only check.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
LEARNER := $(VENV)/.ready-learner
AUTHOR  := $(VENV)/.ready-author
lesson ?=
database ?=
docker ?=
force ?=
undo ?=

.DEFAULT_GOAL := help
.PHONY: help setup check watch hint solution reset progress next list verify test lint \
	bench bench-frameworks lock golden record diagrams starters picture browser docs site clean

help:
	@echo "For learners"
	@echo "  make check lesson=3     run the checks of lesson 3 on lessons/03_…/main.py"
	@echo "  make check lesson=10 docker=1   also build and run it with Docker, where there is one"
	@echo "  make watch lesson=3     run them on every save, with one-key commands"
	@echo "  make hint lesson=3      the next hint for the check that fails now"
	@echo "  make solution lesson=3  the reference beside your code, after you have passed"
	@echo "  make reset lesson=3     the starter again; your version is kept (undo=1: back)"
	@echo "  make progress           your way through the course"
	@echo "  make next               what to do next"
	@echo "  make list               the lessons"
	@echo "Without lesson=, check, watch, hint and solution mean the lesson where you are."
	@echo "  make docs               the site of the course, on 127.0.0.1:8001"
	@echo "For authors"
	@echo "  make verify             prove the checks right, over all known submissions"
	@echo "  make test               everything that CI runs"
	@echo "  make lint               ruff, mypy and typos"
	@echo "  make bench              the benchmarks, as ratios"
	@echo "  make bench-frameworks   FastAPI, Starlette, Flask and Django side by side"
	@echo "  make site               build the site into site/"
	@echo "  make golden             write the expected outputs of the tests again"
	@echo "  make record             write into the pages what their examples answer now"
	@echo "  make starters           keep lessons/ as what reset brings back"
	@echo "  make diagrams           draw the diagrams of the pages again, from tools/diagrams"
	@echo "  make picture            take the picture of watch again"
	@echo "  make lock               resolve the dependencies again"

setup: $(LEARNER)

$(LEARNER): requirements.lock
	@sh tools/setup.sh "$(PYTHON)" "$(VENV)" requirements.lock
	@touch $@

$(AUTHOR): requirements-author.lock
	@sh tools/setup.sh "$(PYTHON)" "$(VENV)" requirements-author.lock
	@touch $@ $(LEARNER)

check watch: $(LEARNER)
	@$(BIN)/python -m course $@ $(if $(lesson),"$(lesson)") $(if $(database),--database $(database)) $(if $(and $(docker),$(filter check,$@)),--docker)

hint solution: $(LEARNER)
	@$(BIN)/python -m course $@ $(if $(lesson),"$(lesson)") $(if $(force),--force)

reset: $(LEARNER)
	@test -n "$(lesson)" || { echo "Which lesson? For example: make reset lesson=1"; exit 2; }
	@$(BIN)/python -m course reset "$(lesson)" $(if $(undo),--undo)

progress next list: $(LEARNER)
	@$(BIN)/python -m course $@

verify: $(AUTHOR) browser
	@$(BIN)/python -m course verify --mutants --browser

lint: $(AUTHOR)
	@sh tools/lint.sh $(BIN)

test: $(AUTHOR) browser lint
	@$(BIN)/python tools/reading.py
	@$(BIN)/python -m pytest tests -n 3 --dist loadfile --no-loadscope-reorder \
		--cov=course --cov-report=term:skip-covered --cov-fail-under=90
	@$(BIN)/python -m course verify --mutants --sample 48 --browser
	@$(BIN)/python -m course verify --database postgresql

browser: $(AUTHOR)
	@sh tools/browser.sh $(BIN) tests

bench: $(AUTHOR)
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/site.py
	@sh tools/browser.sh $(BIN) tests
	@$(BIN)/python benchmarks/browser.py

bench-frameworks:
	@sh tools/setup.sh $(PYTHON) build/bench-frameworks benchmarks/frameworks/requirements.lock
	@build/bench-frameworks/bin/python benchmarks/frameworks/run.py

golden: $(AUTHOR)
	@GOLDEN=write $(BIN)/python -m pytest -q tests/test_golden.py

record: $(AUTHOR)
	@RECORD=write $(BIN)/python -m pytest -q tests/test_pages.py

starters:
	@sh tools/starters.sh

diagrams:
	@sh tools/diagrams.sh

picture: $(AUTHOR)
	@$(BIN)/python tools/picture.py

lock: $(AUTHOR)
	@sh tools/lock.sh $(BIN)

# MkDocs is told to keep its banner on its own future to itself.
docs: $(AUTHOR)
	@sh tools/browser.sh $(BIN)
	@$(BIN)/python -m course site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --livereload --dev-addr 127.0.0.1:8001

site: $(AUTHOR)
	@sh tools/browser.sh $(BIN)
	@$(BIN)/python -m course site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@$(BIN)/python -m course site site
	@echo "The site is in site/."

clean:
	rm -rf $(VENV) build site .pytest_cache .mypy_cache .ruff_cache
