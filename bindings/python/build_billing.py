# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the extension module `billing._billing` from billing.h (cffi, API
mode: the C compiler checks every declaration against the header).

The library comes from the first of these that is there:

    BILLING_AMALGAMATION   a folder with billing.c and billing.h
    BILLING_LIB_DIR        a folder with libbilling.a; the header is in
                           BILLING_INCLUDE_DIR, or in ../../include
    BILLING_SYSTEM=1       the installed library, found by pkg-config
    vendor/                what a source distribution carries
    ../../build            what `make all` or `make amalgamation` made
"""
import os
import re
import shlex
import subprocess
import sysconfig

from cffi import FFI

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, os.pardir, os.pardir)
INCLUDE = os.environ.get("BILLING_INCLUDE_DIR", os.path.join(TOP, "include"))
PACKAGES = ("sqlite3", "libcjson", "libsodium")


def _there(*parts):
    """The joined path, when there is such a file."""
    path = os.path.normpath(os.path.join(*parts))
    return path if os.path.exists(path) else None


def _pkg_config(option, *packages):
    tool = os.environ.get("PKG_CONFIG", "pkg-config")
    out = subprocess.run([tool, option, *packages], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return shlex.split(out)


def _amalgamation(folder):
    """(header, build arguments) when the folder has the library in C."""
    source = folder and _there(folder, "billing.c")
    header = folder and _there(folder, "billing.h")
    if not source or not header:
        return None
    return header, {
        "sources": ["library.c"],
        "depends": [source],
        "define_macros": [("NDEBUG", "1")],
        "include_dirs": [os.path.dirname(header)],
        "extra_compile_args": ["-fvisibility=hidden", "-pthread",
                               *_pkg_config("--cflags", *PACKAGES)],
        "extra_link_args": ["-pthread", *_pkg_config("--libs", *PACKAGES)],
    }


def _archive(folder):
    """The same for a built static library."""
    archive = folder and _there(folder, "libbilling.a")
    header = _there(INCLUDE, "billing.h")
    if not archive or not header:
        return None
    return header, {
        "extra_objects": [archive],
        "include_dirs": [os.path.dirname(header)],
        "extra_link_args": ["-pthread", *_pkg_config("--libs", *PACKAGES)],
    }


def _installed():
    """The same for the library that is installed."""
    flags = _pkg_config("--cflags", "billing")
    folders = _pkg_config("--variable=includedir", "billing")
    return _there(folders[0], "billing.h"), {
        "extra_compile_args": flags,
        "extra_link_args": _pkg_config("--libs", "billing"),
    }


def _find():
    named = os.environ.get("BILLING_AMALGAMATION")
    built = os.environ.get("BILLING_LIB_DIR")
    if named:
        found = _amalgamation(named)
    elif built:
        found = _archive(built)
    elif os.environ.get("BILLING_SYSTEM"):
        found = _installed()
    else:
        found = (_amalgamation(os.path.join(HERE, "vendor"))
                 or _amalgamation(os.path.join(TOP, "build", "amalgamation"))
                 or _archive(os.path.join(TOP, "build")))
    if not found:
        raise SystemExit("libbilling is not there: run `make amalgamation`, "
                         "or set BILLING_AMALGAMATION, BILLING_LIB_DIR or "
                         "BILLING_SYSTEM=1")
    return found


def _declarations(header):
    """The header as cffi reads it: no directives, and every whole number that
    it defines as a constant."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    plain = subprocess.run(
        [*shlex.split(compiler), "-E", "-P", "-x", "c", "-DBILLING_FFI",
         header], check=True, stdout=subprocess.PIPE, text=True).stdout
    with open(header, encoding="utf8") as file:
        names = re.findall(r"^#define (BILLING_\w+) \d+u?\b", file.read(),
                           re.M)
    return plain + "".join("#define %s ...\n" % name for name in names)


def version():
    """BILLING_VERSION of the header that is built against."""
    with open(_find()[0], encoding="utf8") as file:
        return re.search(r'^#define BILLING_VERSION "(.*)"', file.read(),
                         re.M).group(1)


def _builder():
    header, arguments = _find()
    builder = FFI()
    builder.cdef(_declarations(header))
    builder.set_source("billing._billing", '#include "billing.h"\n',
                       **arguments)
    return builder


ffibuilder = _builder()

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
