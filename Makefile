# SPDX-License-Identifier: MIT OR Apache-2.0
# libbilling - `make help` lists what can be made.
#
# CFLAGS, CPPFLAGS and LDFLAGS belong to the user and are never changed; our
# own flags stand beside them.  Everything made goes below $(BUILD).
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BUILD      ?= build
CFLAGS     ?= -O2 -g
# How files are built that no hot call goes through; CFLAGS given are obeyed.
SMALL      := $(if $(filter file,$(origin CFLAGS)),$(shell $(CC) -Oz -E -x c \
                /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os))
INSTALL    ?= install
OBJCOPY    ?= objcopy
PKG_CONFIG ?= pkg-config
PYTHON     ?= /usr/bin/python3
JOBS       ?= $(shell nproc 2>/dev/null || echo 2)
SANITIZE   ?= address,undefined

# The header knows the version; nothing else repeats it.
VERSION := $(shell awk -F\" '/ BILLING_VERSION /{print $$2}' include/billing.h)
MAJOR   := $(firstword $(subst ., ,$(VERSION)))

PACKAGES := sqlite3 libcjson libsodium
FOREIGN  := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
LIBS     := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) -pthread
CHECK    := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
        -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings
# POSIX: for reading zone files and for the lock.  The map: a rebuild
# elsewhere gives the same bytes.
MINE := -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib -fPIC \
        -fvisibility=hidden -pthread -MMD -MP -ffile-prefix-map=$(CURDIR)=. \
        $(FOREIGN)
# The release: no tables for unwinding, which only exceptions need (debuggers
# read those of -g), functions that the linker can leave out, padding only
# where functions begin, and what is not declared inline is so when it is tiny.
RELEASE := -DNDEBUG -fno-asynchronous-unwind-tables -ffunction-sections \
           $(if $(findstring clang,$(CC)),,-falign-labels=1 -falign-loops=1 \
             -falign-jumps=1 --param max-inline-insns-auto=8)
# Tables of pointers are relocated by bitmaps.
LEAN    := -Wl,--gc-sections -Wl,-z,pack-relative-relocs \
           -Wl,-z,noseparate-code
# The asserting objects that the tests run on.  INSTRUMENT is for coverage.
PROBE := -UNDEBUG $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
         -fno-sanitize-recover=all -fno-omit-frame-pointer) $(INSTRUMENT)
# Tests, examples and the tool are programs: they may use what the system has.
PROGRAM := -std=gnu11 -Iinclude -pthread -MMD -MP -Wall -Wextra

