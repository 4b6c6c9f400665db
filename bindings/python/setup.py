# SPDX-License-Identifier: MIT OR Apache-2.0
"""The parts of the build that must be found out: see build_billing.py."""
import os
import runpy

from setuptools import setup

here = os.path.dirname(os.path.abspath(__file__))
library = runpy.run_path(os.path.join(here, "build_billing.py"))

setup(
    version=library["version"](),
    cffi_modules=["build_billing.py:ffibuilder"],
)
