#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# amalgamation.sh - billing.c compiles alone, with gcc and with clang, as a
# host would compile it; so does lib/all.c; the unit tests pass on it.
. tests/tally.sh

one=$BUILD/amalgamation
packages="sqlite3 libcjson libsodium"
flags="-O2 -fPIC -fvisibility=hidden -DNDEBUG -pthread \
$(pkg-config --cflags $packages)"
probe="-fsanitize=address,undefined"

check "make amalgamation" ${MAKE:-make} -s BUILD="$BUILD" amalgamation
check "it needs no file of ours but billing.h" \
  sh -c "! grep '#include \"' '$one/billing.c'"

# What a header offers inline need not be used by the library itself.
warn="-Wall -Wextra -Werror -Wno-unused-function"
for compiler in gcc clang; do
  if ! have $compiler; then
    skip "amalgamation-$compiler" "$compiler is not installed"
    continue
  fi
  check "$compiler compiles it without a warning" \
    $compiler $flags $warn -c -o "$scratch/$compiler.o" "$one/billing.c"
  check "$compiler takes it as C11" \
    $compiler -std=c11 $flags $warn -fsyntax-only "$one/billing.c"
done
check "lib/all.c compiles as it is" \
  $CC -std=c11 -Iinclude -Ilib $flags -fsyntax-only lib/all.c

# The unit tests' own objects, on one object of the library without asserts.
objects=$(ls "$BUILD"/debug/tests/unit/*.o "$BUILD"/debug/tests/store/*.o \
  "$BUILD"/debug/tests/suites.o 2> /dev/null)
one_o=$scratch/gcc.o
test -e "$one_o" || one_o=$scratch/clang.o
check "the unit tests link with it" \
  $CC $probe -o "$scratch/unit" $objects "$one_o" \
  "$BUILD/debug/libsupport.a" \
  $(pkg-config --libs check $packages) -pthread
check "the unit tests pass on it" "$scratch/unit"
tally
