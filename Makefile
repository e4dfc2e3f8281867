# The two commands of a newcomer are `make demo` and `make test`; each does its own set-up.
PYTHON ?= python3
BIN    := .venv/bin
CSAF   := tests/exposure/csaf_validator
DEMO   ?= demo-case

.PHONY: help demo test check bench lock clean
help:            ## what can be asked for
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/run.stamp: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/run.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

# The npm package that CSAF documents are checked with; node itself is among the tools of dev.txt.
.venv/csaf-validator/stamp: $(CSAF)/package-lock.json .venv/dev.stamp
	@mkdir -p $(@D) && cp $(CSAF)/package.json $(CSAF)/package-lock.json $(@D)/
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@ \
	  || echo "npm could not fetch the validator: CSAF documents are not checked with it"

demo: .venv/run.stamp   ## invent three attacked servers, assess them, compare with the truth
	$(BIN)/hevesy demo --output $(DEMO)

test: .venv/dev.stamp .venv/csaf-validator/stamp   ## the tests
	$(BIN)/python -m pytest --numprocesses=auto

check: .venv/dev.stamp  ## ruff, mypy strict, the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev.stamp  ## the benchmarks, as ratios against peers in the same run
	$(BIN)/python -m benchmarks

lock: .venv/dev.stamp   ## write the lock files anew (hashes, no addresses)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --upgrade --output-file requirements/dev.txt
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile pyproject.toml - --universal --generate-hashes --no-header --no-annotate --constraint requirements/dev.txt --output-file requirements/run.txt

clean:           ## remove what make made
	rm -rf .venv $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
