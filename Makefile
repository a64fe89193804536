# EchoMeet. `make run` sets everything up and runs the system; `make test` sets everything up and runs all tests.
# The rest is for developers: see docs/operation.md.
#
#   make                     builds the programs into build/release
#   make check               unit tests only
#   make lint                the look of all code; make format applies it
#   make fuzz                every parser against libFuzzer, FUZZ_SECONDS=60 each
#   make bench               what it costs, as ratios within one run; also as build/bench.json
#   make soak MINUTES=2      the fault tests in full size
#   make janus               builds Debian's newer Janus into build/janus, for the public internet
#   make SANITIZE=address …  builds with AddressSanitizer and UBSan into build/address (also: undefined, thread)
#   make V=1 …               shows the commands

SANITIZE ?=
BUILD    := build/$(or $(SANITIZE),release)
PKGS     := libmariadb hiredis json-c libjwt libsodium openssl libidn2

ifeq ($(origin CC),default)
CC       := gcc
endif
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wconversion -Werror
ifeq ($(SANITIZE),fuzz)
WARN     := -Wall -Wextra # clang finds other conversions worth a word than gcc, which is the one that judges
endif
SAN_address   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_undefined := -fsanitize=undefined -fno-sanitize-recover=undefined
SAN_thread    := -fsanitize=thread
SAN_fuzz      := $(SAN_address) -fsanitize=fuzzer-no-link
SAN      := $(SAN_$(SANITIZE))

# Debian's hardening, for the programs that run for real: sanitizers look closer themselves. What a processor does not have its
# compiler refuses; _FORTIFY_SOURCE wants an optimisation.
ifeq ($(SANITIZE),)
accepts    = $(shell echo 'int main(void) { return 0; }' | $(CC) $(1) -x c -o /dev/null - 2>/dev/null && echo $(1))
HARDEN    := -fPIE -fstack-protector-strong -Wformat -Werror=format-security $(call accepts,-fstack-clash-protection) $(call accepts,-fcf-protection) \
             $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now
endif

# evaluated once; on a bare machine pkg-config is missing still, and `make run` installs it
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
LIBS_CORE  := $(shell pkg-config --libs json-c libjwt libsodium openssl libidn2 2>/dev/null) -lunistring
LIBS_REDIS := $(shell pkg-config --libs hiredis 2>/dev/null)
LIBS_API   := $(shell pkg-config --libs libmariadb 2>/dev/null) $(LIBS_REDIS) -lfcgi $(LIBS_CORE)
LIBS_RELAY := $(LIBS_REDIS) -lev $(LIBS_CORE)
LIBS_TEST  := -lcheck -lsubunit -lm -lrt -lpthread -lev $(LIBS_API)

override CPPFLAGS += -I. -D_GNU_SOURCE $(PKG_CFLAGS)
# hidden: a function of ours must not take the place of a library's of the same name (jansson, inside libjwt, has json_object too)
override CFLAGS   += -std=gnu11 -fvisibility=hidden $(WARN) $(SAN) $(HARDEN)
override LDFLAGS  += $(SAN) $(HARDEN_LD)

# a line a file, or the commands with V=1
quiet      = $(if $(V),,@echo "$(1) $(2)";)

objects    = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(addsuffix /*.c,$(1))))

CORE       := $(call objects,core)
API        := $(CORE) $(call objects,http db service handlers)
API_MAIN   := $(call objects,fcgi)
ROOMLOG    := $(call objects,roomlog)
RELAY      := $(ROOMLOG) $(filter-out %/main.o,$(call objects,relay))
MEDIA      := $(filter-out %/main.o,$(call objects,media))
RELAY_MAIN := $(BUILD)/relay/main.o
MEDIA_MAIN := $(BUILD)/media/main.o

PROGRAMS   := $(BUILD)/echomeet-api $(BUILD)/echomeet-relay $(BUILD)/echomeet-media $(BUILD)/janus-loopback.so
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
DB_TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/db/test_*.c))
BENCHES    := $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*.c))
FUZZERS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all programs test-programs unit-tests db-tests fuzzers benches media-tests rest-types run test check lint fuzz soak bench janus clean format
all: programs
programs: $(PROGRAMS)
unit-tests: $(UNIT_TESTS)
db-tests: $(DB_TESTS)
fuzzers: $(FUZZERS)
benches: $(BENCHES)
test-programs: unit-tests db-tests rest-types
media-tests: $(BUILD)/tests/media/room_driver $(BUILD)/tests/media/light_peers $(BUILD)/janus-loopback.so
rest-types: build/rest.d.ts

# What the REST API takes and answers, for the type check of the page
build/rest.d.ts: docs/openapi.yaml scripts/lib/rest-types.mjs
	@node scripts/lib/rest-types.mjs $< $@

# PORT, RELAY_PORT, VAR, BIND, MEDIA and JANUS given on the command line reach the scripts as environment
run:
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) exec scripts/run
test:
	@exec scripts/test
check:
	@exec scripts/test unit
lint:
	@exec scripts/lint
# The look of all code: .clang-format and biome.jsonc. Tables keep theirs (clang-format off).
format:
	clang-format -i $$(git ls-files '*.[ch]')
	node_modules/.bin/biome format --write
fuzz:
	@exec scripts/fuzz
soak:
	@exec scripts/soak
bench:
	@exec scripts/bench
janus:
	@exec scripts/build-janus

$(BUILD)/echomeet-api: $(API_MAIN) $(API)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_API)
$(BUILD)/echomeet-relay: $(RELAY_MAIN) $(RELAY) $(CORE)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_RELAY)
$(BUILD)/echomeet-media: $(MEDIA_MAIN) $(MEDIA) $(ROOMLOG) $(CORE)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_RELAY)
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(API) $(RELAY) $(MEDIA)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_TEST)
$(BUILD)/bench/%: $(BUILD)/bench/%.o $(API)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_TEST)
# what lets a Janus use the loopback device
$(BUILD)/janus-loopback.so: media/preload/loopback.c
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -D_GNU_SOURCE -O2 -fPIC $(WARN) -shared -o $@ $<
# libFuzzer brings the main function (clang, SANITIZE=fuzz); elsewhere it is one that plays the corpus
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(if $(filter fuzz,$(SANITIZE)),,$(BUILD)/tests/fuzz/replay.o) $(API) $(RELAY) $(MEDIA)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) $(if $(filter fuzz,$(SANITIZE)),-fsanitize=fuzzer) -o $@ $^ $(LIBS_TEST)
$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# the objects of tests are no intermediate files: they stay for the next build
.SECONDARY:

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean:
	rm -rf build
