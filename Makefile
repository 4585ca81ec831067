# The few verbs of this project; continuous integration calls nothing else.
# `make demo` and `make test` each work as the first command of a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Many tests wait: three processes keep two cores busy. Each has a PostgreSQL and a sandbox of its own.
WORKERS ?= 3
# Who has nothing left to do takes from the others, for a test takes from a millisecond to half a minute.
SPREAD = --numprocesses=$(WORKERS) --dist=worksteal

.DEFAULT_GOAL := help
.PHONY: help demo django-host fastapi-host test browser browser-tests soak lint format types contracts pictures docs package pythons check lock clean

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Made anew only when what is installed may have changed.
$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: $(READY) ## run the main job end to end against the sandbox
	@$(BIN)/python examples/quickstart.py

django-host: $(READY) ## start the Django example against the sandbox
	@$(BIN)/python examples/django_host/run.py

fastapi-host: $(READY) ## start the FastAPI example against the sandbox
	@$(BIN)/python examples/fastapi_host/run.py

test: $(READY) ## run the tests, three at once (or WORKERS=8); sync and orders need full branch coverage
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@# Counting slows everything else down for nothing: the gate is on the pure engines, and their own tests fill it.
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m coverage run -m pytest $(SPREAD) tests/sync tests/orders
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report --fail-under=100 \
	  --include='*/visma_busy_sync/sync/*,*/visma_busy_sync/orders/*'
	@$(BIN)/python -m pytest $(SPREAD) --ignore=tests/sync --ignore=tests/orders --ignore=tests/browser
endif

# Debian's and Ubuntu's own; where the lists of packages are old or were never fetched, they are fetched first.
INSTALL_CHROMIUM = $(if $(filter-out 0,$(shell id -u)),sudo )apt-get install --yes --no-install-recommends chromium
browser: ## install chromium for the browser tests, where there is none (apt-get)
	@command -v chromium >/dev/null || $(INSTALL_CHROMIUM) || \
	  { $(if $(filter-out 0,$(shell id -u)),sudo )apt-get update && $(INSTALL_CHROMIUM); }

browser-tests: $(READY) ## try the pages of the example hosts in chromium
	@VISMA_BROWSER_TESTS=1 $(BIN)/python -m pytest $(SPREAD) tests/browser $(ARGS)

soak: $(READY) ## run the randomised checks with fresh seeds; MINUTES=30 for longer than 10
	@$(BIN)/python .ci/soak.py --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

lint: $(READY) ## check style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY) ## mend style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(READY) ## check types with two checkers
	@$(BIN)/mypy
	@$(BIN)/basedpyright

contracts: $(READY) ## check that the layers import one way
	@$(BIN)/lint-imports

pictures: $(READY) ## make the pictures of the documentation anew (those of pages in chromium)
	@$(BIN)/python .ci/pictures.py
	@PYTHONPATH=.:examples $(BIN)/python .ci/page_pictures.py

docs: $(READY) ## build the documentation, warnings are errors
	@$(BIN)/python .ci/errors_page.py --check
	@$(BIN)/python .ci/pictures.py --check
	@$(BIN)/python .ci/problems_page.py --check
	@$(BIN)/python .ci/cli_page.py --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@! grep -rlE -e '--8 ?<' site --include='*.html' || { echo "a file was not brought into these pages" >&2; exit 1; }
	@echo "built; look at it with: $(BIN)/mkdocs serve"

package: $(READY) ## build the release, look at what is in it, and use it in fresh environments
	@$(BIN)/python .ci/check_package.py

pythons: $(READY) ## try it with the other Pythons of this machine; PYTHONS="3.12 3.13" for those that must be there
	@$(BIN)/python .ci/pythons.py

check: test browser-tests lint types contracts docs package pythons ## everything

lock: $(READY) ## compile requirements-dev.txt anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev --group benchmarks --upgrade \
	  --no-emit-index-url --no-header --output-file requirements-dev.txt pyproject.toml

clean: ## remove what was made
	rm -rf $(VENV) site dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis htmlcov .coverage*
