#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# valgrind.sh - the examples, on the library as it is installed: no invalid
# access, nothing lost.
. tests/tally.sh

if ! have valgrind; then
  skip valgrind "valgrind is not installed"
  tally
  exit
fi
here=$(pwd)
for example in "$BUILD"/examples/0*; do
  case $example in *.o | *.d | *'*') continue ;; esac
  case $example in /*) ;; *) example=$here/$example ;; esac
  check "$(basename "$example")" \
    sh -c "cd '$scratch' && valgrind -q --error-exitcode=9 --leak-check=full \
           --errors-for-leak-kinds=definite '$example'"
done
tally
