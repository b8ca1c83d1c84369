/* An upload under way, between its pieces (uploads.c) and its end (upload_store.c). */
#pragma once

#include "daemon/api/documents.h"
#include "lib/media.h"

#define KIND_SIZE   64
#define DIGEST_SIZE 64 /* of a Content-Digest of ours, and the NUL */

struct upload {
	struct api *api;
	struct uuid request;
	uint8_t key[SEAL_KEY_SIZE], name_hash[SEAL_HASH_SIZE];
	struct document_about about;
	const struct media *media;
	const struct zone *zone;
	char kind[KIND_SIZE];
	char wanted_sha256[SHA256_TEXT], wanted_digest[DIGEST_SIZE]; /* "" where not stated */
	int if_version;                                              /* 0: any */
	struct digest *digest;
	uint8_t hash[SEAL_HASH_SIZE];
	int64_t size;
	int chunks;
	char principal[NAME_SIZE];
	bool is_counted, is_last;
	bool is_loose; /* chunks may lie there that no document has taken */
};

/* All pieces are in: held against what was stated, and stored. The call is answered. */
void upload_finish(struct call *c);
