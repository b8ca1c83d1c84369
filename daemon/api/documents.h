/* Documents of a request: what listing, downloads and uploads share. */
#pragma once

#include "daemon/api/dossier.h"

#define DOCUMENT_CHUNK (256 * 1024) /* bytes of plain content in one */
#define DOCUMENTS_MAX  64           /* of one request */
#define DOCUMENT_RESULT                                                                            \
	"result"               /* the kind of what the agency makes; all other kinds are brought */
#define DOCUMENT_OTHER "other" /* the kind of what the standard does not name */
#define SHA256_TEXT    65

/* A row of kezek.document; strings and bytes are borrowed from the unit. */
struct document_row {
	int no;
	const char *kind, *media_type;
	int64_t size;
	int chunks;
	int64_t stored_at;
	const char *stored_by, *actor;
	struct span about;
};
/* The columns no … about, from the row's next one on. */
void document_row_read(struct row *r, struct document_row *ret);

/* What of it is sealed. */
struct document_about {
	struct uuid id; /* names its chunks */
	char name[128], sha256[SHA256_TEXT];
};
/* The sealed form. Size and chunks stand in it too: nobody cuts a document short unnoticed. */
void document_close(struct api *a, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const struct document_about *about, int64_t size, int chunks, struct text *ret);
/* 0 or -EBADMSG. */
_must_check_ int document_open(struct api *a, const uint8_t key[SEAL_KEY_SIZE],
	const struct uuid *request, const struct document_row *row, struct document_about *ret);
void document_write(struct text *t, const struct document_row *row,
	const struct document_about *about, const struct zone *zone);
/* What is stored for the request and who asks may see, from the rows of documents_of; never NULL,
 * put it. */
json_object *documents_read(const struct dossier *d, const struct unit *u, int statement);
/* Behind those that were declared. For telling alone: the dossier is not written with them. */
void documents_add(struct dossier *d, json_object *stored);
/* By which a name is found, or a digest compared, without being told: keyed by the request's own
 * key, so that no other key's rotation touches it and nobody can guess at it after an erasure. */
void document_hash(struct api *a, const uint8_t key[SEAL_KEY_SIZE], const char *what,
	struct span value, uint8_t ret[SEAL_HASH_SIZE]);
/* A chunk's purpose when it is sealed: its document and its place in it. */
void document_place(const struct uuid *id, int no, char ret[64]);
/* `sha-256=:…:` (RFC 9530). */
void text_add_content_digest(struct text *t, const uint8_t hash[SEAL_HASH_SIZE]);

/*
 * The request whose documents are asked for: statement 1 of the unit is request_by_id. False:
 * answered, with 404 where documents of it do not exist for who asks, with 410 where its key was
 * destroyed.
 */
bool document_request(
	struct call *c, enum unit_how how, struct request_row *ret, uint8_t ret_key[SEAL_KEY_SIZE]);
/* Asks for those of the request, or of the whole that it is a part of, as the path says: they are
 * statement 2 of the unit, document_hashes. */
void documents_ask(
	struct call *c, const struct uuid *id, void (*on_done)(struct unit *u, enum unit_how how));
/* Whose they are, as document_request; the reply tells of both, of the whole and of the part by
 * which it was reached. */
bool documents_asked(
	struct call *c, enum unit_how how, struct request_row *ret, uint8_t ret_key[SEAL_KEY_SIZE]);
/* The name in the path; false: answered. */
bool document_name(struct call *c, struct span *ret);
/* As call_send, on the connections for documents. */
void document_send(struct call *c, void (*on_done)(struct unit *u, enum unit_how how));
/* A transfer begins: false where there are too many, and the call is answered. At its end, once. */
bool transfer_begin(struct call *c);
void transfer_end(struct api *a);
