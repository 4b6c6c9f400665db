#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# sanitize.sh - the unit tests and the golden scenarios under the address,
# undefined and thread sanitizers, with gcc and with clang.  Within a plain
# `make test` (FULL=0) only what that run has not seen already: clang's
# address and undefined.
. tests/tally.sh

# gcc 12's sanitizers lose their way when addresses are very random.
same=
setarch -R true 2> /dev/null && same="setarch -R"
jobs=${JOBS:-2}

if [ "${FULL:-1}" = 0 ]; then compilers=clang kinds=address,undefined
else compilers="gcc clang" kinds="address,undefined thread"
fi
for compiler in $compilers; do
  if ! have $compiler; then
    skip "sanitize-$compiler" "$compiler is not installed"
    continue
  fi
  for kind in $kinds; do
    folder=$BUILD/sanitize/$compiler-${kind%%,*}
    programs=$folder/unit
    for name in golden thread; do
      test ! -e "tests/$name/$name.c" || programs="$programs $folder/$name"
    done
    check "$compiler -fsanitize=$kind builds" \
      ${MAKE:-make} -s -j"$jobs" BUILD="$folder" CC=$compiler \
      SANITIZE=$kind CFLAGS="-O1 -g" $programs
    for program in $programs; do
      check "$compiler -fsanitize=$kind: $(basename "$program")" \
        $same "$program"
    done
  done
done
tally
