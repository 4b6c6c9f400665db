/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * named.c - whether what is asked for is there.
 *
 *     {region: eu} lies within {region: eu, cloud: a}, and not the other way;
 *     nothing lies within everything
 */
#include "price/terms.h"

int bl_named_within(const bl_named_list *asked, const bl_named_list *given) {
  for (size_t i = 0; i < asked->count; i++) {
    size_t k = 0;

    while (k < given->count &&
           !(bl_str_equal(asked->item[i].name, given->item[k].name) &&
             bl_str_equal(asked->item[i].value, given->item[k].value)))
      k++;
    if (k == given->count) return 0;
  }
  return 1;
}
