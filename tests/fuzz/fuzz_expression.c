/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_expression.c - whatever the text, an expression is read or refused at
 * a place in it, and what was read gives one value, the same each time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "expression/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds) {
  if (!holds) abort();
}

static int run(const bl_expression *program, const bl_members *properties,
               bl_arena *a, bl_expression_value *v) {
  bl_expression_event event = {BL_STR("llm"), INT64_C(1786631835250000),
                               BL_DEC_ONE, properties};
  bl_expression_fault fault = {0};
  int rc = bl_expression_run(program, &event, a, v, &fault);

  must(rc == BILLING_OK || rc == BILLING_INVALID || rc == BILLING_LIMIT);
  must(rc == BILLING_OK || (fault.what && fault.at <= program->source.len));
  must(rc || v->kind != BL_EXPRESSION_NUMBER || bl_dec_is_valid(v->number));
  must(rc || v->kind != BL_EXPRESSION_TEXT ||
       v->text.len <= 40u * BL_LIMIT_EXPRESSION_GAS);
  return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static const char json[] =
    "{\"a\":1,\"b\":\"2.50\",\"c\":\"x\",\"d\":true,\"e\":null,\"f\":[]}";
  bl_expression_value once, again;
  bl_expression_fault fault = {0};
  bl_expression program;
  bl_members properties;
  bl_arena a;
  int rc;

  bl_arena_open(&a, NULL);
  bl_members_open(&properties, &a);
  must(!bl_json_scan(bl_str_of(json), &properties, NULL));
  rc = bl_expression_read((bl_str){(const char *)bytes, size}, &a, &program,
                          &fault);
  must(rc == BILLING_OK || rc == BILLING_INVALID || rc == BILLING_LIMIT);
  must(rc == BILLING_OK || (fault.what && fault.at <= size));
  if (!rc) {
    rc = run(&program, &properties, &a, &once);
    must(rc == run(&program, &properties, &a, &again));
    must(rc || (once.kind == again.kind && once.places == again.places &&
                bl_str_equal(once.text, again.text)));
    (void)run(&program, NULL, &a, &again);
  }
  bl_arena_close(&a);
  return 0;
}
