# SPDX-License-Identifier: Apache-2.0
# reprise: `make help` lists the targets.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
# One-way order of modules: each may include only those before it.
MODULES ?= base numeric manifests store host sandbox/watch sandbox/isolation \
	capture replay audit cli

# pkg-config may be missing at first: `deps` installs it, and the targets that
# call `deps` build in a make of their own, which looks again.
# libgit2 is loaded when it is needed (capture/git.h).
PKGS := libseccomp libcap libelf yaml-0.1 libcrypto libarchive jansson sqlite3
override CPPFLAGS += -D_GNU_SOURCE -DREPRISE_VERSION='"$(VERSION)"' -I. \
	$(shell pkg-config --cflags $(PKGS) libgit2 2>/dev/null)
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wvla -Wformat=2 -Wno-unused-parameter
HARDEN ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2
OPT ?= -O2
override CFLAGS += -std=gnu17 -g $(OPT) $(WARN) $(HARDEN) -fPIE $(SANITIZE)
override LDFLAGS += -pie -Wl,-z,relro,-z,now $(SANITIZE)
LDLIBS += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm

SRCS := $(filter-out cli/main.c,$(foreach m,$(MODULES),$(wildcard $(m)/*.c)))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
CLI_OBJS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard cli/*.c))
LIB := $(BUILD)/libreprise.a
UNIT_SRCS := $(wildcard \
	$(foreach m,$(MODULES),tests/unit/test_$(notdir $(m))*.c))
UNITS := $(UNIT_SRCS:tests/unit/%.c=$(BUILD)/unit/%)
PROBES := $(patsubst tests/probes/%.c,$(BUILD)/probes/%,\
	$(wildcard tests/probes/*.c)) $(BUILD)/probes/same_paths.32
# Some run as programs of other kinds, too.
MATRIX := $(patsubst tests/probes/%.c,$(BUILD)/probes/%,\
	$(wildcard tests/probes/matrix_*.c))
FORMATTED := $(foreach m,$(MODULES),$(wildcard $(m)/*.[ch])) \
	$(wildcard tests/unit/*.[ch] tests/probes/*.[ch] tests/gpu/*.c)

all: $(BUILD)/reprise ## build build/reprise

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/reprise: $(CLI_OBJS) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The version is in these objects only.
$(CLI_OBJS): Makefile

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) \
		$(LDLIBS) -lcmocka

# Probes make known system calls; never sanitized, so plain flags.
PROBE_CFLAGS := -D_GNU_SOURCE -std=gnu17 -O1 -g -Wall -Wextra

# A stand-in for NVIDIA's user libraries, under three names.
STUBS := $(patsubst %,$(BUILD)/probes/%.so.1,\
	libcuda libnvidia-ml libnvidia-ptxjitcompiler)

$(BUILD)/probes/%.so.1: tests/gpu/libcuda.c
	@mkdir -p $(@D)
	$(CC) $(PROBE_CFLAGS) -fPIC -shared \
		-Wl,-soname,$*.so.1 -o $@ $<

# Without its library a kind is left out, and the test says so.
$(BUILD)/probes/%.static: tests/probes/%.c $(wildcard tests/probes/*.h)
	@mkdir -p $(@D)
	-$(CC) $(PROBE_CFLAGS) -static -o $@ $< -lpthread

$(BUILD)/probes/%.32: tests/probes/%.c $(wildcard tests/probes/*.h)
	@mkdir -p $(@D)
	-$(CC) $(PROBE_CFLAGS) -m32 -o $@ $< -lpthread

$(BUILD)/probes/%: tests/probes/%.c $(wildcard tests/probes/*.h)
	@mkdir -p $(@D)
	$(CC) $(PROBE_CFLAGS) -o $@ $< -lpthread -ldl

probes: $(PROBES) $(STUBS) $(MATRIX:=.static) $(MATRIX:=.32) ## for the tests

units: $(UNITS)

# Faults are compiled in, so unit tests have a build directory of their own.
FAULTS = $(MAKE) --no-print-directory BUILD=$(BUILD)/faults \
	CPPFLAGS=-DREPRISE_FAULTS

demo: ## install what is missing, build, and show a round trip
	@tests/tools/deps.sh build demo
	@$(MAKE) --no-print-directory all
	@examples/demo.sh $(BUILD)/reprise

test: ## install what is missing, build, run every test
	@tests/tools/deps.sh build demo test old-kernel
	@tests/tools/old-kernel.sh $(BUILD) get || test $$? = 77
	@$(MAKE) --no-print-directory -j2 test-built

test-built: all probes
	@$(FAULTS) units
	@tests/tools/run.sh $(BUILD) unit integration

unit: ## unit tests
	@$(FAULTS) unit-run

unit-run: $(UNITS)
	@tests/tools/run.sh $(BUILD) unit

integration: all probes ## integration tests; TESTS='name ...' runs some
	@tests/tools/run.sh $(BUILD) integration $(TESTS)

test-old-kernel: ## capture and replay in an emulator, on Debian 12's Linux
	@tests/tools/deps.sh build old-kernel
	@$(MAKE) --no-print-directory -j2 all probes
	@tests/tools/old-kernel.sh $(BUILD)

gpu-test: all probes ## what a replay does with GPUs; with a real one, too
	@tests/tools/run.sh $(BUILD) integration gpu gpu-parts gpu-hardware

python-suite: ## Python's own tests, bare and captured; SUITE='test_os ...'
	@tests/tools/deps.sh build python
	@$(MAKE) --no-print-directory all
	@tests/tools/python-suite.sh $(BUILD)/reprise $(SUITE)

bench: ## compare with other tools on the same loads; BENCH='--quick ...'
	@tests/tools/deps.sh build demo bench
	@$(MAKE) --no-print-directory all
	@bench/bench.py --reprise $(BUILD)/reprise $(BENCH)

bench-replay: ## what a replay costs; BENCH='--runs 20 ...'
	@tests/tools/deps.sh build demo
	@$(MAKE) --no-print-directory all
	@bench/replay.py --reprise $(BUILD)/reprise $(BENCH)

ASAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

asan: ## every test against a build with ASan and UBSan
	@$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/asan OPT=-O1 HARDEN= \
		SANITIZE='$(ASAN)' test-built

coverage: ## every test, then build/coverage/index.html
	@$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/coverage OPT=-O0 \
		HARDEN= SANITIZE=--coverage test-built
	gcovr --root . --exclude tests --html-details \
		$(BUILD)/coverage/index.html --print-summary $(BUILD)/coverage

lint: ## formatting, module order, shell scripts, man pages
	@tests/tools/lint.sh

format: ## format the sources as .clang-format says
	clang-format -i $(FORMATTED)

install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 0755 $(BUILD)/reprise $(DESTDIR)$(PREFIX)/bin/reprise
	for f in docs/*.[1-8]; do install -D -m 0644 $$f \
		$(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$${f##*/}; done

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/reprise
	for f in docs/*.[1-8]; do rm -f \
		$(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$${f##*/}; done

check-install: all ## install, run, uninstall, look for left-overs
	@set -e; d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; \
	$(MAKE) -s install DESTDIR="$$d"; \
	"$$d$(PREFIX)/bin/reprise" version; \
	test -s "$$d$(PREFIX)/share/man/man1/reprise.1"; \
	$(MAKE) -s uninstall DESTDIR="$$d"; \
	test -z "$$(find "$$d" -type f)"

dist: ## a source archive of the last commit
	@mkdir -p $(BUILD)
	git archive --prefix=reprise-$(VERSION)/ \
		-o $(BUILD)/reprise-$(VERSION).tar.gz HEAD

deps: ## install what a build needs
	@tests/tools/deps.sh build

test-deps: ## install what tests and checks need
	@tests/tools/deps.sh build demo test old-kernel extra

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n",$$1,$$2}' Makefile

.PHONY: all demo test test-built unit unit-run units integration asan lint \
	format coverage install uninstall check-install dist clean help deps \
	test-deps probes bench bench-replay gpu-test test-old-kernel python-suite
.DELETE_ON_ERROR:
-include $(OBJS:.o=.d) $(BUILD)/cli/main.d $(UNITS:=.d)
