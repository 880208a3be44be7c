# `make help` lists the commands. They need Python 3.11 or newer and nothing else; PYTHON=… names a certain one.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
# What only looks at the code runs with development settings, away from a developer's own variables and data.
CHECK := env -u DATABASE_URL -u REDIS_URL -u ALLOWED_HOSTS -u WEB_WORKERS DEBUG=true DATA_DIR=$(CURDIR)/$(VENV)/var
STATIC := $(shell find profiles profiles_project users -path '*/static/*' -type f)
PYTEST := $(PY) -m pytest -q -n 2 --dist worksteal
# Written by npm when it has installed all: packages that ship example résumés, and the checker of accessibility.
EXAMPLES := tests/npm/node_modules/.package-lock.json
# The same for the libraries that the adapters under clients/ are for.
CLIENTS := clients/node_modules/.package-lock.json
# The generators of SDKs, from npm and from PyPI: apart from all else, since nothing else needs them.
LINTER := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true clients/sdks/node_modules/.bin
SDKS := clients/sdks/node_modules/.package-lock.json clients/sdks/.venv/.installed
# What the SDK in Kotlin needs that no package of npm has.
GSON := /usr/share/java/gson.jar
CHROMIUM := /usr/bin/chromium
# For PDFs in scripts that the typesetter has no font for.
FONTS := fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji
LOCALE := profiles_project/locale
KEYWORDS := --no-default-keywords --keyword=mark --keyword=say --keyword=say_many:1,2
ZSH := /usr/bin/zsh

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two pips in one environment would disturb each other.
.NOTPARALLEL:
.PHONY: help install run serve worker check test e2e faults sync sdks messages bench lint audit format schema release requirements

help: ## lists the commands
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' Makefile | expand -t 14

install: $(VENV)/.runtime staticfiles/staticfiles.json $(VENV)/.fonts ## makes .venv from requirements.txt, collects static files

run: install ## runs the whole service for development on 127.0.0.1:$PORT, with demo data
	@DEBUG=true exec $(PY) manage.py run

serve: install ## runs the production server alone
	@exec $(PY) manage.py serve

worker: install ## runs the background worker alone
	@exec $(PY) manage.py worker

check: lint $(EXAMPLES) $(CLIENTS) ## checks style, types and the fast half of the tests, on SQLite, 80 s
	TEST_BACKEND=sqlite $(PYTEST) -m "not own_servers and not slow"

test: lint $(EXAMPLES) $(CLIENTS) $(VENV)/.fonts ## runs everything a change must pass, 12 minutes
	TEST_BACKEND=postgresql $(PYTEST) -m "not pure"
	# Measured here alone (docs/decisions/0008); the report is shown where it is short of the limit in pyproject.toml.
	TEST_BACKEND=sqlite $(PYTEST) -m "not own_servers" --cov --cov-report= --cov-fail-under=0
	@$(PY) -m coverage report >$(VENV)/coverage.txt || { cat $(VENV)/coverage.txt; exit 1; }

e2e: $(VENV)/.dev $(EXAMPLES) $(CHROMIUM) $(ZSH) staticfiles/staticfiles.json ## drives the service in a real browser, README's session in zsh, 9 minutes; its screenshots go to var/e2e
	TEST_BACKEND=postgresql $(PY) -m pytest -q tests/e2e tests/platform/test_readme.py $(E2E)

messages: $(VENV)/.dev ## finds the sentences in the code and puts them into the translations, compiles these
	$(VENV)/bin/pybabel --quiet extract $(KEYWORDS) --no-location --no-wrap --sort-output \
		--output $(VENV)/django.pot profiles profiles_project users
	$(VENV)/bin/pybabel --quiet update --domain django --input-file $(VENV)/django.pot --output-dir $(LOCALE) \
		--no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date
	$(VENV)/bin/pybabel --quiet compile --domain django --directory $(LOCALE)

faults: $(VENV)/.dev staticfiles/staticfiles.json ## kills, stops and overruns the service, 20 to 50 minutes (docs/faults.md)
	$(PY) -m tests.faults $(SCENARIOS)

sync: $(VENV)/.dev $(CLIENTS) staticfiles/staticfiles.json ## simulates devices that are off line half of the time, 18 to 35 s a run of a client (docs/faults.md)
	$(PY) -m tests.sync.simulation $(SYNC)

sdks: $(VENV)/.dev $(SDKS) $(GSON) staticfiles/staticfiles.json ## lints openapi.yaml, generates SDKs from it, compiles them, plays a scenario with each (clients/sdks), and runs the guide's Kotlin
	$(LINTER)/redocly lint openapi.yaml --config clients/sdks/redocly.yaml
	$(LINTER)/spectral lint openapi.yaml --ruleset clients/sdks/spectral.yaml --fail-severity warn
	$(PY) -m tests.sdks $(NAMES)

bench: $(VENV)/.bench staticfiles/staticfiles.json ## compares the service with its peers, about an hour (bench/RESULTS.md); needs wrk
	$(PY) -m bench $(BENCH)

