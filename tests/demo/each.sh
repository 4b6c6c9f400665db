# SPDX-License-Identifier: MIT OR Apache-2.0
# each.sh - adds what a script counts in its last line to the tally.

each() {
  "$PYTHON" "$@" > "$scratch/each" 2>&1
  each_status=$?
  cat "$scratch/each"
  each_counts=$(tail -n 1 "$scratch/each" |
    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p')
  if [ -z "$each_counts" ]; then
    each_counts="0 1"
    echo "FAILED $1 did not come to its end"
  fi
  passed=$((passed + ${each_counts% *}))
  failed=$((failed + ${each_counts#* }))
  if [ $each_status -ne 0 ] && [ "${each_counts#* }" = 0 ]; then
    failed=$((failed + 1))
    echo "FAILED $1 ended with $each_status"
  fi
}
