# The front door: what each target does is in `make help`. Variables: BUILD (build folder), JOBS, DEPS=no (never install),
# MESON_FLAGS (more options for `meson setup`), PREFIX and DESTDIR of `make install`, DEMO_FLAGS (options of canaryctl demo),
# SUITES and TEST_FLAGS (options of `meson test`) of `make test`.
SHELL := /bin/bash
BUILD ?= build
JOBS ?= $(shell nproc)
DEPS ?= yes
PREFIX ?= /usr/local
VENV ?= $(CURDIR)/build/venv
# A clone elsewhere, and the image's build, find the same objects again.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1
export CCACHE_COMPILERCHECK ?= content
export CCACHE_SLOPPINESS ?= pch_defines,time_macros,locale

.DEFAULT_GOAL := help
.PHONY: help deps test-deps build install demo test e2e image judge-report clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the packages that the build needs (apt as root or through sudo)
ifeq ($(DEPS),yes)
	@tools/deps build
endif

test-deps:
ifeq ($(DEPS),yes)
	@tools/deps build test
endif

# $(1): further options of meson setup. Without debug information, which costs a third of the compile time.
define compile
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dwerror=true -Ddebug=false $(1) $(MESON_FLAGS)
	@meson configure $(BUILD) $(1) >/dev/null
	@ninja -C $(BUILD) -j $(JOBS)
endef

build: deps ## compile the library, the app and canaryctl
	$(call compile)

install: deps ## install libraries, headers and programs: PREFIX=/usr/local, staged below DESTDIR
	$(call compile,--prefix=$(PREFIX) -Dtests=disabled)
	@meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

demo: deps ## build, then run the whole canary story on this machine; DEMO_FLAGS="--port 0" where port 8080 is taken
	$(call compile,-Dtests=disabled)
	@$(BUILD)/canaryctl/canaryctl demo $(DEMO_FLAGS)

test: test-deps ## the tests, without a cluster; SUITES="unit http" runs a part, SUITES=consumer those of projects that embed what was installed
	$(call compile,-Dtests=enabled)
	@tools/venv $(VENV)
ifneq ($(or $(if $(SUITES),,all),$(filter chart,$(SUITES))),)
	@PYTHON=$(VENV)/bin/python tests/tools/chart-tools >/dev/null
endif
	@rm -rf $(BUILD)/test-results; mkdir -p $(BUILD)/test-results
	@status=0; TEST_RESULTS=$(abspath $(BUILD))/test-results CANARY_VENV=$(VENV) \
	  meson test -C $(BUILD) --no-rebuild --print-errorlogs $(addprefix --suite ,$(SUITES)) $(TEST_FLAGS) || status=$$?; \
	  tests/summary $(BUILD) $(BUILD)/test-results || status=1; exit $$status

e2e: deps ## the story on a real Kubernetes: one of its own (needs root), or the one of KUBECONFIG
	$(call compile)
	@BUILD=$(BUILD) VENV=$(VENV) tests/cluster/run

image: ## the container image, with docker, podman or buildah
	@tools/image

judge-report: test-deps ## simulate what the judge promises and write docs/JUDGE.md (minutes)
	$(call compile,-Dtests=enabled)
	@ninja -C $(BUILD) judge-report

clean: ## remove what was built
	rm -rf $(BUILD)
