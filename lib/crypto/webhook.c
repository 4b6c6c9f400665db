/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * webhook.c - signatures as Standard Webhooks has them: HMAC-SHA256 of id,
 * time and body with points between, in base64.
 *
 *     secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
 *     id msg_p5jXN8AQM9LWM0D4loKWxJek, time 1614265330,
 *     body {"test": 2432232314}
 *       v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
 */
#include <sodium.h>

#include "crypto/crypto.h"

#define WEBHOOK_PREFIX "whsec_"
#define WEBHOOK_KEY_LEAST 24

_Static_assert(BL_WEBHOOK_SIGNATURE ==
                   3 + sodium_base64_ENCODED_LEN(
                           crypto_auth_hmacsha256_BYTES,
                           sodium_base64_VARIANT_ORIGINAL), "signature");

int bl_webhook_key_read(bl_str secret, bl_webhook_key *out) {
  size_t front = sizeof WEBHOOK_PREFIX - 1;

  memset(out, 0, sizeof *out);
  if (secret.len < front || memcmp(secret.text, WEBHOOK_PREFIX, front) != 0)
    return 0;
  secret.text += front;
  secret.len -= front;
  return sodium_base642bin(out->bytes, sizeof out->bytes, secret.text,
                           secret.len, NULL, &out->len, NULL,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         out->len >= WEBHOOK_KEY_LEAST;
}

void bl_webhook_sign(const bl_webhook_key *key, bl_str id, int64_t seconds,
                     bl_str body, char out[BL_WEBHOOK_SIGNATURE]) {
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  char time[BL_INT_TEXT + 3] = ".";
  size_t len = 1 + bl_int_print(seconds, time + 1);

  time[len++] = '.';
  crypto_auth_hmacsha256_init(&state, key->bytes, key->len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)id.text,
                                id.len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.text,
                                body.len);
  crypto_auth_hmacsha256_final(&state, mac);
  memcpy(out, "v1,", 3);
  sodium_bin2base64(out + 3, BL_WEBHOOK_SIGNATURE - 3, mac, sizeof mac,
                    sodium_base64_VARIANT_ORIGINAL);
}

void bl_hmac_hex(bl_str key, bl_str text, char out[2 * BL_HASH + 1]) {
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;

  crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.text,
                              key.len);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.text,
                                text.len);
  crypto_auth_hmacsha256_final(&state, mac);
  sodium_bin2hex(out, 2 * BL_HASH + 1, mac, sizeof mac);
}

#undef WEBHOOK_PREFIX
#undef WEBHOOK_KEY_LEAST
