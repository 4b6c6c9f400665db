/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * tokens.c - what a customer is entitled to, signed: a JSON Web Token
 * (RFC 7519) in compact form, by Ed25519 (RFC 8037).
 *
 *     base64url({"alg":"EdDSA","kid":"kPrK_..","typ":"JWT"}) .
 *     base64url({"exp":1767312000,"features":[..],"iat":1767225600,
 *                "iss":"acme","sub":"c1"}) .
 *     base64url(signature of all before the second point)
 *
 * The id of the key is made of the key itself, so that a token of another key
 * is told from one that was changed.
 */
#include "base/struct.h"
#include "crypto/crypto.h"
#include "engine/entitled.h"

#define TOKEN_BYTES 1048576
#define TOKEN_SECOND INT64_C(1000000)

/* ---- issue ---- */

static int add_base64(bl_text *token, const void *bytes, size_t n) {
  char *out = bl_arena_array(token->arena, n * 4 / 3 + 4, 1);

  if (!out) return BILLING_NOMEM;
  bl_text_add(token, out, bl_base64url_print(bytes, n, out));
  return token->failed ? BILLING_NOMEM : BILLING_OK;
}

static int add_token_part(bl_text *token, bl_json *tree) {
  bl_text json;
  int rc;

  bl_text_open(&json, token->arena);
  rc = bl_json_print(tree, &json);
  return rc ? rc : add_base64(token, json.text, json.len);
}

static int add_token_header(bl_text *token, const char *id) {
  bl_json *tree = bl_json_object(NULL, NULL);
  int rc;

  bl_json_add_c(tree, "alg", "EdDSA");
  bl_json_add_c(tree, "kid", id);
  bl_json_add_c(tree, "typ", "JWT");
  rc = add_token_part(token, tree);
  bl_json_free(tree);
  return rc;
}

static int add_token_claims(bl_call *c, bl_text *token, bl_customer *customer,
                      const bl_words *only, int64_t expires_us) {
  bl_json *tree = bl_json_object(NULL, NULL);
  int rc;

  bl_json_add_text(tree, "iss", c->t->id);
  bl_json_add_text(tree, "sub", customer->id);
  bl_json_add_int(tree, "iat", bl_floor_div(c->now_us, TOKEN_SECOND));
  bl_json_add_int(tree, "exp", bl_floor_div(expires_us, TOKEN_SECOND));
  rc = bl_entitlements_add(c, customer, only, 1,
                           bl_json_array(tree, "features"));
  if (!rc) rc = add_token_part(token, tree);
  bl_json_free(tree);
  return rc;
}

static int write_token(bl_call *c, bl_customer *customer,
                       const bl_words *only, const billing_token_terms *terms,
                       bl_text *token) {
  const unsigned char *secret =
      (const unsigned char *)(const void *)terms->secret.text;
  unsigned char key[BL_SIGN_KEY], signature[BL_SIGNATURE];
  char id[BL_SIGN_ID];
  int rc;

  bl_sign_public(secret, key);
  bl_sign_id(key, id);
  bl_text_open(token, &c->arena);
  rc = add_token_header(token, id);
  bl_text_c(token, ".");
  if (!rc) rc = add_token_claims(c, token, customer, only, terms->expires_us);
  if (rc || token->failed) return rc ? rc : BILLING_NOMEM;
  bl_sign(secret, (bl_str){token->text, token->len}, signature);
  bl_text_c(token, ".");
  return add_base64(token, signature, sizeof signature);
}

/* The ids that are asked for; each is a feature. */
static int read_only(bl_call *c, bl_str json, bl_words *out) {
  bl_json *list = NULL;
  const bl_json *one;
  int rc = BILLING_OK;

  memset(out, 0, sizeof *out);
  if (!json.len) return BILLING_OK;
  rc = bl_json_read(json.text, json.len, &list, c->err);
  if (!rc && bl_json_kind(list) != BL_JSON_ARRAY)
    rc = bl_fail(c->err, BILLING_INVALID, "/features", "[\"sso\",\"calls\"]",
                 "the features are not a list");
  if (!rc && !bl_json_count(list))
    rc = bl_fail(c->err, BILLING_INVALID, "/features", "leave it out for all",
                 "the list names no feature");
  if (!rc)
    out->item = bl_arena_array(&c->arena, bl_json_count(list) + 1,
                               sizeof *out->item);
  if (!rc && !out->item) rc = BILLING_NOMEM;
  for (one = rc ? NULL : bl_json_first(list); one && !rc;
       one = bl_json_next(one)) {
    bl_str id = bl_json_text(one);
    if (bl_json_kind(one) != BL_JSON_TEXT ||
        !bl_map_get(&c->t->features, id.text, id.len))
      rc = bl_fail(c->err, BILLING_NOTFOUND, "/features",
                   "ids of features", "there is no feature %t", &id);
    out->item[out->count++] = bl_arena_str(&c->arena, id);
  }
  bl_json_free(list);
  return !rc && c->arena.failed ? BILLING_NOMEM : rc;
}

