#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# deps.sh WHAT - install what is missing, as Debian packages.
#
#     build     what the library and its examples need, if it is missing
#     test      what `make test` needs, if it is missing
#     install   all of that, asked for by a person
#     gates     and what the gates use when it is there (they skip it if not)
#
# Nothing is fetched when nothing is missing.
set -u
what=${1:-test}
python=${PYTHON:-/usr/bin/python3}

build="build-essential pkg-config libsqlite3-dev libcjson-dev libsodium-dev \
tzdata"
test="check python3 python3-venv python3-dev python3-cffi python3-hypothesis \
python3-setuptools python3-wheel"
gates="clang libclang-rt-14-dev abigail-tools universal-ctags valgrind \
sqlite3 hledger beancount"

missing_build() {
  command -v "${CC:-cc}" > /dev/null || echo "a C compiler"
  for tool in "${PKG_CONFIG:-pkg-config}" awk objcopy; do
    command -v "$tool" > /dev/null || echo "$tool"
  done
  for package in sqlite3 libcjson libsodium; do
    "${PKG_CONFIG:-pkg-config}" --exists $package 2> /dev/null ||
      echo "$package"
  done
  test -e /usr/share/zoneinfo/Europe/Berlin || echo "the time zone files"
}

missing_test() {
  "${PKG_CONFIG:-pkg-config}" --exists check 2> /dev/null || echo "check"
  "$python" -c 'import venv, ensurepip, cffi, hypothesis, setuptools, wheel
import os, sysconfig
open(os.path.join(sysconfig.get_path("include"), "Python.h")).close()' \
    2> /dev/null || echo "Debian's Python with cffi, hypothesis and headers"
}

case $what in
  build)   packages=$build; missing=$(missing_build) ;;
  test)    packages="$build $test"; missing=$(missing_build; missing_test) ;;
  install) packages="$build $test"; missing="(asked for)" ;;
  gates)   packages="$build $test $gates"; missing="(asked for)" ;;
  *)       echo "deps.sh: build, test, install or gates?" >&2; exit 2 ;;
esac
test -n "$missing" || exit 0

if command -v apt-get > /dev/null; then
  if [ "$(id -u)" = 0 ]; then sudo=
  elif sudo -n true 2> /dev/null; then sudo="sudo -n"
  else sudo=none
  fi
  if [ "$sudo" != none ]; then
    echo "installing what is missing:" $missing
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
      $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends $packages
    exit
  fi
fi
echo "missing:" $missing
echo "install it with:"
echo "  sudo apt-get install" $packages
exit 1
