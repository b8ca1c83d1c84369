/*
 * Sealing: AES-256-GCM under a key per request, itself wrapped by the master key; keyed hashes for
 * search; fingerprints; chance. The form of everything sealed: nonce (12) ‖ ciphertext ‖ tag (16),
 * with the request's id and the purpose as associated data, so that nothing opens in another's
 * place.
 */
#pragma once

#include "daemon/keyring.h"
#include "daemon/settings.h"
#include "lib/uuid.h"

#define SEAL_HASH_SIZE 32

struct seal;

/*
 * Reads both key files. What is new is sealed and indexed by the first key of each; what stands
 * under any of the others is read and found. 0, or -errno with the reason logged.
 */
_must_check_ int seal_new(const struct settings *settings, struct seal **ret);
void seal_free(struct seal *s);

/* A new key for a request, and its wrapped form for kezek.request_key. */
void seal_make_key(struct seal *s, const struct uuid *request, uint8_t ret_key[SEAL_KEY_SIZE],
	struct text *ret_wrapped, int *ret_master);
/* What was wrapped before masters had ids: by which of them is tried. */
#define SEAL_MASTER_UNNAMED 1
/* 0; -EBADMSG: no such master key, or tampered; -ENODATA: the key was destroyed. */
_must_check_ int seal_open_key(struct seal *s, const struct uuid *request, int master,
	struct span wrapped, uint8_t ret_key[SEAL_KEY_SIZE]);
/* Adds the sealed form to `ret`. `purpose` is one of the words content, answer, reason, text,
 * document, or the place of a document's chunk. */
void seal_close(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const char *purpose, struct span plain, struct text *ret);
/* Adds the plain text to `ret`. 0 or -EBADMSG. */
_must_check_ int seal_open(struct seal *s, const uint8_t key[SEAL_KEY_SIZE],
	const struct uuid *request, const char *purpose, struct span sealed, struct text *ret);

/* The same key, wrapped by the master in use. As seal_open_key. */
_must_check_ int seal_rewrap_key(struct seal *s, const struct uuid *request, int master,
	struct span wrapped, struct text *ret_wrapped);
const struct keyring *seal_masters(const struct seal *s);
const struct keyring *seal_indexes(const struct seal *s);

/* HMAC-SHA-256 of `kind`, a zero byte and the value. */
void seal_mac(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const char *kind, struct span value,
	uint8_t ret_hash[SEAL_HASH_SIZE]);
/* What a request is found by: the index key's id, big-endian, and the HMAC under it; so all that
 * stands under one key lies together. */
#define SEAL_INDEX_PREFIX  4
#define SEAL_INDEX_SIZE    (SEAL_INDEX_PREFIX + SEAL_HASH_SIZE)
#define SEAL_INDEX_UNNAMED 0 /* made before index keys had ids */
struct seal_index {
	uint8_t bytes[SEAL_INDEX_SIZE];
};
/* Under the key in use: for what is stored. */
void seal_index(struct seal *s, const char *kind, struct span value, struct seal_index *ret);
/* All under which it may stand; returns how many. */
#define SEAL_INDEXES_MAX (2 * KEYS_MAX)
int seal_index_each(struct seal *s, const char *kind, struct span value,
	struct seal_index ret[SEAL_INDEXES_MAX]);

/* HMAC-SHA-256 of the bytes as they are: a signature. */
void seal_sign(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], struct span bytes,
	uint8_t ret_hash[SEAL_HASH_SIZE]);

/* SHA-256 of several parts, each preceded by its length. */
void digest_parts(const struct span *parts, size_t n, uint8_t ret_hash[SEAL_HASH_SIZE]);
/* SHA-256 of bytes as they are (tokens, certificates). */
void digest_bytes(struct span bytes, uint8_t ret_hash[SEAL_HASH_SIZE]);
/* SHA-256 of what comes in pieces. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, struct span bytes);
/* Of all so far; nothing may be added afterwards. */
void digest_end(struct digest *d, uint8_t ret_hash[SEAL_HASH_SIZE]);
void digest_free(struct digest *d);
/* In base64 (RFC 4648 section 4), as header fields write digests. */
void text_add_base64(struct text *t, struct span bytes);
/* Whether two secrets are the same, in a time that does not tell where they differ. */
bool secret_is(const void *a, const void *b, size_t len);
/* Overwrites what the compiler would leave. */
void secret_forget(void *secret, size_t len);
void random_bytes(void *to, size_t len);
struct uuid uuid_new(int64_t at_us);
