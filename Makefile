# Short names for the commands of dev.py; `make` alone lists them. You don't need make: python3 dev.py does the same.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test pictures house migration check fix build ci pin clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## open tgtui; ARGS="search express" for the command line
	@$(PYTHON) dev.py run $(ARGS)

test: ## run the tests on SQLite and PostgreSQL; ARGS="-k ranges" for some of them
	@$(PYTHON) dev.py test $(ARGS)

pictures: ## redraw the README's pictures
	@$(PYTHON) dev.py pictures

house: ## show the rooms of the code and what imports what
	@$(PYTHON) dev.py house $(ARGS)

migration: ## write the next migration from the changed models; ARGS="add stars" names it
	@$(PYTHON) dev.py migration $(ARGS)

check: ## lint, formatting, types, layers
	@$(PYTHON) dev.py check

fix: ## format, and fix what the linter can
	@$(PYTHON) dev.py fix

build: ## build the wheel into dist/
	@$(PYTHON) dev.py build

ci: ## everything a change must pass, including the wheel outside the checkout
	@PYTHON=$(PYTHON) .ci/run

pin: ## pick the newest allowed versions for constraints.txt
	@$(PYTHON) dev.py pin

clean: ## remove the environment and all caches
	@$(PYTHON) dev.py clean
