#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# venv.sh - a Python environment below $BUILD with the binding installed.
# It sees Debian's packages and needs no package index.
set -eu
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-/usr/bin/python3}

# A copy is built, so that the source tree stays as it is.
test -x "$BUILD/venv/bin/python" ||
  "$PYTHON" -m venv --system-site-packages "$BUILD/venv"
rm -rf "$BUILD/python"
mkdir -p "$BUILD/python"
cp -R bindings/python/. "$BUILD/python"
BILLING_AMALGAMATION=$(cd "$BUILD/amalgamation" && pwd) \
  "$BUILD/venv/bin/python" -m pip install --quiet --no-index --no-deps \
  --no-build-isolation --disable-pip-version-check --force-reinstall \
  "$BUILD/python"
touch "$BUILD/venv/ready"