static int check_terms(bl_call *c, const billing_token_terms *terms) {
  if (terms->secret.len != BL_SIGN_KEY)
    return bl_fail(c->err, BILLING_INVALID, "/secret",
                   "the 32 bytes of an Ed25519 private key",
                   "the secret has %i bytes", (int64_t)terms->secret.len);
  if (bl_floor_div(terms->expires_us, TOKEN_SECOND) >
          bl_floor_div(c->now_us, TOKEN_SECOND) &&
      terms->expires_us <= BL_TIME_MAX)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/expires_us",
                 "at least a second after now, up to the year 9999",
                 "the token would not be valid at any time");
}

static int issue_token(bl_call *c, const billing_token_terms *terms,
                       billing_doc **out) {
  bl_customer *customer;
  bl_words only;
  bl_text token;
  int rc = bl_check_texts(c->err, &terms->customer, &terms->features,
                          &terms->secret, NULL);

  if (!rc) rc = check_terms(c, terms);
  if (!rc)
    rc = bl_find_customer(c, terms->customer, "/customer", &customer);
  if (!rc) rc = read_only(c, terms->features, &only);
  if (!rc) rc = write_token(c, customer, &only, terms, &token);
  if (!rc && token.len > TOKEN_BYTES)
    rc = bl_fail(c->err, BILLING_LIMIT, "/features", "fewer features",
                 "a token has at most 1,048,576 bytes");
  return rc ? rc : bl_doc_of_text(&c->b->host, token.text, token.len, out);
}

int billing_token_issue(billing *b, const billing_call *call,
                        const billing_token_terms *terms, billing_doc **out,
                        billing_error *err) {
  billing_token_terms in;
  billing_doc *doc = NULL;
  bl_call c;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  rc = bl_enter(&c, b, call, BL_READ, err);
  if (rc) return rc;
  rc = bl_copy_in(&in, sizeof in, terms, sizeof in, 0);
  if (rc)
    bl_fail(err, rc, "", "set it up with BILLING_INIT",
            "the billing_token_terms cannot be used");
  else
    rc = issue_token(&c, &in, &doc);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else *out = doc;
  return rc;
}

/* ---- verify ---- */

typedef struct token_reading {
  bl_arena       arena;
  billing_error *err;
  bl_str         header;       /* as they stand in the token */
  bl_str         claims;
  bl_str         mark;
  bl_str         is_signed;    /* header, point, claims */
  bl_str         json;         /* of the claims */
} token_reading;

static int refuse_token(const token_reading *r, const char *message) {
  return bl_fail(r->err, BILLING_INVALID_TOKEN, "",
                 "a token as billing_token_issue writes it", "%s", message);
}

/* Three parts between two points. */
static int cut_token(token_reading *r, bl_str token) {
  const char *first = token.len ? memchr(token.text, '.', token.len) : NULL;
  const char *end = token.text + token.len, *second = NULL;

  if (token.len > TOKEN_BYTES)
    return refuse_token(r, "the token has more than 1,048,576 bytes");
  if (first) second = memchr(first + 1, '.', (size_t)(end - first - 1));
  if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
    return refuse_token(r, "the token has not three parts");
  r->header = (bl_str){token.text, (size_t)(first - token.text)};
  r->claims = (bl_str){first + 1, (size_t)(second - first - 1)};
  r->mark = (bl_str){second + 1, (size_t)(end - second - 1)};
  r->is_signed = (bl_str){token.text, (size_t)(second - token.text)};
  return BILLING_OK;
}

/* A part's JSON object; its text, too. */
static int read_part(token_reading *r, bl_str part, bl_str *text,
                     bl_json **out) {
  char *bytes = bl_arena_array(&r->arena, part.len + 1, 1);
  size_t len;
  int rc;

  if (!bytes) return BILLING_NOMEM;
  if (!bl_base64url_read(part, bytes, part.len, &len))
    return refuse_token(r, "a part is not base64url without padding");
  *text = (bl_str){bytes, len};
  rc = bl_json_read(bytes, len, out, NULL);
  if (rc)
    return rc == BILLING_NOMEM ? rc : refuse_token(r, "a part is not JSON");
  return bl_json_kind(*out) == BL_JSON_OBJECT
             ? BILLING_OK : refuse_token(r, "a part is not an object");
}

/* Nothing but what is known: no other algorithm, no key that the token would
 * bring along. */
static int check_header(token_reading *r, const char *id) {
  bl_json *tree = NULL;
  bl_str text, kid;
  int rc = read_part(r, r->header, &text, &tree);

  if (!rc && (bl_json_count(tree) != 3 ||
              !bl_str_is(bl_json_text(bl_json_get(tree, "alg")), "EdDSA") ||
              !bl_str_is(bl_json_text(bl_json_get(tree, "typ")), "JWT") ||
              !bl_json_get(tree, "kid")))
    rc = refuse_token(r, "the header has another algorithm or form");
  kid = rc ? (bl_str){NULL, 0} : bl_json_text(bl_json_get(tree, "kid"));
  if (!rc && !bl_str_is(kid, id))
    rc = bl_fail(r->err, BILLING_DENIED_KEY, "",
                 "the public key of whoever issued the token",
                 "the token was signed by another key");
  bl_json_free(tree);
  return rc;
}

