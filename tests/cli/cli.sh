#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# cli.sh - the tool as a program: every command, kill -9, two processes.
. tests/tally.sh
. tests/demo/each.sh

export BUILD PYTHONDONTWRITEBYTECODE=1
each tests/cli/test_cli.py
each tests/cli/test_export.py
each tests/cli/kill9.py
each tests/cli/import_million.py 50000
each tests/cli/two_writers.py
tally
