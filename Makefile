# make demo: everything, from nothing to an Iceberg table. make test: what CI runs.
# Both work from any folder (make -C FOLDER demo) and install what they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
ROOT := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))
PYTHON ?= python3.11
BIN := $(ROOT).venv/bin
DEBIAN := nftables iproute2 runc mmdebstrap buildah git
# Only tests and benchmarks need these: a browser for the page, SSH hosts to ask.
TESTING := chromium openssh-server
# A clock of a run's own.
CHAOS := libfaketime
.DEFAULT_GOAL := help
.PHONY: help install debian testing faketime demo test lint unit lab-test lab-test-all bench-queries bench availability oracle scheduler kill-test chaos clean

help:
	@echo "make demo   bring the lab up and run phases 1 to 3 on it (PHASE=1: phase 1 alone)"
	@echo "make test   lint, types, import contracts and all tests"
	@echo "make bench  plan and apply against kubectl, kapp and Ansible (QUICK=1: in minutes)"
	@echo "make availability  what clients of the metastore notice of rollouts, crashes and drains (15 min)"
	@echo "make bench-queries  times the queries of TPC-H at scale 10 (SCALE=1: in minutes)"
	@echo "make oracle asks a real API server about 10,000 cases of \"unchanged\""
	@echo "make kill-test  kills phase 1 at each of its writes, on a lab of its own (half an hour)"
	@echo "make chaos  breaks the lab in 30 ways while phase 1 runs and while it is idle (half an hour)"
	@echo "make scheduler compares placements with the real kube-scheduler's in 600 clusters"
	@echo "make clean  remove the Python environment (lab and cache stay)"

install: debian $(BIN)/.installed

debian: PACKAGES = $(DEBIAN)
testing: PACKAGES = $(TESTING)
faketime: PACKAGES = $(CHAOS)
debian testing faketime:
	@missing=$$(for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing Debian packages:" $$missing; \
	  DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; \
	  apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi

$(BIN)/.installed: $(ROOT)requirements.txt $(ROOT)constraints.txt $(ROOT)pyproject.toml
	$(PYTHON) -m venv $(ROOT).venv
	cd $(ROOT) && $(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# PHASE=1 for the short way. At the end of the long one: what the table of phase 2 has, as phase 3 answers it.
PHASE ?= 3
QUESTION = SELECT customer, count(*) AS orders, sum(amount) AS amount \
  FROM lakehouse.sample.orders GROUP BY customer ORDER BY amount DESC
demo: install
	cd $(ROOT) && $(BIN)/lakestead lab up --phase $(PHASE)
	@if [ $(PHASE) -ge 2 ]; then cd $(ROOT) && $(BIN)/lakestead lab add airflow; fi
	cd $(ROOT) && for phase in $$(seq $(PHASE)); do \
	  $(BIN)/pyinfra inventories/lab.py deploys/phase$$phase.py -y; done
	@cd $(ROOT) && $(BIN)/python -m bench.parts
	@cd $(ROOT) && if [ $(PHASE) -ge 3 ]; then \
	  echo; echo "$(QUESTION)"; $(BIN)/lakestead query -i inventories/lab.py "$(QUESTION)"; fi

test: install lint unit lab-test

lint: install
	cd $(ROOT) && $(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

unit: install testing
	cd $(ROOT) && $(BIN)/pytest tests/unit tests/oracle tests/flux tests/scheduler tests/page tests/hosts tests/objectives tests/chart tests/credentials

# CASES and SEED as you like; what is wrong is kept in tests/oracle/cases/.
oracle: CASES ?= 12000
oracle: SEED ?= 1
oracle: install
	cd $(ROOT) && ORACLE_CASES=$(CASES) ORACLE_SEED=$(SEED) \
	  ORACLE_RESULTS=tests/oracle/results.json $(BIN)/pytest tests/oracle

# CLUSTERS and SEED as you like; some minutes.
scheduler: CLUSTERS ?= 600
scheduler: SEED ?= 1
scheduler: install
	cd $(ROOT) && SCHEDULER_CLUSTERS=$(CLUSTERS) SCHEDULER_SEED=$(SEED) \
	  SCHEDULER_RESULTS=tests/scheduler/results.md $(BIN)/pytest -s tests/scheduler

lab-test: install
	cd $(ROOT) && $(BIN)/pytest tests/lab -m "not slow"

# Also what takes minutes each and shows what a shorter test shows nearly as well.
lab-test-all: install
	cd $(ROOT) && $(BIN)/pytest tests/lab

# SCALE and MEMORY (of a worker) as you like; scale 10 takes an hour on 2 cores. Times are in $(QUERY_TIMES) as soon
# as each is known; a run that was interrupted goes on.
bench-queries: SCALE ?= 10
bench-queries: MEMORY ?= 6Gi
bench-queries: QUERY_TIMES ?= /tmp/lakestead-bench-queries
bench-queries: install
	cd $(ROOT) && $(BIN)/python -m bench.queries --scale $(SCALE) --memory $(MEMORY) --folder $(QUERY_TIMES)

bench: install testing
	cd $(ROOT) && $(BIN)/python -m bench

# On the user's own lab; writes the table in docs/availability.md.
availability: PHASE = 1
availability: demo
	cd $(ROOT) && $(BIN)/python -m bench.availability

# Results: $(KILLED)/chain-before.md and -after.md. Two runs at once follow on the last lab.
kill-test: export LAKESTEAD_LAB_DIR := /var/lib/lakestead-kill-test
kill-test: KILLED ?= /tmp/lakestead-kill-test
kill-test: install
	cd $(ROOT) && PATH=$(BIN):$$PATH; for part in undisturbed "chain --first before" "chain --first after"; do \
	  lakestead lab destroy --yes && lakestead lab up && \
	  python -m tests.lab.kill $$part --folder $(KILLED); \
	done; python -m tests.lab.kill two --folder $(KILLED); lakestead lab destroy --yes

# ONLY names a fault (list: python -m tests.lab.chaos --list). What has a result in $(CHAOS_RESULTS) is not made
# again; the table in docs/reliability.md is written when all have one.
chaos: export LAKESTEAD_LAB_DIR := /var/lib/lakestead-chaos
chaos: CHAOS_RESULTS ?= /tmp/lakestead-chaos
chaos: install faketime
	cd $(ROOT) && PATH=$(BIN):$$PATH; lakestead lab up && \
	  python -m tests.lab.chaos --folder $(CHAOS_RESULTS) $(if $(ONLY),--only $(ONLY)) && \
	  lakestead lab destroy --yes

clean:
	rm -rf $(ROOT).venv
