/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_override(void);

static bl_str a_word = {"A", 1};

/* The worked example, and one that is for other lines. */
static const char *winner(int is_drawn, int by_priority, uint32_t why[4]) {
  bl_span ever = {0, BL_TIME_NEVER};
  bl_override o[] = {
    {.id = BL_STR("half"), .kind = BL_OVERRIDE_MULTIPLIER, .span = ever,
     .factor = D("0.5"), .priority = 2},
    {.id = BL_STR("six"), .kind = BL_OVERRIDE_OVERWRITE, .span = ever,
     .unit = D("6")},
    {.id = BL_STR("tenth"), .kind = BL_OVERRIDE_MULTIPLIER, .span = ever,
     .factor = D("0.9"), .by_grant = 1, .grants = {&a_word, 1}},
    {.id = BL_STR("other"), .kind = BL_OVERRIDE_OVERWRITE, .span = ever,
     .unit = D("1"), .price = BL_STR("q")},
  };
  bl_rated_line line = {.price = BL_STR("p"), .unit = D("10"),
                        .commit_unit = BL_DEC_BAD};
  bl_drawing drawing = {.id = BL_STR("A"), .is_drawn = is_drawn != 0};
  const bl_override *best = bl_override_choose(o, 4, &line, &drawing,
                                               by_priority, why);
  static char name[20];

  ck_assert_ptr_nonnull(best);
  memcpy(name, best->id.text, best->id.len);
  name[best->id.len] = '\0';
  return name;
}

START_TEST(one_override_wins_and_each_other_says_why_not) {
  uint32_t why[4];

  ck_assert_str_eq(winner(1, 0, why), "tenth");
  ck_assert_str_eq(bl_why_words[why[0]], "is outranked");
  ck_assert_str_eq(bl_why_words[why[1]], "is outranked");
  ck_assert_str_eq(bl_why_words[why[2]], "wins");
  ck_assert_str_eq(bl_why_words[why[3]], "is for other lines");
  ck_assert_str_eq(winner(0, 0, why), "six");
  ck_assert_uint_eq(why[2], BL_WHY_NOT_DRAWN);
}
END_TEST

START_TEST(multipliers_go_by_factor_or_by_priority) {
  bl_span ever = {0, BL_TIME_NEVER};
  bl_override o[] = {
    {.kind = BL_OVERRIDE_MULTIPLIER, .span = ever, .factor = D("0.9"),
     .priority = 1},
    {.kind = BL_OVERRIDE_MULTIPLIER, .span = ever, .factor = D("0.8"),
     .priority = 2},
    {.kind = BL_OVERRIDE_MULTIPLIER, .span = {50, 60}, .factor = D("0.1"),
     .priority = 0},
  };
  bl_rated_line line = {.unit = D("10"), .commit_unit = BL_DEC_BAD};
  bl_drawing nothing = {.is_drawn = 0};
  uint32_t why[3];

  ck_assert(bl_override_choose(o, 3, &line, &nothing, 0, why) == &o[1]);
  ck_assert_uint_eq(why[2], BL_WHY_OTHER_TIME);
  ck_assert(bl_override_choose(o, 3, &line, &nothing, 1, why) == &o[0]);
  ck_assert(bl_override_choose(o, 0, &line, &nothing, 1, why) == NULL);
}
END_TEST

START_TEST(the_commit_rate_is_changed_by_its_own_overrides) {
  bl_override o = {.kind = BL_OVERRIDE_MULTIPLIER, .of = BL_RATE_COMMIT,
                   .span = {0, BL_TIME_NEVER}, .factor = D("0.9")};
  bl_rated_line line = {.unit = D("20"), .commit_unit = D("19")};
  bl_drawing commit = {.is_drawn = 1, .rate = BL_RATE_COMMIT};
  bl_drawing list = {.is_drawn = 1};
  uint32_t why;

  ck_assert(bl_override_choose(&o, 1, &line, &commit, 0, &why) == &o);
  ck_assert(!bl_override_choose(&o, 1, &line, &list, 0, &why));
  ck_assert_uint_eq(why, BL_WHY_OTHER_RATE);
  line.commit_unit = BL_DEC_BAD;
  ck_assert_uint_eq(bl_rate_of(&line, &commit), BL_RATE_LIST);
}
END_TEST

Suite *test_price_override(void) {
  Suite *s = suite_create("price_override");
  TCase *c = tcase_create("override");

  tcase_add_test(c, one_override_wins_and_each_other_says_why_not);
  tcase_add_test(c, multipliers_go_by_factor_or_by_priority);
  tcase_add_test(c, the_commit_rate_is_changed_by_its_own_overrides);
  suite_add_tcase(s, c);
  return s;
}
