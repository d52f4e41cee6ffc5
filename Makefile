# `make drill` breaks a service on the practice cluster and answers the outage; `make test` proves the house.
# Both install what they lack, say what they are doing, and are quick the second time.
SHELL := /bin/bash
NAME ?= bad-image
IMAGE ?= registry.example.com/outage:VERSION
OUTAGE := .venv/bin/outage
BESIDE ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
PYTEST := .venv/bin/python -m pytest

# A machine's bad moment fails a test once, a mistake of ours fails it twice: what failed runs once more, alone, and is named.
define twice
$(PYTEST) -q $(1) $(2) || { [ $$? -eq 1 ] && echo "--- once more, alone: what failed above; passing now, it depends on the machine's hour and wants mending ---" \
&& $(PYTEST) -q -rA --show-capture=no --last-failed --last-failed-no-failures none $(1); }
endef

.PHONY: help drill test unit lint cluster-tests endurance bench diagnose cases heal drills house causes schemas chart image cluster cluster-down sbom down setup lock

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1 \t/p' Makefile

setup:
	@bin/setup

drill: setup ## practise: NAME=bad-image, YES=1 approves by itself
	@$(OUTAGE) drill $(NAME) $(if $(YES),--yes)

test: lint unit cluster-tests ## everything: lint and unit tests first, then the real cluster and the real UI

lint: setup ## ruff, mypy --strict, the walls between the rooms
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports --no-logo

unit: setup ## no cluster, no servers but a PostgreSQL: some minutes
	@$(call twice,-m "not cluster and not stack and not end_to_end and not endurance",-n $(BESIDE) --dist loadfile)

cluster-tests: setup ## the real cluster, the real stack, a real browser
	@bin/browser
	@bin/promtool >/dev/null
	@bin/helm >/dev/null
	@$(call twice,-m "(cluster or stack or end_to_end) and not endurance" tests/end_to_end tests/blocks tests/tasks tests/cli tests/practice tests/stack,--durations=15)

endurance: setup ## kills parts of the cluster and the stack at every joint, strangers' applications: half an hour of a quiet machine
	@$(PYTEST) -q -m endurance

bench: setup ## ours against the runbook's commands typed with kubectl
	@.venv/bin/python -m bench
	@.venv/bin/python -m bench.load.alert_storm 0.05
	@.venv/bin/python -m bench.load.month_of_record 0.05

diagnose: setup ## every fault of the catalogue: is the right cause first?
	@.venv/bin/python -m bench.diagnose

cases: setup ## eighteen small applications of strangers, each broken: is the right thing said?
	@.venv/bin/python -m bench.cases $(if $(RENAMED),--renamed) --together 3 $(NAMES)

heal: setup ## every fault of the catalogue: is it healed, and nothing else touched? NAMES=… some; AGAIN=1 also what is known
	@.venv/bin/python -m bench.drills.heal $(if $(AGAIN),--again) $(NAMES)

drills: setup ## ours beside doing nothing, deleting pods, blind undo: ROWS=30 an arm, SEED=…; TABLE=1 only what is kept
	@.venv/bin/python -m bench.drills --rows $(or $(ROWS),30) $(if $(SEED),--seed $(SEED)) $(if $(TABLE),--table) $(NAMES)

house: setup ## how well the house can be read: wide folders, repeated names, long functions
	@.venv/bin/python -m bench.house

causes: setup ## docs/causes.md, written from the rules
	@.venv/bin/python -m bench.causes

schemas: setup ## docs/schemas, the shape of every --json, written from the types
	@.venv/bin/python -m cli.machine.json_shapes

chart: setup ## the Helm chart with its default values, rendered into deploy/kubernetes.yaml
	@cp deploy/rbac/*.yaml deploy/helm/outage/files/rbac/ && bin/chart > deploy/kubernetes.yaml

image: setup ## our own image as dist/outage-image.tar, with the bill of its materials; IMAGE=registry/name:tag
	@.venv/bin/python -m practice.images.outage_image dist/outage-image.tar $(IMAGE)

cluster: setup ## our chart on the practice cluster, image and services with it: alerts are answered in there
	@$(OUTAGE) practice up && $(OUTAGE) practice install

cluster-down: setup ## take the chart off the practice cluster; the ground stays
	@$(OUTAGE) practice uninstall

sbom: setup ## dist/outage.cdx.json: every locked package with its version and hashes, as CycloneDX
	@.venv/bin/python -m practice.images.bill_of_materials dist/outage.cdx.json

down: ## stop everything of ours, leave nothing behind
	@[ ! -x $(OUTAGE) ] || { $(OUTAGE) down; $(OUTAGE) practice down; }

lock: setup ## resolve pyproject.toml anew into requirements.lock
	@uv=$${OUTAGE_CACHE:-$$HOME/.cache/outage}/uv/bin/uv; $$uv lock -q && \
	$$uv export --all-groups --no-emit-project --no-header --no-annotate -q -o requirements.lock
