/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * arena.c - the library's arena without its blocks: whatever is taken from it
 * is asked of the host, one by one, so that a sweep can refuse each.  It takes
 * the place of the library's own when this program is linked.
 */
#define ARENA_SMALLEST ((size_t)1)
#define ARENA_LARGEST ((size_t)2)
#include "base/arena.c"
