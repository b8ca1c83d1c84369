/* Key files read, and each key's id. */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/keyring.h"
#include "daemon/log.h"

#define FILE_MAX 4096

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 32) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool parse_hex(struct span s, uint8_t ret[SEAL_KEY_SIZE])
{
	if (s.len != 2 * SEAL_KEY_SIZE)
		return false;
	for (size_t i = 0; i < SEAL_KEY_SIZE; i++) {
		int high = hex_digit(s.at[2 * i]), low = hex_digit(s.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int32_t id_of(const uint8_t key[SEAL_KEY_SIZE])
{
	static const uint8_t word[] = "kezek key id";
	uint8_t hash[32];
	uint32_t id;

	if (!HMAC(EVP_sha256(), key, SEAL_KEY_SIZE, word, sizeof(word) - 1, hash, NULL))
		abort();
	id = ((uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 |
		     hash[3]) &
	     INT32_MAX;
	return (int32_t)(id < KEY_ID_MIN ? id + KEY_ID_MIN : id);
}

int keyring_find(const struct keyring *r, int32_t id)
{
	for (int i = 0; i < r->count; i++) {
		if (r->id[i] == id)
			return i;
	}
	return -1;
}

void key_id_format(int32_t id, char ret[KEY_ID_TEXT_SIZE])
{
	snprintf(ret, KEY_ID_TEXT_SIZE, "%08x", (unsigned)id);
}

/* False: too many, or there already. */
static bool add_key(struct keyring *r, const uint8_t key[SEAL_KEY_SIZE])
{
	int32_t id = id_of(key);

	if (r->count == KEYS_MAX || keyring_find(r, id) >= 0)
		return false;
	memcpy(r->key[r->count], key, SEAL_KEY_SIZE);
	r->id[r->count++] = id;
	return true;
}

static bool parse_lines(struct keyring *r, const char *bytes, size_t len)
{
	uint8_t key[SEAL_KEY_SIZE];
	bool ok = true;

	while (len && ok) {
		const char *end = memchr(bytes, '\n', len);
		struct span line = {bytes, end ? (size_t)(end - bytes) : len};

		bytes += line.len + (end != NULL);
		len -= line.len + (end != NULL);
		while (line.len && strchr(" \t\r", line.at[line.len - 1]))
			line.len--;
		if (line.len && *line.at != '#')
			ok = parse_hex(line, key) && add_key(r, key);
	}
	OPENSSL_cleanse(key, sizeof(key));
	return ok && r->count;
}

static int read_file(const char *path, char bytes[FILE_MAX], size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	int r = f ? 0 : -errno;

	if (f) {
		setvbuf(f, NULL, _IONBF, 0); /* no copy of it is left behind */
		*ret_len = fread(bytes, 1, FILE_MAX, f);
		fclose(f);
		return 0;
	}
	log_event(
		LOG_LEVEL_ERROR, "key_unreadable", LOG_S("file", path), LOG_S("why", strerror(-r)));
	return r;
}

int keyring_read(const char *path, const char *credential, struct keyring *ret)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	_text_ where = TEXT_INIT;
	struct keyring ring = {0};
	char bytes[FILE_MAX];
	size_t len = 0;
	bool ok;
	int r;

	if (path && *path)
		text_adds(&where, path);
	else
		text_addf(&where, "%s/%s", directory ? directory : ".", credential);
	r = read_file(where.data, bytes, &len);
	if (r < 0)
		return r;
	ok = len == SEAL_KEY_SIZE ? add_key(&ring, (const uint8_t *)bytes)
				  : len < FILE_MAX && parse_lines(&ring, bytes, len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	if (ok)
		*ret = ring;
	else
		log_event(LOG_LEVEL_ERROR, "key_malformed", LOG_S("file", where.data));
	OPENSSL_cleanse(&ring, sizeof(ring));
	return ok ? 0 : -EINVAL;
}

int key_file_read(const char *path, const char *credential, uint8_t ret[SEAL_KEY_SIZE])
{
	struct keyring ring;
	int r = keyring_read(path, credential, &ring);

	if (r < 0)
		return r;
	if (ring.count == 1)
		memcpy(ret, ring.key[0], SEAL_KEY_SIZE);
	else
		log_event(LOG_LEVEL_ERROR, "key_malformed", LOG_S("credential", credential),
			LOG_S("why", "more than one key"));
	r = ring.count == 1 ? 0 : -EINVAL;
	OPENSSL_cleanse(&ring, sizeof(ring));
	return r;
}