static int check_signature(token_reading *r, const unsigned char *key) {
  unsigned char signature[BL_SIGNATURE];
  size_t len;

  if (bl_base64url_read(r->mark, signature, sizeof signature, &len) &&
      len == sizeof signature && bl_sign_holds(key, r->is_signed, signature))
    return BILLING_OK;
  return bl_fail(r->err, BILLING_DENIED_SIGNATURE, "", NULL,
                 "the token was changed after it was signed");
}

static int take_claim(const bl_json *tree, const char *name, char *out,
                      size_t size) {
  const bl_json *node = bl_json_get(tree, name);
  bl_str text = bl_json_text(node);

  if (!node || bl_json_kind(node) != BL_JSON_TEXT || text.len >= size)
    return 0;
  if (text.len) memcpy(out, text.text, text.len);
  out[text.len] = '\0';
  return 1;
}

static int take_second(const bl_json *tree, const char *name, int64_t *out) {
  const bl_json *node = bl_json_get(tree, name);
  int64_t seconds;

  if (!node || !bl_json_int(node, &seconds) || seconds < 0 ||
      seconds > BL_TIME_MAX / TOKEN_SECOND)
    return 0;
  *out = seconds * TOKEN_SECOND;
  return 1;
}

static int read_claims(token_reading *r, billing_token *out) {
  bl_json *tree = NULL;
  int rc = read_part(r, r->claims, &r->json, &tree);

  if (!rc && (!take_claim(tree, "iss", out->tenant, sizeof out->tenant) ||
              !take_claim(tree, "sub", out->customer,
                          sizeof out->customer) ||
              !take_second(tree, "iat", &out->issued_us) ||
              !take_second(tree, "exp", &out->expires_us)))
    rc = refuse_token(r, "a claim is missing or has another form");
  bl_json_free(tree);
  return rc;
}

static int verify_token(token_reading *r, bl_str token,
                        const unsigned char *key, int64_t now_us,
                        billing_token *out) {
  int rc = cut_token(r, token);

  bl_sign_id(key, out->key_id);
  if (!rc) rc = check_header(r, out->key_id);
  if (!rc) rc = check_signature(r, key);
  if (!rc) rc = read_claims(r, out);
  if (rc || now_us < out->expires_us) return rc;
  return bl_fail(r->err, BILLING_DENIED_EXPIRED, "", "ask for a new one",
                 "the token ended at %T", out->expires_us);
}

int billing_token_verify(const billing_options *options, const char *token,
                         size_t token_len, const void *key, size_t key_len,
                         int64_t now_us, billing_token *out,
                         billing_doc **claims, billing_error *err) {
  billing_options o = {0};
  billing_token found = {0};
  token_reading r = {.err = err};
  int rc = bl_error_start(err);

  if (rc) return rc;
  if (options)
    rc = bl_copy_in(&o, sizeof o, options, sizeof o,
                    BILLING_OPEN_READ_ONLY | BILLING_OPEN_EXISTING);
  if (!rc && (!token || !key || (out && bl_can_fill(out, sizeof *out))))
    rc = BILLING_MISUSE;
  if (!rc) rc = bl_crypto_start();
  if (!rc && key_len != BL_SIGN_KEY)
    rc = bl_fail(err, BILLING_INVALID, "/key",
                 "the 32 bytes of an Ed25519 public key",
                 "the key has %i bytes", (int64_t)key_len);
  if (rc) return bl_fail_code(err, rc);
  bl_arena_open(&r.arena, o.allocator);
  rc = verify_token(&r, bl_text_argument(token, token_len), key, now_us,
                    &found);
  if (!rc && claims)
    rc = bl_doc_of_text(o.allocator, r.json.text, r.json.len, claims);
  bl_arena_close(&r.arena);
  found.struct_size = sizeof found;
  if (!rc && out) bl_fill(out, &found, sizeof found);
  return bl_fail_code(err, rc);
}

int billing_token_key(const void *secret, size_t secret_len,
                      unsigned char *out, billing_error *err) {
  int rc = bl_error_start(err);

  if (!rc && (!secret || !out)) rc = BILLING_MISUSE;
  if (!rc && secret_len != BL_SIGN_KEY)
    rc = bl_fail(err, BILLING_INVALID, "/secret",
                 "the 32 bytes of an Ed25519 private key",
                 "the secret has %i bytes", (int64_t)secret_len);
  if (!rc) rc = bl_crypto_start();
  if (!rc) bl_sign_public(secret, out);
  return bl_fail_code(err, rc);
}

#undef TOKEN_BYTES
#undef TOKEN_SECOND
