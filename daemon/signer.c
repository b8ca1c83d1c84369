/* Signing with libsodium's Ed25519: half the time of OpenSSL's, once for every submission. */
#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/seal.h"
#include "daemon/signer.h"
#include "lib/base64.h"
#include "lib/json.h"

#define CREDENTIAL "receipt-key"

#define FORMER_MAX 64 /* keys; one a year is often */

struct public_key {
	uint8_t bytes[RECEIPT_KEY_SIZE];
	char id[RECEIPT_KEY_ID_SIZE];
};

struct signer {
	bool signs;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	struct public_key
		keys[FORMER_MAX]; /* the one in use, where there is one, and those of before */
	size_t count;
};

static_assert(RECEIPT_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "RFC 8032");
static_assert(RECEIPT_SIGNATURE_SIZE == crypto_sign_BYTES, "RFC 8032");
static_assert(SEAL_KEY_SIZE == crypto_sign_SEEDBYTES, "RFC 8032");

/* systemd passes an end of line alone where the host has no such key (systemd/kezekd.service). */
static bool has_credential(void)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	_text_ path = TEXT_INIT;
	char bytes[2];
	FILE *f;
	bool has;

	if (!directory)
		return false;
	text_addf(&path, "%s/" CREDENTIAL, directory);
	f = fopen(path.data, "re");
	has = f && fread(bytes, 1, sizeof(bytes), f) == sizeof(bytes);
	if (f)
		fclose(f);
	return has;
}

static void name_key(struct public_key *k)
{
	uint8_t hash[SEAL_HASH_SIZE];

	digest_bytes((struct span){(const char *)k->bytes, sizeof(k->bytes)}, hash);
	for (size_t i = 0; i < sizeof(k->id) / 2; i++)
		snprintf(k->id + 2 * i, 3, "%02x", hash[i]);
}

static int read_pair(struct signer *s, const char *path)
{
	uint8_t seed[SEAL_KEY_SIZE];
	int r;

	if (!*path && !has_credential()) {
		log_event(LOG_LEVEL_WARNING, "receipts_unsigned", LOG_S("why", "no receipt_key"));
		return 0;
	}
	r = key_file_read(path, CREDENTIAL, seed);
	if (r < 0)
		return r;
	if (sodium_init() < 0)
		abort(); /* there is no randomness: nothing works here */
	crypto_sign_seed_keypair(s->keys[0].bytes, s->secret, seed);
	secret_forget(seed, sizeof(seed));
	s->signs = true;
	name_key(&s->keys[0]);
	s->count = 1;
	return 0;
}

/* Once, however often it stands there: what GET /v1/receipt-key gave is put aside as it is. */
static void add_key(struct signer *s, const struct public_key *k)
{
	for (size_t i = 0; i < s->count; i++) {
		if (memcmp(s->keys[i].bytes, k->bytes, sizeof(k->bytes)) == 0)
			return;
	}
	s->keys[s->count++] = *k;
}

static void read_key(struct signer *s, struct json_reader *r)
{
	static const char *const kty[] = {"OKP"}, *const crv[] = {"Ed25519"},
				 *const use[] = {"sig"};
	struct public_key k;
	const char *id, *x;

	json_get_enum(r, "kty", JSON_REQUIRED, kty, 1);
	json_get_enum(r, "crv", JSON_REQUIRED, crv, 1);
	json_get_enum(r, "use", JSON_OPTIONAL, use, 1);
	id = json_get_string(r, "kid", JSON_REQUIRED, 64);
	x = json_get_string(r, "x", JSON_REQUIRED, 64);
	if (!id || !x)
		return;
	if (!base64url_parse(span_of(x), k.bytes, sizeof(k.bytes))) {
		json_reader_fault(r, "x", WORD_reason_bad_format, "base64url", NULL);
		return;
	}
	name_key(&k);
	if (strcmp(k.id, id) != 0)
		json_reader_fault(r, "kid", WORD_reason_conflict, k.id, NULL);
	else if (s->count == FORMER_MAX)
		json_reader_fault(r, NULL, WORD_reason_too_long, "64", NULL);
	else
		add_key(s, &k);
}

static void read_set(struct signer *s, json_object *set, struct faults *faults)
{
	struct json_reader r, one;
	json_object *keys;

	json_reader_init(&r, set, "", faults);
	keys = json_get_array(&r, "keys", JSON_REQUIRED | JSON_MAY_BE_EMPTY, FORMER_MAX);
	for (size_t i = 0; keys && i < json_object_array_length(keys); i++) {
		if (!json_reader_item(&one, &r, "keys", keys, i))
			continue;
		read_key(s, &one);
		json_reader_end(&one);
	}
	json_reader_end(&r);
}

static int read_file(const char *path, struct text *ret)
{
	FILE *f = fopen(path, "re");
	size_t n;
	int r;

	if (!f) {
		r = -errno;
		log_event(LOG_LEVEL_ERROR, "key_unreadable", LOG_S("file", path),
			LOG_S("why", strerror(-r)));
		return r;
	}
	do {
		n = fread(text_reserve(ret, BUFSIZ), 1, BUFSIZ, f);
		ret->len += n;
	} while (n && ret->len < FORMER_MAX * 1024);
	fclose(f);
	return 0;
}

static int read_former(struct signer *s, const char *path)
{
	_text_ bytes = TEXT_INIT;
	_faults_ faults = {0};
	_json_ *set = NULL;
	int r;

	if (!*path)
		return 0;
	r = read_file(path, &bytes);
	if (r < 0)
		return r;
	if (json_read(text_span(&bytes), NULL, NULL, &set) != 0)
		faults_add(&faults, "", WORD_reason_bad_json, "0", NULL);
	else
		read_set(s, set, &faults);
	if (!faults.count)
		return 0;
	log_event(LOG_LEVEL_ERROR, "key_malformed", LOG_S("file", path),
		LOG_S("member", faults.items[0].pointer),
		LOG_S("why", reason_code(faults.items[0].reason)));
	return -EBADMSG;
}

int signer_new(const struct settings *settings, struct signer **ret)
{
	struct signer *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = read_pair(s, settings->receipt_key);
	if (r == 0)
		r = read_former(s, settings->receipt_keys_former);
	if (r < 0) {
		signer_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	secret_forget(s->secret, sizeof(s->secret));
	free(s);
}

bool signer_signs(const struct signer *s)
{
	return s->signs;
}

const char *signer_key_id(const struct signer *s)
{
	return s->keys[0].id;
}

void signer_sign(
	const struct signer *s, struct span text, uint8_t ret_signature[RECEIPT_SIGNATURE_SIZE])
{
	crypto_sign_detached(ret_signature, NULL, (const uint8_t *)text.at, text.len, s->secret);
}

void signer_write_keys(struct text *t, const struct signer *s)
{
	text_adds(t, "{\"keys\":[");
	for (size_t i = 0; i < s->count; i++) {
		text_addf(t,
			"%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"kid\":\"%s\","
			"\"x\":\"",
			i ? "," : "", s->keys[i].id);
		text_add_base64url(t, s->keys[i].bytes, sizeof(s->keys[i].bytes));
		text_adds(t, "\"}");
	}
	text_adds(t, "]}");
}
