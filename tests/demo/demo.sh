#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# demo.sh - every figure that the demo prints; a trace that is written for the
# purpose, and the real one when TRACE names it or it lies beside the project.
. tests/tally.sh
. tests/demo/each.sh

export BUILD
trace=${TRACE:-../shared/data/azure_llm_code_2023.csv}
each tests/demo/check_demo.py
each tests/demo/check_trace.py
if [ -e "$trace" ]; then
  each tests/demo/check_trace.py "$trace"
else
  skip trace "$trace is not there"
fi
tally
