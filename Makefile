# make conformance   the main job: set-up, lab, a first look, reports; 'make conformance PROFILE=core' (database, resilience,
#                    full) judges by more, SERVER=ganesha another server, VERSIONS=3,4.0,4.1,4.2 other NFS versions
# make test          the project's own tests: lint, types, import rules, unit tests, then the suite in the lab, shortly
# make unit          of these, the tests that need no lab
# make gate          of these, the tests in the lab: the first look passes, three lies are found, ctrl-C leaves nothing
# make help          everything else

VENV := .venv
PYTHON := $(VENV)/bin/python
PACKAGES := $(shell awk '!/^#/ && NF {print $$1}' lab/host_packages.txt)
TEST_PACKAGES := $(shell awk '!/^#/ && NF {print $$1}' tests/host_packages.txt)
PYTEST_OPTIONS ?=

# Where 'make compare' keeps the run that it compared with last.
LAST_NIGHT ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/nfs-conformance-last-night

PROFILE ?= quick
SERVER ?= knfsd
VERSIONS ?=
PART ?=
RUN_OPTIONS = -n 2 --profile $(PROFILE) $(if $(filter-out knfsd,$(SERVER)),--target examples/$(SERVER).toml) \
	$(if $(VERSIONS),--nfs-versions $(VERSIONS)) $(PYTEST_OPTIONS)

.PHONY: help conformance compare test nightly lint unit gate lab-tests sabotage image host-packages clean down

help:
	@sed -n 's/^# //p' Makefile

conformance: $(VENV)/ready host-packages
	$(PYTHON) -m pytest suites/ $(RUN_OPTIONS)

# make compare       compare the latest run with the one compared last; fails if something became worse
compare: $(VENV)/ready
	@[ -d reports/latest ] || { echo "error: there is no run to compare: make conformance first" >&2; exit 1; }
	@if [ -d "$(LAST_NIGHT)" ]; then $(PYTHON) -m certify diff "$(LAST_NIGHT)" reports/latest; \
	else echo "this is the first night: nothing to compare with"; fi; \
	worse=$$?; rm -rf "$(LAST_NIGHT)"; cp -rL reports/latest "$(LAST_NIGHT)"; exit $$worse

test: $(VENV)/ready host-packages lint unit gate

lint: $(VENV)/ready
	$(PYTHON) -m certify catalogue --check
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	@$(MAKE) --no-print-directory host-packages PACKAGES=shellcheck
	find fixtures lab examples tests -name '*.sh' -exec shellcheck {} +

unit: $(VENV)/ready $(VENV)/junit-10.xsd
	@$(MAKE) --no-print-directory host-packages PACKAGES="$(PACKAGES) $(TEST_PACKAGES)"
	$(PYTHON) -m pytest tests --ignore tests/gate --ignore tests/lab_world --ignore tests/sabotage -q --cov

gate: $(VENV)/ready host-packages
	$(PYTHON) -m lab build
	$(PYTHON) -m pytest tests/gate -v --durations=0

# make lab-tests     the tests in the lab that take an hour: an ordinary user's run, foreign servers, interruptions, bad days
lab-tests: $(VENV)/ready host-packages
	$(PYTHON) -m lab build
	$(PYTHON) -m pytest tests/lab_world -v --durations=0

# make nightly       everything, in parts; interrupted, the same command goes on; 'make nightly PART=full-ganesha-3' runs one
nightly: $(VENV)/ready host-packages
	@$(MAKE) --no-print-directory host-packages PACKAGES="$(PACKAGES) $(TEST_PACKAGES)"
	$(PYTHON) -m tests.nightly $(PART)

# make sabotage      all lies of docs/sabotage.md
sabotage: $(VENV)/ready host-packages
	$(PYTHON) -m pytest tests/sabotage -v --durations=0

# make image         build the suite's own image, and those that its pods run, into build/images (docs/existing-clusters.md)
image: $(VENV)/ready host-packages
	$(PYTHON) -m lab images save build/images

# make down          end the lab and all it started, and remove what runs left on the Docker Engine; IMAGES=1: images, too
down: $(VENV)/ready
	$(PYTHON) -m lab down
	$(PYTHON) -m fixtures down $(if $(IMAGES),--images)

# make clean         remove the virtual environment (the build cache stays; 'python -m lab doctor' names it)
clean:
	rm -rf $(VENV)

$(VENV)/ready: pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed; this is $$(python3 --version)" >&2; exit 1; }
	@python3 -c 'import ensurepip' 2>/dev/null || $(MAKE) install PACKAGES=python3-venv
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# The schema of JUnit files that pytest tests itself against; only its source archive has it.
SCHEMA := pytest-8.4.2/testing/example_scripts/junit-10.xsd
$(VENV)/junit-10.xsd: $(VENV)/ready
	$(VENV)/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary pytest \
		--dest $(VENV)/source pytest==8.4.2
	tar -xzf $(VENV)/source/pytest-8.4.2.tar.gz -C $(VENV)/source $(SCHEMA)
	mv $(VENV)/source/$(SCHEMA) $@

host-packages:
	@command -v dpkg-query >/dev/null || { echo "note: host packages are Debian's and Ubuntu's; here a Docker Engine is used"; exit 0; }; \
	missing=$$(for package in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	[ -z "$$missing" ] || $(MAKE) install PACKAGES="$$(echo $$missing)"

.PHONY: install
install:
	@if [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES); \
	elif sudo -n true 2>/dev/null; then \
		sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES); \
	else \
		echo "error: these Debian packages are missing: $(PACKAGES)" >&2; \
		echo "install them once as root: apt-get install $(PACKAGES)" >&2; exit 1; \
	fi
