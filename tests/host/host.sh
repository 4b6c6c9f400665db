#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# host.sh - libbilling on the connection of a host: a program with a second
# SQLite inside, and Python's sqlite3.  BUILD and PYTHON as in the Makefile.
build=${BUILD:-build}
python=${PYTHON:-/usr/bin/python3}
passed=0 failed=0 skipped=0

# Adds "N passed, N failed" of a program, or one failure when it said nothing.
add() {
  line=$(printf '%s\n' "$1" | grep -E '^[0-9]+ passed, [0-9]+ failed$' |
         tail -n 1)
  if [ -z "$line" ]; then failed=$((failed + 1)); return; fi
  good=${line%% passed*} bad=${line#*, } bad=${bad%% failed}
  passed=$((passed + good))
  failed=$((failed + bad))
  if [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then failed=$((failed + 1)); fi
}

if [ -x "$build/second_sqlite" ]; then
  out=$("$build/second_sqlite" 2>&1)
  status=$?
  printf '%s\n' "$out" | grep -v ' passed, '
  add "$out" "$status"
else
  echo 'SKIPPED second_sqlite: there is no libsqlite3.a to link'
  skipped=$((skipped + 1))
fi

can='import sqlite3, sys
sys.exit(not hasattr(sqlite3.connect(":memory:"), "enable_load_extension"))'
if "$python" -c "$can" 2>/dev/null; then
  out=$("$python" tests/host/python_sqlite3.py "$build/libbilling.so" 2>&1)
  status=$?
  ran=$(printf '%s\n' "$out" |
        sed -n 's/^Ran \([0-9]*\) tests\{0,1\} in.*/\1/p')
  bad=$(printf '%s\n' "$out" | grep -cE '^(FAIL|ERROR): ')
  if [ "$status" -ne 0 ]; then printf '%s\n' "$out"; fi
  if [ -z "$ran" ]; then ran=1 bad=1; fi
  passed=$((passed + ran - bad))
  failed=$((failed + bad))
else
  echo 'SKIPPED python_sqlite3: this Python cannot load extensions'
  skipped=$((skipped + 1))
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
