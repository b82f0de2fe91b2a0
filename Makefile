# SPDX-License-Identifier: Apache-2.0
# reprise: `make help` lists the targets.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
# One-way order of modules: each may include only those before it.
MODULES ?= base manifests store host sandbox/watch sandbox/isolation \
	capture replay audit

CC ?= gcc
PKGS := libseccomp libcap libelf yaml-0.1 libcrypto libarchive jansson sqlite3
override CPPFLAGS += -D_GNU_SOURCE -DREPRISE_VERSION='"$(VERSION)"' -I. \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wvla -Wformat=2 -Wno-unused-parameter
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
OPT ?= -O2
CFLAGS += -std=gnu17 -g $(OPT) $(WARN) $(HARDEN)
LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread

SRCS := $(foreach m,$(MODULES),$(wildcard $(m)/*.c))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
CLI_OBJS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard cli/*.c))
LIB := $(BUILD)/libreprise.a
UNIT_SRCS := $(wildcard $(foreach m,$(MODULES),tests/unit/test_$(notdir $(m))*.c))
UNITS := $(UNIT_SRCS:tests/unit/%.c=$(BUILD)/unit/%)
PROBES := $(patsubst tests/probes/%.c,$(BUILD)/probes/%,$(wildcard tests/probes/*.c))

all: $(BUILD)/reprise ## build build/reprise

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/reprise: $(CLI_OBJS) $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Unit tests: one program per file, faults compiled in through their own
# build directory (see `unit`).
$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) \
		$(LDLIBS) -lcmocka

# Probes make known system calls; never sanitized, so plain flags.
$(BUILD)/probes/%: tests/probes/%.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=gnu17 -O1 -g -Wall -Wextra -o $@ $< -lpthread

probes: $(PROBES) ## build the probes of the integration tests

unit: ## unit tests
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/faults \
		CPPFLAGS='-DREPRISE_FAULTS' unit-run

unit-run: $(UNITS)
	@set -e; for t in $(UNITS); do echo "== $$t"; $$t; done

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

.PHONY: all unit unit-run probes clean help
.DELETE_ON_ERROR:
-include $(OBJS:.o=.d) $(CLI_OBJS:.o=.d) $(UNITS:=.d)
