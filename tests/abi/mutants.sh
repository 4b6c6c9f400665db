#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# mutants.sh - a gate is as good as what it refuses.  A toy library is edited
# in 17 ways, 5 harmless and 12 that break programs; append_only.py must
# refuse exactly the 12.
. tests/tally.sh

if ! have abidw; then
  skip mutants "abidw (abigail-tools) is not installed"
  tally
  exit
fi

toy=$scratch/toy
soname=libtoy.so.1
compiler=$CC
refused=0

fresh() {
  mkdir -p "$toy"
  cp tests/abi/toy.h tests/abi/toy.c tests/abi/toy.map "$toy"
}

# Builds what stands in $toy and writes its interface to the file $1.
describe() {
  (cd "$toy" && $compiler -g -O1 -shared -fPIC -I. -Wl,-soname,$soname \
    -Wl,--version-script=toy.map -ffile-prefix-map="$toy"=. \
    -o libtoy.so toy.c) &&
  abidw --headers-dir "$toy" --drop-private-types \
    --exported-interfaces-only --no-show-locs --no-corpus-path \
    --no-comp-dir-path --type-id-style hash \
    --out-file "$1" "$toy/libtoy.so"
}

judge() {
  describe "$scratch/new.abi" &&
  $PYTHON tests/abi/append_only.py "$scratch/old.abi" "$scratch/new.abi"
}

edit() {
  cp "$toy/$1" "$scratch/before"
  sed -i "$2" "$toy/$1"
  if cmp -s "$toy/$1" "$scratch/before"; then
    echo "FAILED an edit that changes nothing: $2"
    failed=$((failed + 1))
  fi
}

accept() {
  what=$1
  shift
  check "takes: $what" judge
}

refuse() {
  check "refuses: $1" is_refused
}

# Refused by the judge, and not because the edit does not compile.
is_refused() {
  describe "$scratch/new.abi" || return 1
  ! $PYTHON tests/abi/append_only.py "$scratch/old.abi" "$scratch/new.abi" &&
    refused=$((refused + 1))
}

fresh
describe "$scratch/old.abi" || exit 1

# 1 to 5: harmless
have clang && compiler=clang
accept "nothing changed, another compiler"
compiler=$CC

fresh
edit toy.c 's/^  int64_t            from_us;/  int64_t now_us, from_us;/'
accept "a private struct changed"

fresh
edit toy.h 's/^void toy_close/int toy_more(toy *t);\n&/'
edit toy.c 's/^void toy_close/int toy_more(toy *t) { return !t; }\n&/'
printf 'TOY_1.1 { global: toy_more; } TOY_1.0;\n' >> "$toy/toy.map"
accept "a function was added, in a node of its own"

fresh
edit toy.h 's/^  toy_str  name;/&\n  int64_t  more;/'
accept "a member was appended to a struct with struct_size"

fresh
edit toy.h 's/^  void (\*close)(void \*s);/&\n  int (*lock)(void *s);/'
accept "a method was appended to a table of methods"

# 6 to 17: each breaks somebody
fresh
edit toy.h 's/^  int64_t  to_us;/  int64_t  more;\n&/'
refuse "a member was inserted in the middle"

fresh
edit toy.h 's/from_us;/swap;/; s/to_us;/from_us;/; s/swap;/to_us;/'
refuse "members were reordered"

fresh
edit toy.h 's/^  int64_t  to_us;/  uint64_t to_us;/'
refuse "a member was retyped"

fresh
edit toy.h 's/^  int64_t  to_us;/  int64_t  until_us;/'
refuse "a member was renamed"

fresh
edit toy.h 's/^  size_t      len;/&\n  size_t      room;/'
refuse "a struct without struct_size grew"

fresh
edit toy.h 's/(\*commit)(void \*s)/(*commit)(void *s, int how)/'
refuse "a method's signature changed"

fresh
edit toy.h '/(\*begin)/{h;d}; /(\*commit)/{G}'
refuse "two methods were swapped"

fresh
edit toy.h 's/uint32_t which/uint64_t which/'
edit toy.c 's/uint32_t which/uint64_t which/'
refuse "a parameter was widened"

fresh
edit toy.h 's/^int toy_limit/int64_t toy_limit/'
edit toy.c 's/^int toy_limit/int64_t toy_limit/'
refuse "a return type changed"

fresh
edit toy.map '/toy_limit/d'
refuse "a function was removed"

fresh
edit toy.map '/toy_limit/d'
printf 'TOY_1.1 { global: toy_limit; } TOY_1.0;\n' >> "$toy/toy.map"
refuse "a function moved to another node"

fresh
soname=libtoy.so.2
refuse "the SONAME changed"

check "exactly 12 of 17 were refused, not $refused" test $refused -eq 12
tally
