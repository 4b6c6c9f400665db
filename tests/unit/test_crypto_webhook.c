/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_crypto_webhook.c - the example of the Standard Webhooks' own tests. */
#include "crypto/crypto.h"
#include "unit.h"

START_TEST(the_signature_of_the_worked_example) {
  char out[BL_WEBHOOK_SIGNATURE];
  bl_webhook_key key;

  ck_assert(bl_webhook_key_read(
      BL_STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &key));
  bl_webhook_sign(&key, BL_STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
                  BL_STR("{\"test\": 2432232314}"), out);
  ck_assert_str_eq(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
END_TEST

START_TEST(secrets_are_base64_of_24_to_64_bytes) {
  static const char *const bad[] = {
    "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjU",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_!!KQ9r8GKYqrTwjUPD8ILPZI",
    "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
  bl_webhook_key key;

  for (size_t i = 0; i < BL_COUNT(bad); i++)
    ck_assert_int_eq(bl_webhook_key_read(bl_str_of(bad[i]), &key), 0);
}
END_TEST

Suite *test_crypto_webhook(void);
Suite *test_crypto_webhook(void) {
  Suite *s = suite_create("crypto_webhook");
  TCase *t = tcase_create("webhook");

  tcase_add_test(t, the_signature_of_the_worked_example);
  tcase_add_test(t, secrets_are_base64_of_24_to_64_bytes);
  suite_add_tcase(s, t);
  return s;
}
