/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_token.c - whatever the bytes, they are no token of a key that has
 * signed nothing; and claims of any bytes under a good signature are read or
 * refused, the same each time.
 */
#include <billing.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const unsigned char secret[BL_SIGN_KEY] =
  "nobody signs with this secret.";

static void must(int holds) {
  if (!holds) abort();
}

static int verify(const char *token, size_t len, billing_token *out) {
  unsigned char key[BL_SIGN_KEY];
  billing_doc *claims = NULL;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  BILLING_INIT(out);
  must(billing_token_key(secret, sizeof secret, key, NULL) == 0);
  rc = billing_token_verify(NULL, token, len, key, sizeof key, 0, out,
                            &claims, &err);
  must((rc == 0) == (claims != NULL) && err.code == rc);
  billing_doc_free(claims);
  return rc;
}

/* The bytes as claims, signed. */
static size_t sign_claims(const uint8_t *bytes, size_t size, char *out) {
  unsigned char key[BL_SIGN_KEY], signature[BL_SIGNATURE];
  char header[200] = "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"";
  size_t len;

  bl_sign_public(secret, key);
  bl_sign_id(key, header + strlen(header));
  strcat(header, "\"}");
  len = bl_base64url_print(header, strlen(header), out);
  out[len++] = '.';
  len += bl_base64url_print(bytes, size, out + len);
  bl_sign(secret, (bl_str){out, len}, signature);
  out[len++] = '.';
  return len + bl_base64url_print(signature, sizeof signature, out + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *signed_token = malloc(size * 2 + 1000);
  billing_token once, again;
  size_t len;
  int rc;

  must(signed_token != NULL);
  must(verify((const char *)bytes, size, &once) != 0);
  len = sign_claims(bytes, size, signed_token);
  rc = verify(signed_token, len, &once);
  must(rc == BILLING_OK || rc == BILLING_INVALID_TOKEN ||
       rc == BILLING_DENIED_EXPIRED);
  must(rc == verify(signed_token, len, &again));
  must(memcmp(&once, &again, sizeof once) == 0);
  must(rc || (once.expires_us > 0 && once.customer[207] == 0));
  free(signed_token);
  return 0;
}