LIB_C   := $(sort $(wildcard lib/*/*.c))
# What nearly all instructions of an event or a hold are in, by profiles; the
# rest is built for size.
HOT_C   := $(patsubst %,lib/base/%.c,arena dec json_scan map pack sort \
               struct text wide) lib/crypto/hash.c \
             $(patsubst %,lib/meter/%.c,aggregate convert filter group \
               property sample take) $(patsubst %,lib/price/%.c,flat \
               graduated models per_unit package volume) \
             lib/catalog/id.c lib/wallet/burndown.c lib/wallet/ledger.c \
             $(patsubst %,lib/engine/%.c,batch board check event_code \
               event_decode event_encode event_read event_texts event_words \
               fold_event fold_post keys rate rate_ahead rate_draws record \
               repeat runs runs_cursor runs_memory runs_step runs_tail shared \
               state tallies)
SMALL_C := $(filter-out $(HOT_C),$(LIB_C))
UNIT_C  := $(wildcard tests/unit/*.c tests/store/*.c)
TOOL_C  := $(wildcard examples/cli/*.c)
DEMO_C  := $(wildcard examples/demo/*.c)
PARTS_C := $(wildcard examples/parts/*.c)
STEP_C  := $(wildcard examples/0*.c)
BENCH_C := $(wildcard tests/bench/*.c)
HOST_C  := $(and $(wildcard $(shell $(CC) -print-file-name=libsqlite3.a)), \
             $(wildcard tests/host/*.c))
# Each of these folders is one program; what they share is in tests/support/.
# In tests/model and tests/host each file is a program.
FOLDERS := $(foreach d,golden vectors fault thread kill, \
             $(if $(wildcard tests/$d/*.c),$d))
MODEL_C := $(wildcard tests/model/*.c)

OBJ    := $(LIB_C:%.c=$(BUILD)/%.o)
STATIC := $(BUILD)/libbilling.a
SHARED := $(BUILD)/libbilling.so.$(VERSION)
PC     := $(BUILD)/billing.pc
ONE    := $(BUILD)/amalgamation/billing.c
PROBED := $(BUILD)/debug/libbilling.a
HELP   := $(BUILD)/debug/libsupport.a
UNIT   := $(if $(UNIT_C),$(BUILD)/unit)
TOOL   := $(if $(TOOL_C),$(BUILD)/billing)
DEMO   := $(if $(DEMO_C),$(BUILD)/demo)
BENCH  := $(if $(BENCH_C),$(BUILD)/bench)
BARE   := $(BUILD)/libbilling.stripped.so
STEPS  := $(STEP_C:%.c=$(BUILD)/%)
HOSTS  := $(HOST_C:tests/host/%.c=$(BUILD)/%)
MODELS := $(MODEL_C:tests/model/%.c=$(BUILD)/%)
PROBES := $(FOLDERS:%=$(BUILD)/%) $(MODELS)

# `make V=1` shows the commands.
say  = $(if $(V),,@printf '  %-5s %s\n' $1 $@;)
cc   = $(call say,CC)$(CC)
link = $(call say,LINK)$(CC)

# Make again in the same folder, in parallel unless the user said how.
AGAIN  = +$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,\
         -j$(JOBS))
SUITES = BUILD=$(BUILD) JOBS=$(JOBS) CC="$(CC)" PYTHON="$(PYTHON)" \
         MAKE="$(MAKE)" $(PYTHON) tests/run

.DELETE_ON_ERROR:
.PHONY: all help demo test test-full test-programs tsan probes \
        unit bench bench-quick bench-long abi abi-accept install uninstall \
        examples amalgamation python sanitize coverage style fuzz deps all-c \
        import-million clean FORCE $(PC)

all: $(STATIC) $(SHARED) $(PC) $(TOOL) ## build the library and the tool

help:                            ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword \
	  $(MAKEFILE_LIST)) | expand -t 16
demo:                            ## bill a month of 100 customers (TRACE=FILE)
	@sh tests/package/deps.sh build
	@$(AGAIN) $(BUILD)/demo
	@$(BUILD)/demo $(TRACE)
test:                            ## everything that a change must pass
	@sh tests/package/deps.sh test
	@$(AGAIN) -k all test-programs; BROKEN=$$? $(SUITES)
test-full: export FULL := 1
test-full: test                  ## the same with longer sweeps; valgrind

test-programs: probes amalgamation $(HOSTS) $(DEMO) $(BENCH) $(STEPS) \
  $(if $(wildcard bindings/python),python) \
  $(if $(filter thread,$(FOLDERS)),tsan)
probes: $(UNIT) $(PROBES)

unit: $(BUILD)/unit              ## the unit tests alone (ONLY="base_dec ..")
	@$(BUILD)/unit $(ONLY)
bench: PLAN :=
bench-quick: PLAN := --quick
bench-long: PLAN := --long
bench: $(BENCH) $(BARE)          ## each figure beside its yardstick (20 min)
bench-quick: $(BENCH) $(BARE)    ## the same with fewer events (2 min)
bench-long: $(BENCH) $(BARE)     ## 50 million events, window by window
bench bench-quick bench-long:
	@$(BENCH) $(PLAN) --folder $(BUILD) --library $(BARE) $(ONLY)

import-million: all              ## a million events of CSV, kills, sums
	@BUILD=$(BUILD) $(PYTHON) tests/cli/import_million.py $(EVENTS)

# ---- the library ------------------------------------------------------------
$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(cc) $(MINE) $(WARN) $(RELEASE) $(CPPFLAGS) $(CFLAGS) $(SIZED) -c $< -o $@

$(patsubst %.c,$(BUILD)/%.o,$(SMALL_C)): SIZED = $(SMALL)

# One object whose hidden names are local: a host's linker sees billing_* only.
$(STATIC): $(OBJ)
	$(call say,AR)$(LD) -r -o $(BUILD)/billing.o $(OBJ) && \
	  $(OBJCOPY) --localize-hidden $(BUILD)/billing.o && $(RM) $@ && \
	  $(AR) rcsD $@ $(BUILD)/billing.o

$(SHARED): $(OBJ) lib/billing.map
	$(link) -shared -Wl,-soname,libbilling.so.$(MAJOR) \
	  -Wl,--no-undefined -Wl,--no-undefined-version \
	  -Wl,--version-script=lib/billing.map $(LEAN) \
	  $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)
	@cd $(BUILD) && ln -sf $(@F) libbilling.so.$(MAJOR) && \
	  ln -sf libbilling.so.$(MAJOR) libbilling.so

# Made anew each time: the prefix may differ from the last one's.
$(PC): pkgconfig/billing.pc.in
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	  -e 's|@LIBDIR@|$(patsubst $(PREFIX)%,$${prefix}%,$(LIBDIR))|' \
	  -e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)%,$${prefix}%,$(INCLUDEDIR))|' \
	  -e 's|@PACKAGES@|$(PACKAGES)|' $< > $@

install: all                     ## copy to $(DESTDIR)$(PREFIX)
	$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(LIBDIR)/pkgconfig
	$(INSTALL) -m 644 include/billing.h $(DESTDIR)$(INCLUDEDIR)
	$(INSTALL) -m 644 $(PC) $(DESTDIR)$(LIBDIR)/pkgconfig
	$(INSTALL) -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	cp -P $(BUILD)/libbilling.so.$(MAJOR) $(BUILD)/libbilling.so \
	  $(DESTDIR)$(LIBDIR)
	test -z "$(TOOL)" || $(INSTALL) -D -m 755 $(TOOL) \
	  $(DESTDIR)$(BINDIR)/billing

uninstall:                       ## take away what install copied
	$(RM) $(DESTDIR)$(INCLUDEDIR)/billing.h $(DESTDIR)$(BINDIR)/billing \
	  $(DESTDIR)$(LIBDIR)/libbilling.a $(DESTDIR)$(LIBDIR)/libbilling.so* \
	  $(DESTDIR)$(LIBDIR)/pkgconfig/billing.pc

amalgamation: $(ONE)             ## the library as one billing.c and its header

$(ONE): lib/all.c pkgconfig/flatten.awk $(LIB_C) \
        $(wildcard lib/*.h lib/*/*.h include/*.h)
	@mkdir -p $(@D)
	$(call say,FLAT)awk -v path=include:lib -f pkgconfig/flatten.awk $< > $@
	@cp include/billing.h $(@D)

all-c:                           ## write lib/all.c: every file, by layers
	@$(PYTHON) tests/style/layers.py --write

# ---- programs ---------------------------------------------------------------
examples: $(STEPS) $(TOOL) $(DEMO) ## build the examples and the tool

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(cc) $(PROGRAM) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(TOOL) $(DEMO): $(PARTS_C:%.c=$(BUILD)/%.o)
$(BUILD)/tests/bench/%.o: PROGRAM += -Ilib -DNDEBUG $(FOREIGN)
$(TOOL): $(TOOL_C:%.c=$(BUILD)/%.o)
$(DEMO): $(DEMO_C:%.c=$(BUILD)/%.o)
$(STEPS): $(BUILD)/%: $(BUILD)/%.o
$(TOOL) $(DEMO) $(STEPS): $(STATIC)
	$(link) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(STATIC) $(LIBS)

# The release's own objects, where kernels that are not exported can be called.
$(BENCH): $(BENCH_C:%.c=$(BUILD)/%.o) $(OBJ)
	$(link) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lm
$(BARE): $(SHARED)
	$(call say,STRIP)$(OBJCOPY) --strip-all $< $@

# ---- tests ------------------------------------------------------------------
$(BUILD)/debug/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(cc) $(MINE) $(WARN) $(CPPFLAGS) $(CFLAGS) $(PROBE) -c $< -o $@

$(BUILD)/debug/tests/%.o: tests/%.c | $(BUILD)/suites.h
	@mkdir -p $(@D)
	$(cc) $(PROGRAM) -D_GNU_SOURCE= -Ilib -Itests -Itests/unit -I$(BUILD) \
	  $(FOREIGN) $(CPPFLAGS) $(CFLAGS) $(PROBE) -c $< -o $@

$(PROBED): $(LIB_C:%.c=$(BUILD)/debug/%.o)
$(HELP): $(patsubst %.c,$(BUILD)/debug/%.o,$(wildcard tests/support/*.c) \
  tests/store/faulty.c)
$(PROBED) $(HELP):
	@mkdir -p $(@D) && $(RM) $@
	$(call say,AR)$(AR) rcsD $@ $^

# The list of suites that tests/suites.c runs; rewritten when it changes.
$(BUILD)/suites.h: FORCE
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(patsubst test_%.c,test_%,$(filter test_%.c, \
	  $(notdir $(UNIT_C)))) > $@.new
	@cmp -s $@.new $@ && $(RM) $@.new || mv $@.new $@

$(BUILD)/debug/tests/suites.o: $(BUILD)/suites.h
$(BUILD)/unit: $(UNIT_C:%.c=$(BUILD)/debug/%.o) $(BUILD)/debug/tests/suites.o
$(MODELS): $(BUILD)/%: $(BUILD)/debug/tests/model/%.o
$(foreach d,$(FOLDERS),$(eval $(BUILD)/$d: $(patsubst %.c,$(BUILD)/debug/%.o, \
  $(wildcard tests/$d/*.c tests/$d/*/*.c))))
