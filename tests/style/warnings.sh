#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# warnings.sh - each file of the library compiles without a warning, with
# gcc and with clang, with and without its assertions.
. tests/tally.sh

warn="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings"
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib $warn -Werror \
$(pkg-config --cflags sqlite3 libcjson libsodium)"

for compiler in gcc clang; do
  if ! have $compiler; then
    skip "warnings-$compiler" "$compiler is not installed"
    continue
  fi
  for file in lib/*/*.c; do
    check "$compiler $file" $compiler $flags -c -o "$scratch/o" "$file"
    check "$compiler $file, release" \
      $compiler $flags -DNDEBUG -c -o "$scratch/o" "$file"
  done
done
tally
