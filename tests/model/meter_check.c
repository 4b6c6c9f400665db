/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * meter_check.c - reads a request of billing_evaluate on each line and prints
 * its answer, or "refused" and the code's name, for comparison with another
 * implementation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <billing.h>

int main(void) {
  static char line[1 << 20];

  while (fgets(line, sizeof line, stdin)) {
    billing_doc *doc = NULL;
    size_t len = strlen(line);
    int rc;

    if (len && line[len - 1] == '\n') len--;
    rc = billing_evaluate(NULL, line, len, &doc, NULL);
    if (rc) printf("refused %s\n", billing_code_name(rc));
    else puts(billing_doc_text(doc));
    billing_doc_free(doc);
  }
  return ferror(stdin) != 0;
}
