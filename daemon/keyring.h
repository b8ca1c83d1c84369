/*
 * Key files: the key in use and those that it has replaced. A file is 32 bytes, which are the one
 * key; or text: 64 hex digits a line, the key in use first, lines of `#` and empty ones aside.
 */
#pragma once

#include "lib/text.h"

#define SEAL_KEY_SIZE 32
#define KEYS_MAX      8

struct keyring {
	int count; /* [0] is in use, the others are only read by */
	int32_t id[KEYS_MAX];
	uint8_t key[KEYS_MAX][SEAL_KEY_SIZE];
};

/* Below this no key has its id: what was made before keys had ids stands under such. */
#define KEY_ID_MIN 16

/* The file at `path`, or where that is empty $CREDENTIALS_DIRECTORY/<credential>. 0, or -errno with
 * the reason logged. */
_must_check_ int keyring_read(const char *path, const char *credential, struct keyring *ret);
/* The same of a file that holds one key. */
_must_check_ int key_file_read(
	const char *path, const char *credential, uint8_t ret[SEAL_KEY_SIZE]);
/* Its place, or -1. */
int keyring_find(const struct keyring *r, int32_t id);
/*
 * An id follows from its key, so that hosts agree on it and a key under the wrong name is noticed:
 * the first 31 bits of HMAC-SHA-256 of a fixed word. Written as 8 hex digits.
 */
#define KEY_ID_TEXT_SIZE 9
void key_id_format(int32_t id, char ret[KEY_ID_TEXT_SIZE]);
