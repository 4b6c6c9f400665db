/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* readers.h - threads ask what customers can spend while others record. */
#ifndef READERS_H
#define READERS_H

#include "billing.h"

typedef void thread_check(int is_true, const char *what);

/* One thread writes a board as fast as it can, others read it. */
void read_while_one_writes(thread_check *check);
/* On an empty handle, which stays the caller's. */
void read_while_others_write(billing *handle, thread_check *check);

#endif
