# The same few verbs here, in the README and in CI. Everything runs in .venv, which is made on first use.

PYTHON := .venv/bin/python
MINUTES ?= 5
OUT ?= pictures
# Bytecode is kept, also where the shell says otherwise: a run of the tests starts hundreds of processes.
export PYTHONDONTWRITEBYTECODE =

.PHONY: docs test lint bench cases fuzz test-pythons test-gradescope test-browser expect pictures tables lock environment

test: environment
	$(PYTHON) -m pytest -n auto --dist worksteal

lint: environment
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: environment
	@for bench in bench/*.py; do echo "== $$bench"; $(PYTHON) $$bench || exit 1; done

# Answers and whole submissions that are kept outside the project, with the verdict a careful teacher would give.
CASES ?= ../shared/cases
cases: environment
	$(PYTHON) tests/cases.py $(CASES) $(SETS)

# Search for inputs that break a promise, for MINUTES.
fuzz: environment
	$(PYTHON) tests/fuzz.py --minutes $(MINUTES)

# On every Python from 3.10 on that is here, each with an environment of its own. TESTS narrows it down.
test-pythons:
	@tests/pythons.sh -n auto $(TESTS)

# Gradescope's own terms: a fresh root file system, setup.sh as root, half a core. Needs root, debootstrap and unshare.
test-gradescope: environment
	GRADESCOPE_TEST=1 $(PYTHON) -m pytest tests/gradescope -rs

# The self-check as it is handed out, with Python in it: in Node, what it says against a native check; in Chromium, that
# it works. How its page behaves is among all tests, with a worker that stands in.
test-browser: environment
	BROWSER_TEST=1 $(PYTHON) -m pytest tests/browser --ignore tests/browser/test_page.py -rs --timeout 900

# Pictures of the pages in OUT: wide, on a phone, dark, as printed. Needs Chromium.
pictures: environment
	$(PYTHON) tests/pictures.py $(OUT)

# Rewrite every expected report, to be read as a diff.
expect: environment
	$(PYTHON) -m pytest tests/examples --expect

# docs/config.md, after a change to what config.yaml may hold.
docs: environment
	PYTHONPATH=. $(PYTHON) docs/make.py

# The tables of the grammar's parser, after a change to grader/language/grammar.lark or to lark's version.
tables: environment
	$(PYTHON) -m grader.language.parsing

# The newest versions that pyproject.toml allows, with hashes, for every Python from 3.10 on.
LOCK := UV_PYTHON_DOWNLOADS=never $(PYTHON) -m uv pip compile pyproject.toml --quiet --upgrade --universal --generate-hashes \
	--python-version 3.10 --no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock: environment
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --extra marking --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --output-file requirements-check.lock
	$(LOCK) --all-extras --constraint requirements.lock --output-file requirements-dev.lock

environment:
	@./environment.sh dev
