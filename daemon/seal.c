/* Sealing with OpenSSL's EVP: one context reused, algorithms fetched once. */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "daemon/log.h"
#include "daemon/seal.h"

#define NONCE_SIZE 12
#define TAG_SIZE   16

struct seal {
	struct keyring masters, indexes;
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
	EVP_MAC_CTX *mac;
};

/* An allocation or a call inside OpenSSL that cannot fail has: no way on. */
static void must(bool ok)
{
	if (!ok) {
		log_event(LOG_LEVEL_ERROR, "openssl_failed", LOG_S("where", "seal"));
		abort();
	}
}

bool secret_is(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void secret_forget(void *secret, size_t len)
{
	OPENSSL_cleanse(secret, len);
}

/*
 * A call of the generator costs more than its bytes: they are fetched ahead, and wiped as they are
 * handed out. The daemon never forks, so no two processes hand out the same ones.
 */
void random_bytes(void *to, size_t len)
{
	static uint8_t ahead[1024];
	static size_t left;

	if (len > sizeof(ahead)) {
		must(RAND_bytes(to, (int)len) == 1);
		return;
	}
	if (len > left) {
		must(RAND_bytes(ahead, sizeof(ahead)) == 1);
		left = sizeof(ahead);
	}
	left -= len;
	memcpy(to, ahead + left, len);
	OPENSSL_cleanse(ahead + left, len);
}

struct uuid uuid_new(int64_t at_us)
{
	uint8_t random[10];

	random_bytes(random, sizeof(random));
	return uuid_make_v7(at_us, random);
}

static const EVP_MD *sha256(void)
{
	static EVP_MD *md;

	if (!md)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(md);
	return md;
}

void digest_bytes(struct span bytes, uint8_t ret_hash[SEAL_HASH_SIZE])
{
	must(EVP_Digest(bytes.at, bytes.len, ret_hash, NULL, sha256(), NULL) == 1);
}

void digest_parts(const struct span *parts, size_t n, uint8_t ret_hash[SEAL_HASH_SIZE])
{
	static EVP_MD_CTX *context;

	if (!context)
		context = EVP_MD_CTX_new();
	must(context && EVP_DigestInit_ex(context, sha256(), NULL) == 1);
	for (size_t i = 0; i < n; i++) {
		uint64_t len = parts[i].len;

		must(EVP_DigestUpdate(context, &len, sizeof(len)) == 1);
		must(EVP_DigestUpdate(context, parts[i].at, parts[i].len) == 1);
	}
	must(EVP_DigestFinal_ex(context, ret_hash, NULL) == 1);
}

struct digest {
	EVP_MD_CTX *context;
};

struct digest *digest_new(void)
{
	struct digest *d = calloc(1, sizeof(*d));

	must(d && (d->context = EVP_MD_CTX_new()) &&
		EVP_DigestInit_ex(d->context, sha256(), NULL) == 1);
	return d;
}

void digest_add(struct digest *d, struct span bytes)
{
	must(EVP_DigestUpdate(d->context, bytes.at, bytes.len) == 1);
}

void digest_end(struct digest *d, uint8_t ret_hash[SEAL_HASH_SIZE])
{
	must(EVP_DigestFinal_ex(d->context, ret_hash, NULL) == 1);
}

void digest_free(struct digest *d)
{
	if (d)
		EVP_MD_CTX_free(d->context);
	free(d);
}

void text_add_base64(struct text *t, struct span bytes)
{
	size_t size = (bytes.len + 2) / 3 * 4;

	EVP_EncodeBlock(
		(uint8_t *)text_reserve(t, size), (const uint8_t *)bytes.at, (int)bytes.len);
	t->len += size;
}

static EVP_MAC_CTX *hmac_new(void)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);

	must(context && EVP_MAC_CTX_set_params(context, params) == 1);
	EVP_MAC_free(hmac);
	return context;
}

int seal_new(const struct settings *settings, struct seal **ret)
{
	struct seal *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = keyring_read(settings->master_key, "master-key", &s->masters);
	if (r == 0)
		r = keyring_read(settings->index_key, "index-key", &s->indexes);
	if (r < 0) {
		seal_free(s);
		return r;
	}
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	s->context = EVP_CIPHER_CTX_new();
	must(s->cipher && s->context);
	s->mac = hmac_new();
	*ret = s;
	return 0;
}

void seal_free(struct seal *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->context);
	EVP_CIPHER_free(s->cipher);
	EVP_MAC_CTX_free(s->mac);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

void seal_close(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const char *purpose, struct span plain, struct text *ret)
{
	size_t size = NONCE_SIZE + plain.len + TAG_SIZE;
	uint8_t *to = (uint8_t *)text_reserve(ret, size);
	int n;

	random_bytes(to, NONCE_SIZE);
	must(EVP_EncryptInit_ex2(s->context, s->cipher, key, to, NULL) == 1);
	must(EVP_EncryptUpdate(s->context, NULL, &n, request->bytes, sizeof(request->bytes)) == 1);
	must(EVP_EncryptUpdate(
		     s->context, NULL, &n, (const uint8_t *)purpose, (int)strlen(purpose)) == 1);
	must(EVP_EncryptUpdate(s->context, to + NONCE_SIZE, &n, (const uint8_t *)plain.at,
		     (int)plain.len) == 1);
	must(EVP_EncryptFinal_ex(s->context, to + NONCE_SIZE + n, &n) == 1);
	must(EVP_CIPHER_CTX_ctrl(
		     s->context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, to + NONCE_SIZE + plain.len) == 1);
	to[size] = '\0';
	ret->len += size;
}

