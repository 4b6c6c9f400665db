# SPDX-License-Identifier: MIT OR Apache-2.0
# tally.sh - counting for the test scripts; read with `. tests/tally.sh`.
#
#     check "what is true" command arguments     one test: its exit status
#     skip name "reason"                         one test that cannot run here
#     tally                                      the closing line, and status

BUILD=${BUILD:-build}
CC=${CC:-cc}
PYTHON=${PYTHON:-/usr/bin/python3}
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
passed=0
failed=0
skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check() {
  tally_what=$1
  shift
  if "$@" > "$scratch/tally.log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $tally_what"
    tail -n 40 "$scratch/tally.log" | sed 's/^/    /'
  fi
}

skip() {
  skipped=$((skipped + 1))
  echo "SKIPPED $1: $2"
}

have() {
  command -v "$1" > /dev/null 2>&1
}

tally() {
  echo "$passed passed, $failed failed, $skipped skipped"
  test "$failed" -eq 0
}
