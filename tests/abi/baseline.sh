#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# baseline.sh [--accept] - the interface against lib/billing.abi.
#
# Shows every difference.  Until 1.0 a difference that breaks programs fails
# unless the line that is printed for it also stands, word for word, in
# CHANGELOG.md; from 1.0 on it always fails.  --accept makes the present
# interface the baseline (`make abi-accept`), and the layout with it.
. tests/tally.sh

if ! have abidw; then
  skip baseline "abidw (abigail-tools) is not installed"
  tally
  exit
fi

mkdir -p "$BUILD"
abidw --headers-dir include --drop-private-types \
  --exported-interfaces-only --no-show-locs --no-corpus-path \
  --no-comp-dir-path --type-id-style hash \
  --out-file "$BUILD/billing.abi" "$BUILD/libbilling.so" || exit 1

if [ "${1:-}" = --accept ]; then
  cp "$BUILD/billing.abi" lib/billing.abi
  $PYTHON tests/abi/layout.py --accept
  exit
fi

judge() {
  $PYTHON tests/abi/append_only.py lib/billing.abi "$BUILD/billing.abi" \
    > "$scratch/judged"
  status=$?
  cat "$scratch/judged"
  grep -q '^#define BILLING_VERSION "0\.' include/billing.h || return $status
  grep -v '^+ ' "$scratch/judged" > "$scratch/breaks"
  test $status -eq 0 -o -s "$scratch/breaks" || return 3
  while read -r line; do
    grep -qF -- "$line" CHANGELOG.md 2> /dev/null || {
      echo "not declared in CHANGELOG.md: $line"
      status=2
    }
  done < "$scratch/breaks"
  test $status -ne 2
}

check "the interface only grew, or the change is declared" judge
test -s "$scratch/judged" && cat "$scratch/judged"
tally