int seal_open(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const char *purpose, struct span sealed, struct text *ret)
{
	const uint8_t *from = (const uint8_t *)sealed.at;
	size_t len = sealed.len - NONCE_SIZE - TAG_SIZE;
	uint8_t *to;
	uint8_t tag[TAG_SIZE];
	int n;

	if (sealed.len < NONCE_SIZE + TAG_SIZE)
		return -EBADMSG;
	to = (uint8_t *)text_reserve(ret, len);
	memcpy(tag, from + NONCE_SIZE + len, TAG_SIZE);
	must(EVP_DecryptInit_ex2(s->context, s->cipher, key, from, NULL) == 1);
	must(EVP_DecryptUpdate(s->context, NULL, &n, request->bytes, sizeof(request->bytes)) == 1);
	must(EVP_DecryptUpdate(
		     s->context, NULL, &n, (const uint8_t *)purpose, (int)strlen(purpose)) == 1);
	must(EVP_DecryptUpdate(s->context, to, &n, from + NONCE_SIZE, (int)len) == 1);
	must(EVP_CIPHER_CTX_ctrl(s->context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1);
	if (EVP_DecryptFinal_ex(s->context, to + n, &n) != 1) {
		OPENSSL_cleanse(to, len);
		*to = '\0';
		return -EBADMSG;
	}
	to[len] = '\0';
	ret->len += len;
	return 0;
}

static void wrap(struct seal *s, const struct uuid *request, const uint8_t key[SEAL_KEY_SIZE],
	struct text *ret)
{
	seal_close(s, s->masters.key[0], request, "key",
		(struct span){(const char *)key, SEAL_KEY_SIZE}, ret);
}

void seal_make_key(struct seal *s, const struct uuid *request, uint8_t ret_key[SEAL_KEY_SIZE],
	struct text *ret_wrapped, int *ret_master)
{
	random_bytes(ret_key, SEAL_KEY_SIZE);
	wrap(s, request, ret_key, ret_wrapped);
	*ret_master = s->masters.id[0];
}

static bool unwrap(struct seal *s, const struct uuid *request, int at, struct span wrapped,
	uint8_t ret_key[SEAL_KEY_SIZE])
{
	_text_ key = TEXT_INIT;
	bool ok = seal_open(s, s->masters.key[at], request, "key", wrapped, &key) == 0 &&
		  key.len == SEAL_KEY_SIZE;

	if (ok)
		memcpy(ret_key, key.data, SEAL_KEY_SIZE);
	if (key.data)
		OPENSSL_cleanse(key.data, key.len);
	return ok;
}

int seal_open_key(struct seal *s, const struct uuid *request, int master, struct span wrapped,
	uint8_t ret_key[SEAL_KEY_SIZE])
{
	if (!wrapped.len)
		return -ENODATA;
	for (int i = 0; i < s->masters.count; i++) {
		if ((master == s->masters.id[i] || master == SEAL_MASTER_UNNAMED) &&
			unwrap(s, request, i, wrapped, ret_key))
			return 0;
	}
	return -EBADMSG;
}

int seal_rewrap_key(struct seal *s, const struct uuid *request, int master, struct span wrapped,
	struct text *ret_wrapped)
{
	uint8_t key[SEAL_KEY_SIZE];
	int r = seal_open_key(s, request, master, wrapped, key);

	if (r < 0)
		return r;
	wrap(s, request, key, ret_wrapped);
	OPENSSL_cleanse(key, sizeof(key));
	return 0;
}

const struct keyring *seal_masters(const struct seal *s)
{
	return &s->masters;
}

const struct keyring *seal_indexes(const struct seal *s)
{
	return &s->indexes;
}

void seal_mac(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const char *kind, struct span value,
	uint8_t ret_hash[SEAL_HASH_SIZE])
{
	size_t len;

	must(EVP_MAC_init(s->mac, key, SEAL_KEY_SIZE, NULL) == 1);
	must(EVP_MAC_update(s->mac, (const uint8_t *)kind, strlen(kind) + 1) == 1);
	must(EVP_MAC_update(s->mac, (const uint8_t *)value.at, value.len) == 1);
	must(EVP_MAC_final(s->mac, ret_hash, &len, SEAL_HASH_SIZE) == 1);
}

void seal_sign(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], struct span bytes,
	uint8_t ret_hash[SEAL_HASH_SIZE])
{
	size_t len;

	must(EVP_MAC_init(s->mac, key, SEAL_KEY_SIZE, NULL) == 1);
	must(EVP_MAC_update(s->mac, (const uint8_t *)bytes.at, bytes.len) == 1);
	must(EVP_MAC_final(s->mac, ret_hash, &len, SEAL_HASH_SIZE) == 1);
}

static void put_index(int32_t id, const uint8_t hash[SEAL_HASH_SIZE], struct seal_index *ret)
{
	for (int i = 0; i < SEAL_INDEX_PREFIX; i++)
		ret->bytes[i] = (uint8_t)((uint32_t)id >> (24 - 8 * i));
	memcpy(ret->bytes + SEAL_INDEX_PREFIX, hash, SEAL_HASH_SIZE);
}

void seal_index(struct seal *s, const char *kind, struct span value, struct seal_index *ret)
{
	uint8_t hash[SEAL_HASH_SIZE];

	seal_mac(s, s->indexes.key[0], kind, value, hash);
	put_index(s->indexes.id[0], hash, ret);
}

int seal_index_each(struct seal *s, const char *kind, struct span value,
	struct seal_index ret[SEAL_INDEXES_MAX])
{
	uint8_t hash[SEAL_HASH_SIZE];
	int n = 0;

	for (int i = 0; i < s->indexes.count; i++) {
		seal_mac(s, s->indexes.key[i], kind, value, hash);
		put_index(s->indexes.id[i], hash, &ret[n++]);
		put_index(SEAL_INDEX_UNNAMED, hash, &ret[n++]);
	}
	return n;
}