lint: $(VENV)/.dev staticfiles/staticfiles.json ## checks style, types, imports, migrations and openapi.yaml, 15 s
	$(PY) -m ruff check --quiet
	$(PY) -m ruff format --check --quiet
	$(CHECK) $(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(CHECK) $(PY) manage.py makemigrations --check --dry-run
	$(CHECK) $(PY) manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	@diff -u openapi.yaml $(VENV)/openapi.yaml || { echo "openapi.yaml is not what the code says: run make schema." >&2; exit 1; }

audit: $(VENV)/.dev ## looks the pinned packages up for known vulnerabilities (needs the network)
	@$(PY) -m tests.audit

format: $(VENV)/.dev ## formats the code
	$(PY) -m ruff check --fix --quiet
	$(PY) -m ruff format

schema: $(VENV)/.dev ## writes openapi.yaml
	$(CHECK) $(PY) manage.py spectacular --validate --fail-on-warn --file openapi.yaml

release: $(VENV)/.dev ## cuts the release VERSION=x.y.z: writes, commits and tags it, pushes nothing, 5 s (docs/releasing.md)
	@$(CHECK) $(PY) -m releases "$(VERSION)"

requirements: ## pins the newest releases that pyproject.toml allows (needs uv)
	@command -v uv >/dev/null || { echo "make requirements needs uv (pip install uv)." >&2; exit 1; }
	$(UV_COMPILE) pyproject.toml --output-file requirements.txt
	$(UV_COMPILE) pyproject.toml --extra dev --constraints requirements.txt --output-file requirements-dev.txt
	$(UV_COMPILE) pyproject.toml --extra dev --extra bench --constraints requirements-dev.txt --output-file requirements-bench.txt
	$(UV_COMPILE) clients/sdks/requirements.in --output-file clients/sdks/requirements.txt

# With extras, without which pip takes a newer release for an extra than is pinned, and refuses it for its hash.
UV_COMPILE := uv pip compile --quiet --upgrade --generate-hashes --no-strip-extras --universal \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements"

# Each stamp is newer than what it was made from.

# The Python of the image comes first, so that the suite runs on what will serve.
$(VENV)/.made:
	@found=; for python in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		found=$${found:-$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')}; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
		"$$python" -m venv --clear $(VENV) && touch $@ && exit; \
		exit 1; \
	done; \
	if [ "$$found" ]; then \
		echo "$$found lacks venv or ensurepip: install them (on Debian: apt-get install $$found-venv)." >&2; \
	else \
		echo "Python 3.11 or newer is needed (here: $$(python3 --version 2>/dev/null || echo none)); PYTHON=… may name one." >&2; \
	fi; \
	exit 1

$(VENV)/.runtime: requirements.txt $(VENV)/.made
	@echo "Installing requirements.txt into $(VENV) …"
	@$(PIP) -r requirements.txt
	@touch $@

# Nothing else needs them, so nothing fails without them: a PDF says which scripts it lacks.
$(VENV)/.fonts: | $(VENV)/.made
	@if [ -e /usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc ]; then touch $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Debian's $(FONTS) …" && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(FONTS) >/dev/null; then touch $@; \
	else echo "PDFs in Chinese, Arabic and other scripts need Noto fonts (on Debian: apt-get install $(FONTS))."; fi

$(VENV)/.dev: requirements-dev.txt $(VENV)/.made
	@echo "Installing requirements-dev.txt into $(VENV) …"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(EXAMPLES): tests/npm/package.json tests/npm/package-lock.json | $(VENV)/.dev
	@echo "Installing tests/npm/package-lock.json …"
	@$(VENV)/bin/npm ci --prefix tests/npm --loglevel=error
	@touch $@

$(CLIENTS): clients/package.json clients/package-lock.json | $(VENV)/.dev
	@echo "Installing clients/package-lock.json …"
	@$(VENV)/bin/npm ci --prefix clients --ignore-scripts --loglevel=error
	@touch $@

clients/sdks/node_modules/.package-lock.json: clients/sdks/package.json clients/sdks/package-lock.json | $(VENV)/.dev
	@echo "Installing clients/sdks/package-lock.json …"
	@$(VENV)/bin/npm ci --prefix clients/sdks --ignore-scripts --loglevel=error
	@touch $@

# An environment of its own: its packages are not those that the service is tested with.
clients/sdks/.venv/.installed: clients/sdks/requirements.txt | $(VENV)/.dev
	@echo "Installing clients/sdks/requirements.txt …"
	@$(PY) -m venv --clear clients/sdks/.venv
	@clients/sdks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Debian's packages, which get Debian's security updates. Chromium depends on no font, without which every text is a row
# of boxes.
$(CHROMIUM): PACKAGES := chromium fonts-dejavu-core
$(GSON): PACKAGES := libgoogle-gson-java
$(ZSH): PACKAGES := zsh
$(CHROMIUM) $(GSON) $(ZSH):
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Debian's $(PACKAGES) …"; \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null; \
	else \
		echo "There is no $@: install it (on Debian: apt-get install $(PACKAGES))." >&2; exit 1; \
	fi

# The file names every package. Left to look for dependencies, pip takes a newer release of one that is pinned with an
# extra and needed without it, and refuses it for its hash.
$(VENV)/.bench: requirements-bench.txt $(VENV)/.made
	@echo "Installing requirements-bench.txt into $(VENV) …"
	@$(PIP) --no-deps -r requirements-bench.txt
	@touch $@ $(VENV)/.dev $(VENV)/.runtime

staticfiles/staticfiles.json: $(VENV)/.runtime $(STATIC)
	@$(CHECK) $(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@
