/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * foretell.h - before each advance of a scenario every customer's preview says
 * which invoices will come; after it they must be these, byte by byte, but for
 * their numbers.
 */
#ifndef FORETELL_H
#define FORETELL_H

#include "support/scenario.h"

/* A scenario_run's `advancing`.  What did not come true stands in the
 * transcript, which is then not the expected one. */
void foretell(scenario_run *r, int64_t until_us, int is_done);

#endif
