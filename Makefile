# Short names for the commands of dev.py; `make` alone lists them. Nothing here is needed: python3 dev.py does the same.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test pictures migration check fix build ci pin clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## open tgtui; ARGS="search express" for the command line
	@$(PYTHON) dev.py run $(ARGS)

test: ## run the tests on SQLite and PostgreSQL; ARGS="-k ranges" for some of them
	@$(PYTHON) dev.py test $(ARGS)

pictures: ## draw the README's pictures anew
	@$(PYTHON) dev.py pictures

migration: ## write the next migration from how the models differ; ARGS="add stars" says what it does
	@$(PYTHON) dev.py migration $(ARGS)

check: ## lint, formatting, types, layers
	@$(PYTHON) dev.py check

fix: ## format, and repair what the linter can
	@$(PYTHON) dev.py fix

build: ## build the wheel into dist/
	@$(PYTHON) dev.py build

ci: ## all that a change must pass, the wheel outside the checkout included
	@PYTHON=$(PYTHON) .ci/run

pin: ## choose the newest admitted versions for constraints.txt
	@$(PYTHON) dev.py pin

clean: ## remove the environment and every cache
	@$(PYTHON) dev.py clean
