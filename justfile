# Everyday commands; `just` lists them.

default:
    @just --list

# an editable install with everything for development
setup:
    pip install -e ".[dev]"

# the quick tests
test *args:
    pytest {{args}}

# all tests
test-all:
    pytest -m "slow or not slow"

lint:
    ruff check .
    ruff format --check .

format:
    ruff check --fix .
    ruff format .

types:
    mypy

# speed beside whatever PyTorch is installed in the environment PEER (a python executable)
bench *args:
    python benchmarks/side_by_side.py {{args}}

# golden vectors anew: needs PyTorch 2.13 in the python executable PEER
golden peer:
    for script in $(git ls-files '*golden/make_*.py'); do {{peer}} $script; done

# how the operators do against their golden vectors: counts by dtype, gradients, differences (--differences lists them)
golden-report *args:
    python tests/golden/operator_report.py {{args}}

# what CI runs
ci:
    .ci/run
