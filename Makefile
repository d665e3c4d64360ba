# `make lab` to learn, `make test` to check. Each sets up what it needs, once; after that no network is used.
# Other Python: make lab PYTHON=python3.12

ifeq ($(OS),Windows_NT)
PYTHON ?= python
PY := .venv/Scripts/python
else
PYTHON ?= python3
PY := .venv/bin/python
endif
READY := .venv/ready.txt
HUB := .venv/hub.txt
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

# make lab LANG_=zh: in Chinese; LANG_=en: in English. Else in the language of the system.
ifdef LANG_
export COURSE_LANGUAGE := $(LANG_)
endif

# make lab TORCH=cpu: the small build of PyTorch, without CUDA. uv knows where it is; pip does not.
ifeq ($(TORCH),cpu)
INSTALL := $(PIP) uv && $(PY) -m uv pip install --quiet --torch-backend cpu
FAILED := TORCH=cpu: the CPU build could not be fetched. Try again, or type the same without TORCH=cpu for the usual build
else
INSTALL := $(PIP)
FAILED := The packages could not be fetched. Is there a network? Call make again: it goes on where it stopped.
endif

.PHONY: lab update grade hub test book machines notebooks helpers exercises zh pictures bench format lock help

help:
	@echo "make lab        open the course in JupyterLab; TORCH=cpu sets up the small build of PyTorch"
	@echo "make lab LANG_=zh   in Chinese, or LANG_=en in English; else in the language of the system"
	@echo "make update     bring in a newer course; your own versions are kept in work/"
	@echo "make test       run every notebook and test, and compare; make test ONLY=06 for one chapter"
	@echo "make book       write the course as a website into build/book; SOLUTIONS=no for a class: without solutions"
	@echo "make machines   run every notebook as other processors and machines would"
	@echo "make notebooks  run the notebooks in place and store their outputs"
	@echo "make helpers    write helpers.py from the #@save cells of chapters/"
	@echo "make exercises  write exercises/ from solutions/, without the answers"
	@echo "make zh         bring zh/catalogues/ up to date, and write the Chinese edition from them"
	@echo "make grade      collect and grade a chapter for a class: CHAPTER=06_optimizer (docs/teaching.md)"
	@echo "make hub        rehearse a JupyterHub with made-up students (deploy/README.md)"
	@echo "make pictures   make the two pictures of the README (needs chromium)"
	@echo "make bench      measure how fast it all is; takes some minutes"
	@echo "make format     tidy the code, notebooks included"
	@echo "make lock       bring requirements.txt to the newest versions that pyproject.toml allows"

$(READY): pyproject.toml requirements.txt
	@$(PYTHON) -c "import sys; v = sys.version_info; sys.exit(v < (3, 11) and 'Python %d.%d is too old: this course needs 3.11 or newer. Remedy: make lab PYTHON=python3.12' % v[:2])"
	@echo "Setting up .venv: once, a few minutes."
	$(PYTHON) -m venv .venv
	$(INSTALL) --requirement requirements.txt || (echo "$(FAILED)" & exit 1)
	$(PIP) --no-deps --editable .
	@$(PY) -c "open('$(READY)', 'w').close()"

lab: $(READY)
	$(PY) -m course.opening.lab

update: $(READY)
	$(PY) -m course.homework.update

test: $(READY)
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m pytest $(if $(ONLY),--only=$(ONLY) -p no:hypothesispytest)

grade: $(READY)
	$(PY) -m course.homework.grade $(CHAPTER)

book: $(READY)
	$(PY) book/build.py --solutions $(or $(SOLUTIONS),yes)

hub: $(HUB)
	$(PY) -m jupyterhub --config deploy/rehearsal_config.py

# The hub runs in Python, its proxy in Node.js. Both go into .venv.
$(HUB): $(READY)
	@npm --version >/dev/null || (echo "The proxy of the hub needs Node.js and npm. Debian: apt install nodejs npm" & exit 1)
	$(PIP) --constraint requirements.txt --editable ".[hub]"
	npm install --silent --global --prefix .venv configurable-http-proxy
	@$(PY) -c "open('$(HUB)', 'w').close()"

machines: $(READY)
	$(PY) -m course.building.machines $(ONLY)

notebooks: helpers
	$(PY) -m course.building.notebooks chapters solutions

helpers: $(READY)
	$(PY) -m course.building.save

exercises: $(READY)
	$(PY) -m course.homework.exercises

zh: $(READY)
	$(PY) -m course.building.chinese extract
	$(PY) -m course.building.chinese build

pictures: $(READY)
	PYTHONPATH=tests $(PY) -m support.pictures

bench: $(READY)
	$(PY) benchmarks/bench.py | tee benchmarks/results.md
	$(PY) benchmarks/redraw.py

format: $(READY)
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

# The CUDA packages that torch names on Linux are left out: the course runs on the CPU.
lock: $(READY)
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --quiet --upgrade --universal --extra test --extra book --no-annotate --no-header pyproject.toml --output-file requirements.txt
	$(PY) -c "import re; p = 'requirements.txt'; s = open(p).read(); open(p, 'w').write(re.sub('(?m)^(cuda|nvidia|triton).*\n', '', s))"
