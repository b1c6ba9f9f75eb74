# One verb, one line. Each verb does all its own set-up; nothing has to be run before it.
.PHONY: help run test check bench gallery show lock setup
.DEFAULT_GOAL := help

PY := .venv/bin/python

help: ## this list
	@sed -n 's/^\([a-z]*\): .*## /  make \1\t/p' Makefile | expand -t 18

run: setup ## the demo shop: daemon, kiosk and simulated devices
	@$(PY) -m appliance.demo

test: check ## everything: checks, then the whole test suite
	@scripts/proof || true # a tier that cannot be had is skipped, and the closing summary names it
	@$(PY) -m pytest -n 2 --dist loadfile

check: setup ## format, lint, import contracts, types; repairs nothing
	@scripts/check

bench: setup ## measures, and writes build/bench.json
	@$(PY) -m bench

gallery: setup ## pictures of every screen and state, into build/gallery
	@xvfb-run -a -s '-screen 0 1920x1080x24' $(PY) -m appliance.kiosk.gallery

show: setup ## numbers to look at: sizes, long functions, broad excepts
	@$(PY) scripts/show

lock: setup ## newest versions allowed by requirements/*.in, into the lock files
	@scripts/lock --upgrade

setup: ## .venv and what it needs; quick when it is there
	@scripts/setup