$(BUILD)/unit $(PROBES): $(PROBED) $(HELP)
	$(link) $(CFLAGS) $(PROBE) $(LDFLAGS) -o $@ $(filter %.o,$^) $(HELP) \
	  $(PROBED) $(CHECK) $(LIBS)

# A host with a SQLite of its own inside, hidden from the library beside it.
$(HOSTS): $(BUILD)/%: tests/host/%.c $(SHARED)
	$(link) $(PROGRAM) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -L$(BUILD) \
	  -lbilling -Wl,-rpath,'$$ORIGIN' -Wl,--exclude-libs,ALL \
	  -l:libsqlite3.a -lm -ldl

tsan:
	@$(AGAIN) BUILD=$(BUILD)/tsan SANITIZE=thread $(BUILD)/tsan/thread

python: $(BUILD)/venv/ready      ## the Python binding, in a venv below build/
$(BUILD)/venv/ready: $(ONE) $(wildcard bindings/python/*.* \
                     bindings/python/*/*.*)
	$(call say,VENV)BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/package/venv.sh

# ---- gates ------------------------------------------------------------------
abi: all                         ## header matrix, exports, layout, mutants
	@$(SUITES) header layout exports imports cdef mutants baseline
abi-accept: all                  ## make this interface the one to compare with
	@BUILD=$(BUILD) sh tests/abi/baseline.sh --accept
style:                           ## layers, columns, warnings, and figures
	@$(PYTHON) tests/style/cstyle.py --table
	@$(SUITES) text layers warnings
sanitize:                        ## address, undefined, thread; gcc and clang
	@BUILD=$(BUILD) JOBS=$(JOBS) sh tests/package/sanitize.sh
coverage:                        ## lines and branches that the tests reach
	@BUILD=$(BUILD)/coverage MAKE="$(MAKE)" $(PYTHON) tests/style/coverage.py
fuzz: $(ONE)                     ## run every fuzzer for SECONDS=60
	@BUILD=$(BUILD) SECONDS_EACH=$(or $(SECONDS),60) sh tests/package/fuzz.sh
deps:                            ## install the Debian packages (apt-get)
	@sh tests/package/deps.sh install
clean:                           ## delete what was made
	$(RM) -r $(BUILD)

-include $(shell find $(addprefix $(BUILD)/,lib debug examples tests) \
  -name '*.d' 2>/dev/null)
