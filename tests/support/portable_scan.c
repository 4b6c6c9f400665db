/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * portable_scan.c - the scanner of JSON as it is compiled where there is no
 * SSE2, under names of its own, so that both are tested everywhere.
 */
#define BL_MARKS_PORTABLE
#define bl_members_open portable_members_open
#define bl_members_get  portable_members_get
#define bl_member_dec   portable_member_dec
#define bl_member_time  portable_member_time
#define bl_member_print portable_member_print
#define bl_json_scan    portable_json_scan
#include "base/json_scan.c"
#undef bl_members_open
#undef bl_members_get
#undef bl_member_dec
#undef bl_member_time
#undef bl_member_print
#undef bl_json_scan
