/*
 * Sealing: AES-256-GCM under a key per request, itself wrapped by the master key; keyed hashes for
 * search; fingerprints; chance. The form of everything sealed: nonce (12) ‖ ciphertext ‖ tag (16),
 * with the request's id and the purpose as associated data, so that nothing opens in another's
 * place.
 */
#pragma once

#include "daemon/settings.h"
#include "lib/uuid.h"

#define SEAL_KEY_SIZE  32
#define SEAL_HASH_SIZE 32

struct seal;

/* Reads both key files (64 hex digits or 32 bytes each). 0, or -errno with the reason logged. */
_must_check_ int seal_new(const struct settings *settings, struct seal **ret);
void seal_free(struct seal *s);

/* The key in this file, or where the path is empty in $CREDENTIALS_DIRECTORY/<credential>. 0, or
 * -errno with the reason logged. */
_must_check_ int key_file_read(
	const char *path, const char *credential, uint8_t ret[SEAL_KEY_SIZE]);

/* A new key for a request, and its wrapped form for kezek.request_key. */
void seal_make_key(struct seal *s, const struct uuid *request, uint8_t ret_key[SEAL_KEY_SIZE],
	struct text *ret_wrapped, int *ret_master);
/* 0; -EBADMSG: another master key, or tampered; -ENODATA: the key was destroyed. */
_must_check_ int seal_open_key(struct seal *s, const struct uuid *request, int master,
	struct span wrapped, uint8_t ret_key[SEAL_KEY_SIZE]);
/* Adds the sealed form to `ret`. `purpose` is one of the words content, answer, reason, text,
 * document, or the place of a document's chunk. */
void seal_close(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const char *purpose, struct span plain, struct text *ret);
/* Adds the plain text to `ret`. 0 or -EBADMSG. */
_must_check_ int seal_open(struct seal *s, const uint8_t key[SEAL_KEY_SIZE],
	const struct uuid *request, const char *purpose, struct span sealed, struct text *ret);

/* HMAC-SHA-256 of `kind`, a zero byte and the value, under the index key. */
void seal_index(
	struct seal *s, const char *kind, struct span value, uint8_t ret_hash[SEAL_HASH_SIZE]);

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
