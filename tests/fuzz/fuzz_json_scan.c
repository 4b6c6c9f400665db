/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_json_scan.c - the scanner of objects, with and without SSE2, against
 * the strict reader and cJSON: one verdict in the same words, and the same
 * members.  fuzz_json.c has the strict reader itself.
 */
#include <stdint.h>
#include <stdio.h>

#include "support/scan_same.c"

#include "support/portable_scan.c"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const char *why;

  if (size > UINT32_MAX) return 0;
  why = scan_difference((const char *)bytes, size, 0);
  if (!why) return 0;
  fprintf(stderr, "fuzz_json_scan: %s\n", why);
  abort();
}
