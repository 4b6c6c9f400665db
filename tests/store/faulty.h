/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * faulty.h - a store for tests that passes every call to another one and
 * fails when it is told to.
 *
 *     billing_store *s = faulty_store(inner);
 *     for (n = 1; ; n++) {
 *       faulty_arm(s, n, BILLING_STORE, FAULTY_ONCE);
 *       do the work;
 *       if (!faulty_has_failed(s)) break;      the work makes n - 1 calls
 *       look what is there now;
 *     }
 *
 * Only calls that can fail are counted: not rollback, end and close.
 */
#ifndef FAULTY_H
#define FAULTY_H

#include "billing.h"

#define FAULTY_ONCE 0u        /* the call fails and is not passed on */
#define FAULTY_FOR_GOOD 1u    /* so do all calls after it */
/* The call is passed on and its success is kept secret, as when a connection
 * breaks after a commit. */
#define FAULTY_AFTERWARDS 2u
/* As ONCE, but only calls of sync are counted, which no other mode counts. */
#define FAULTY_SYNC 3u

/* Owns inner.  NULL when memory is out. */
billing_store *faulty_store(billing_store *inner);
/* The n-th call from now fails with this code; n = 0: none does. */
void faulty_arm(billing_store *s, uint64_t n, int code, uint32_t mode);
/* Whether a call has failed since it was armed. */
int faulty_has_failed(const billing_store *s);
/* The name of the method that did. */
const char *faulty_method(const billing_store *s);
/* Calls since it was made, or since it was armed. */
uint64_t faulty_calls(const billing_store *s);
billing_store *faulty_inner(const billing_store *s);

#endif
