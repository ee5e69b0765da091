# make train   set up .venv, then train both networks on real digits
# make test    set up .venv, then the suite, on two cores; make test-all: every case of every test
# make board   TensorBoard on logs/        make bench   speed        make lint   ruff and mypy

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=
# Bytecode is written, or each of the processes that tests start would compile handnn anew.
PYTEST := OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: train test test-all board bench lint clean

train: $(VENV)/.installed
	$(BIN)/handnn train $(ARGS)

test: $(VENV)/.installed-test
	$(PYTEST) $(ARGS)

test-all: $(VENV)/.installed-test
	$(PYTEST) --all $(ARGS)

board: $(VENV)/.installed
	$(BIN)/tensorboard --logdir logs $(ARGS)

bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks.step $(ARGS)
	$(BIN)/python -m benchmarks.layers
	$(BIN)/python -m benchmarks.verify
	$(BIN)/python -m benchmarks.stacked

lint: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[lint]'
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "handnn needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	@echo 'Installing handnn and TensorFlow into $(VENV) (about half a minute, 1.8 GB) ...'
	$(BIN)/python -m pip install --quiet --editable '.[keras,data]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/bin/python pyproject.toml
	@echo 'Installing handnn, TensorFlow and the test tools into $(VENV) (about half a minute, 1.8 GB) ...'
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build *.egg-info
