#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# install.sh - make install puts the right files in the right places, the
# examples compile against the installed library alone (pkg-config, shared and
# static) and run, and make uninstall leaves nothing.
. tests/tally.sh

make=${MAKE:-make}
root=$scratch/root
prefix=$scratch/prefix
version=$(sed -n 's/^#define BILLING_VERSION "\(.*\)"/\1/p' include/billing.h)
major=${version%%.*}

expected() {
  test ! -d examples/cli || echo ./opt/billing/bin/billing
  echo ./opt/billing/include/billing.h
  echo ./opt/billing/lib/libbilling.a
  echo ./opt/billing/lib/libbilling.so
  echo "./opt/billing/lib/libbilling.so.$major"
  echo "./opt/billing/lib/libbilling.so.$version"
  echo ./opt/billing/lib/pkgconfig/billing.pc
}
same_files() {
  (cd "$root" && find . ! -type d | sort) > "$scratch/is"
  expected | diff - "$scratch/is"
}
nothing_left() {
  test -z "$(find "$root" ! -type d)"
}

check "make install DESTDIR=" \
  $make -s BUILD="$BUILD" install DESTDIR="$root" PREFIX=/opt/billing
check "it installed these files and no others" same_files
check "billing.pc knows its prefix" \
  grep -qx 'prefix=/opt/billing' "$root/opt/billing/lib/pkgconfig/billing.pc"
check "make uninstall DESTDIR=" \
  $make -s BUILD="$BUILD" uninstall DESTDIR="$root" PREFIX=/opt/billing
check "nothing is left" nothing_left

check "make install PREFIX=" \
  $make -s BUILD="$BUILD" install PREFIX="$prefix"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
export LD_LIBRARY_PATH="$prefix/lib"
check "pkg-config knows version $version" \
  pkg-config --exact-version="$version" billing
check "the SONAME is libbilling.so.$major" \
  sh -c "objdump -p '$prefix/lib/libbilling.so' |
         grep -qE 'SONAME +libbilling\\.so\\.$major\$'"

# The examples see nothing of this tree.
shared=$(pkg-config --cflags --libs billing)
static="$(pkg-config --cflags billing) $prefix/lib/libbilling.a \
$(pkg-config --static --libs billing | sed 's/-lbilling//')"
mkdir "$scratch/steps"
for example in examples/0*.c; do
  test -e "$example" || continue
  name=$(basename "$example" .c)
  cp "$example" "$scratch/steps"
  for kind in shared static; do
    eval "flags=\$$kind"
    check "$name compiles, $kind" $CC -std=gnu11 -Wall -Wextra -Werror \
      -o "$scratch/steps/$name" "$scratch/steps/$name.c" $flags
    check "$name runs, $kind" \
      sh -c "cd '$scratch/steps' && ./$name"
  done
  check "$name is under 120 lines" \
    test "$(wc -l < "$example")" -lt 120
done
if [ -e "$prefix/bin/billing" ]; then
  check "the installed tool runs" "$prefix/bin/billing" --version
fi

# A host that has a bl_ function of its own links with the static library.
cat > "$scratch/clash.c" <<'END'
#include <billing.h>
int bl_dec_add(void);
int bl_dec_add(void) { return 7; }
int main(void) {
  return billing_abi_version() == BILLING_ABI_VERSION && bl_dec_add() == 7
    ? 0 : 1;
}
END
check "internal names do not clash with a host's" \
  $CC -o "$scratch/clash" "$scratch/clash.c" $static
check "and both work" "$scratch/clash"
tally
