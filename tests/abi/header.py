# SPDX-License-Identifier: MIT OR Apache-2.0
"""The public header as other languages see it; shared by the gates here."""
import os
import re
import subprocess

import cffi

HEADER = 'include/billing.h'


def plain():
    """The header for a foreign function interface: cpp -P -DBILLING_FFI."""
    return subprocess.run(
        [os.environ.get('CC', 'cc').split()[0], '-E', '-P', '-x', 'c',
         '-DBILLING_FFI', HEADER],
        check=True, capture_output=True, text=True).stdout


def functions():
    """The names that the header marks as exported."""
    with open(HEADER, encoding='utf8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    text = re.sub(r'^\s*#.*$', '', text, flags=re.M)
    return set(re.findall(r'BILLING_API\b[^;(]*?\b(\w+)\s*\(', text))


def parsed():
    """A cffi.FFI that knows the whole header."""
    ffi = cffi.FFI()
    ffi.cdef(plain())
    return ffi


def structs(ffi):
    """Names of the structs that the header defines, in its order."""
    found = re.findall(r'\bstruct\s+(billing_\w+)\s*\{', plain())
    return [name for name in found
            if ffi.typeof('struct ' + name).fields is not None]
