/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_sql_meter.c - whatever the statement, it is refused or gives the same
 * quantities each time, and it ends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/sql_meter.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds) {
  if (!holds) abort();
}

static void add(bl_sandbox *box) {
  static const char *const models[] = {"m1", "1.0", NULL, "01"};

  for (int64_t i = 0; i < 4; i++) {
    bl_str model = bl_str_of(models[i]);
    bl_sql_event event = {BL_STR("llm"), BL_STR("k"), i * BL_HOUR,
                          bl_dec_ratio(bl_dec_of_int(i), 1, 4), &model};

    must(!bl_sandbox_add(box, &event));
  }
}

/* The code, and all quantities as one text. */
static int run(bl_str text, bl_arena *a, bl_text *out) {
  static const bl_str property = {"model", 5};
  bl_sql_meter meter = {text, &property, 1};
  bl_sql_quantity *rows = NULL;
  bl_sandbox *box = NULL;
  size_t count = 0;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = bl_sandbox_open(&meter, (bl_span){0, BL_DAY}, a, "/sql", &box, &err);
  must(rc == BILLING_OK || rc == BILLING_INVALID);
  if (!rc) add(box);
  if (!rc) rc = bl_sandbox_run(box, &rows, &count);
  must(rc == BILLING_OK || rc == BILLING_INVALID || rc == BILLING_LIMIT);
  must(rc == BILLING_OK || err.message[0]);
  bl_text_open(out, a);
  for (size_t i = 0; !rc && i < count; i++) {
    must(bl_dec_is_valid(rows[i].quantity));
    bl_text_str(out, rows[i].group);
    bl_text_dec(out, rows[i].quantity);
  }
  bl_sandbox_close(box);
  return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  bl_str text = {(const char *)bytes, size};
  bl_text once, again;
  bl_arena a;
  int rc;

  bl_arena_open(&a, NULL);
  rc = run(text, &a, &once);
  must(run(text, &a, &again) == rc);
  must(once.len == again.len);
  must(!once.len || !memcmp(once.text, again.text, once.len));
  bl_arena_close(&a);
  return 0;
}
