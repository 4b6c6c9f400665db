/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* evaluate_terms.h - readers of what terms.h holds. */
#ifndef BL_EVALUATE_TERMS_H
#define BL_EVALUATE_TERMS_H

#include "engine/evaluate.h"
#include "price/terms.h"

/* bl_words: a list of ids. */
bl_field_read bl_ask_words;
/* bl_named_list: an object of values, each kept by its text. */
bl_field_read bl_ask_named;

/* Reads each item of a list into an array of models of `size` bytes; NULL is
 * an empty list. */
int bl_ask_items(bl_ask *ask, const bl_reader *above, const bl_json *list,
                 const bl_shape *shape, const void *start, size_t size,
                 void *out, size_t *count);

/* Overrides as the kernel `override` takes them; what a unit of a line costs
 * under the one that wins, NULL: none (evaluate_rates.c). */
int bl_ask_overrides(bl_ask *ask, const bl_json *list, bl_override **out,
                     size_t *count);
bl_dec bl_override_unit(const bl_rated_line *line, const bl_drawing *drawing,
                        const bl_override *best);

#endif
