# EchoMeet. `make run` sets everything up and runs the system; `make test` sets everything up and runs all tests.
# The rest is for developers: see docs/operation.md.
#
#   make                     builds the two programs into build/
#   make check               unit tests only
#   make SANITIZE=address …  builds with AddressSanitizer and UBSan into build/address (also: undefined, thread)

SANITIZE ?=
BUILD    := build/$(or $(SANITIZE),release)
PKGS     := libmariadb hiredis json-c libjwt libsodium openssl

CC       ?= gcc
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wconversion -Werror
SAN_address   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_undefined := -fsanitize=undefined -fno-sanitize-recover=undefined
SAN_thread    := -fsanitize=thread
SAN      := $(SAN_$(SANITIZE))

override CPPFLAGS += -I. -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
override CFLAGS   += -std=gnu11 $(WARN) $(SAN)
override LDFLAGS  += $(SAN)

objects   = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(addsuffix /*.c,$(1))))

CORE     := $(call objects,core)
LIBS_CORE := $(shell pkg-config --libs json-c libjwt libsodium openssl 2>/dev/null)
API      := $(CORE) $(call objects,http db service handlers)
API_MAIN := $(call objects,fcgi)
LIBS_API := $(shell pkg-config --libs libmariadb hiredis 2>/dev/null) -lfcgi $(LIBS_CORE)
RELAY    := $(filter-out %/main.o,$(call objects,relay))
RELAY_MAIN := $(BUILD)/relay/main.o
LIBS_RELAY := $(shell pkg-config --libs hiredis 2>/dev/null) -lev $(LIBS_CORE)

PROGRAMS := $(BUILD)/echomeet-api $(BUILD)/echomeet-relay
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
DB_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/db/test_*.c))

.PHONY: all programs test-programs run test check clean
all: programs
programs: $(PROGRAMS)
test-programs: $(UNIT_TESTS) $(DB_TESTS)

$(BUILD)/echomeet-api: $(API_MAIN) $(API)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_API)
$(BUILD)/echomeet-relay: $(RELAY_MAIN) $(RELAY) $(CORE)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_RELAY)
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(API) $(RELAY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcheck -lsubunit -lm -lrt -lpthread -lev $(LIBS_API)
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean:
	rm -rf build
