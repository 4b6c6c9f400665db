#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# header.sh - include/billing.h compiles as every C and C++ that hosts use:
# alone, twice, and after a host's own macros; without padding in any struct.
. tests/tally.sh

cat > "$scratch/alone.c" <<'END'
#include "billing.h"
int alone(void);
int alone(void) { return BILLING_OK; }
END
cat > "$scratch/twice.c" <<'END'
#include "billing.h"
#include "billing.h"
int twice(void);
int twice(void) { return BILLING_DONE; }
END
cat > "$scratch/after.c" <<'END'
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define ERROR 0
#define interface struct
#define small char
#define near
#define far
#define IN
#define OUT
#include "billing.h"
int after(void);
int after(void) { return BILLING_OK; }
END
for name in alone twice after; do
  cp "$scratch/$name.c" "$scratch/$name.cc"
done

c="-Iinclude -Wall -Wextra -Wpedantic -Wpadded -Werror -fsyntax-only"
cxx="-Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only"
for compiler in gcc clang; do
  if ! have $compiler; then
    skip "header-$compiler" "$compiler is not installed"
    continue
  fi
  for std in c99 c11 c17 c2x; do
    for name in alone twice after; do
      check "$compiler -std=$std, $name" \
        $compiler -std=$std $c "$scratch/$name.c"
    done
  done
done
for compiler in g++ clang++; do
  if ! have $compiler; then
    skip "header-$compiler" "$compiler is not installed"
    continue
  fi
  for std in c++98 c++11 c++17 c++20; do
    for name in alone twice after; do
      check "$compiler -std=$std, $name" \
        $compiler -std=$std $cxx "$scratch/$name.cc"
    done
  done
done

# Macros that it adds to a host are ours by name, and so are its types.
macros() {
  echo '#include "billing.h"' |
    gcc -Iinclude -dM -E -x c - | awk '{print $2}' | sed 's/(.*//' | sort
}
base_macros() {
  printf '#include <stddef.h>\n#include <stdint.h>\n' |
    gcc -dM -E -x c - | awk '{print $2}' | sed 's/(.*//' | sort
}
only_ours() {
  macros > "$scratch/with"
  base_macros > "$scratch/without"
  comm -23 "$scratch/with" "$scratch/without" | grep -v '^BILLING_' &&
    return 1
  return 0
}
check "every macro is BILLING_*" only_ours
tally
