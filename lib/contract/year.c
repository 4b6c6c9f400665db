/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * year.c - years of a contract, counted on the wall clock from its start.
 *
 *     from 29 February 2024:  28 February 2025 begins the second year,
 *     29 February 2028 the fifth
 */
#include "contract/contract.h"

int64_t bl_contract_year(const bl_contract_terms *terms, const bl_zone *zone,
                         int64_t us) {
  bl_civil start = bl_civil_of_us(bl_zone_to_local(zone, terms->start_us));
  bl_civil now = bl_civil_of_us(bl_zone_to_local(zone, us));
  bl_civil birthday = start;
  int32_t days;

  birthday.date.year = now.date.year;
  days = bl_days_in_month(now.date.year, start.date.month);
  if (birthday.date.day > days) birthday.date.day = days;
  return now.date.year - start.date.year -
         (bl_us_of_civil(now) < bl_us_of_civil(birthday));
}
