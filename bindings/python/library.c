/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* library.c - the whole library, when it is built into the binding: a path
 * outside of this folder may not be a source of a Python package. */
#include "billing.c"
