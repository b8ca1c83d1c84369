/* Signing with OpenSSL's Ed25519: the key is read once, a signature takes some ten microseconds. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/seal.h"
#include "daemon/signer.h"
#include "lib/base64.h"

#define CREDENTIAL "receipt-key"

struct signer {
	EVP_PKEY *pair;
	uint8_t key[RECEIPT_KEY_SIZE];
	char id[RECEIPT_KEY_ID_SIZE];
};

static void must(bool ok)
{
	if (!ok) {
		log_event(LOG_LEVEL_ERROR, "openssl_failed", LOG_S("where", "signer"));
		abort();
	}
}

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

int signer_new(const struct settings *settings, struct signer **ret)
{
	uint8_t secret[SEAL_KEY_SIZE], hash[SEAL_HASH_SIZE];
	size_t len = RECEIPT_KEY_SIZE;
	struct signer *s;
	int r;

	if (!*settings->receipt_key && !has_credential()) {
		log_event(LOG_LEVEL_WARNING, "receipts_unsigned", LOG_S("why", "no receipt_key"));
		*ret = NULL;
		return 0;
	}
	r = key_file_read(settings->receipt_key, CREDENTIAL, secret);
	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof(secret));
	secret_forget(secret, sizeof(secret));
	must(s->pair && EVP_PKEY_get_raw_public_key(s->pair, s->key, &len) == 1);
	digest_bytes((struct span){(const char *)s->key, sizeof(s->key)}, hash);
	for (size_t i = 0; i < sizeof(s->id) / 2; i++)
		snprintf(s->id + 2 * i, 3, "%02x", hash[i]);
	*ret = s;
	return 0;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->pair);
	free(s);
}

const char *signer_key_id(const struct signer *s)
{
	return s->id;
}

void signer_sign(
	const struct signer *s, struct span text, uint8_t ret_signature[RECEIPT_SIGNATURE_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = RECEIPT_SIGNATURE_SIZE;

	must(context && EVP_DigestSignInit(context, NULL, NULL, NULL, s->pair) == 1);
	must(EVP_DigestSign(context, ret_signature, &len, (const uint8_t *)text.at, text.len) == 1);
	EVP_MD_CTX_free(context);
}

void signer_write_keys(struct text *t, const struct signer *s)
{
	text_adds(t, "{\"keys\":[");
	if (s) {
		text_addf(t,
			"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"kid\":\"%s\",\"x\":"
			"\"",
			s->id);
		text_add_base64url(t, s->key, sizeof(s->key));
		text_adds(t, "\"}");
	}
	text_adds(t, "]}");
}
