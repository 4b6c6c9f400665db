#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# fuzz.sh - every tests/fuzz/*.c with libFuzzer, for SECONDS_EACH (10) and
# from a fixed seed; what it starts from lies in tests/fuzz/corpus/<name>/.
. tests/tally.sh

each=${SECONDS_EACH:-10}
test "${FULL:-0}" = 0 || each=120
if ! ls tests/fuzz/*.c > /dev/null 2>&1; then
  skip fuzz "tests/fuzz is not there"
  tally
  exit
fi
echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n);
int LLVMFuzzerTestOneInput(const char *p, unsigned long n) {
  return !p && n; }' > "$scratch/probe.c"
if ! have clang ||
   ! clang -fsanitize=fuzzer -o "$scratch/probe" "$scratch/probe.c" \
     2> /dev/null; then
  skip fuzz "clang with libFuzzer (libclang-rt-14-dev) is not installed"
  tally
  exit
fi

made=$BUILD/fuzz
probe="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
-fno-sanitize-recover=all"
packages="sqlite3 libcjson libsodium"
flags="-std=gnu11 -Iinclude -Ilib -Itests -pthread \
$(pkg-config --cflags $packages)"
mkdir -p "$made"
check "the library compiles for the fuzzers" \
  clang $flags $probe -fsanitize=fuzzer-no-link -c -o "$made/billing.o" \
  "$BUILD/amalgamation/billing.c"

for file in tests/fuzz/*.c; do
  name=$(basename "$file" .c)
  mkdir -p "$made/$name.found" "$made/$name.crash"
  check "$name compiles" \
    clang $flags $probe -fsanitize=fuzzer -o "$made/$name" "$file" \
    "$made/billing.o" $(pkg-config --libs $packages)
  corpus=tests/fuzz/corpus/$name
  test -d "$corpus" || corpus=
  test -x "$made/$name" && check "$name, $each seconds" \
    "$made/$name" -seed=1 -max_total_time="$each" -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$made/$name.crash/" \
    "$made/$name.found" $corpus
done
tally
