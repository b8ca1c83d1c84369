/* libkezek, typed part: submissions, claims, acts and lists. Included by kezek/kezek.h. */
#pragma once

/* A fresh UUIDv7 for an Idempotency-Key: keep it beside what you submit to repeat safely. */
#define KEZEK_KEY_SIZE 37
int kezek_key_make(char ret_key[KEZEK_KEY_SIZE]);
/* `text` percent-encoded for one path segment or query value; free() it. NULL: no memory. */
char *kezek_escape(const char *text);

/* SHA-256 over the DER of the first certificate in a PEM file, in hex: how a principal is known. */
#define KEZEK_DIGEST_SIZE 65
int kezek_certificate_digest(const char *path, char ret_hex[KEZEK_DIGEST_SIZE]);
/* The same of whatever this handle shows to the server: its certificate, else its token. What was
 * sent under one must be sent again under the same, since keys belong to a principal. -EINVAL:
 * neither is set. */
int kezek_credential_digest(const struct kezek *k, char ret_hex[KEZEK_DIGEST_SIZE]);

/* POST /v1/requests. `request` is the JSON body; `key` NULL: one is made. */
int kezek_submit(struct kezek *k, const char *request, const char *key,
	struct kezek_response **ret_response);

/* How a write shows that it may: claim and fence, or else the ETag (the version, bare or quoted).
 */
struct kezek_hold {
	const char *claim; /* NULL: by etag */
	int64_t fence;
	const char *etag;
};

/*
 * POST /v1/requests/{id}/{act}. `members` is a JSON object of the act's own members, or NULL; claim
 * and fence are added to it. `key` NULL: one is made.
 */
int kezek_act(struct kezek *k, const char *id, const char *act, const struct kezek_hold *hold,
	const char *members, const char *key, struct kezek_response **ret_response);

struct kezek_wish {
	int max;                     /* 1–100; 0: 1 */
	const char *worker;          /* NULL: none named */
	int lease_seconds;           /* 10–86400; 0: the server's standard */
	int wait_seconds;            /* 0–60 */
	const char *const *services; /* NULL-terminated codes, or NULL: all */
	const char *request;         /* the id of a named one, or NULL */
};

struct kezek_claim {
	const char *claim, *lease_until;
	int64_t fence;
	const char *request_id;
	const char *request; /* the whole request as JSON; "" where the server names only the id */
};

/* POST /v1/queues/{agency}/claims. The caller frees with kezek_claims_free, which takes NULL. */
int kezek_claim(struct kezek *k, const char *agency, const struct kezek_wish *wish,
	struct kezek_claims **ret_claims);
/* GET /v1/claims: what is held now; `worker` NULL: by any worker of this principal. */
int kezek_claims_held(struct kezek *k, const char *worker, struct kezek_claims **ret_claims);
void kezek_claims_free(struct kezek_claims *c);
size_t kezek_claims_count(const struct kezek_claims *c);
/* Owned by `c`. `index` is below the count. */
const struct kezek_claim *kezek_claims_at(const struct kezek_claims *c, size_t index);
/*
 * POST /v1/claims/{verb} with `verb` renew, release or decide, all members in one call. `members`
 * is a JSON object whose members join each claim (lease_seconds; outcome …), or NULL. The response
 * has one result a member, in order.
 */
int kezek_claims_do(struct kezek *k, const char *verb, const struct kezek_claim *const claims[],
	size_t count, const char *members, const char *key, struct kezek_response **ret_response);
/* POST /v1/claims/{claim}/accept: the lease becomes custody. `members` as in kezek_act. */
int kezek_accept(struct kezek *k, const struct kezek_hold *hold, const char *members,
	const char *key, struct kezek_response **ret_response);

/*
 * A list, page after page: `path` with its query, without `after`. next gives one item as JSON,
 * owned by the list until its next call; NULL when there are no more. Free with kezek_list_free
 * (takes NULL).
 */
int kezek_list_open(struct kezek *k, const char *path, struct kezek_list **ret_list);
int kezek_list_next(struct kezek_list *l, const char **ret_item);
void kezek_list_free(struct kezek_list *l);

/*
 * PUT of a document, `name` as people write it. Its SHA-256 is stated, so that the server stores
 * what is here or nothing; hence it is safe to repeat. `kind` may be NULL; so may `headers`.
 */
int kezek_attach(struct kezek *k, const char *request_id, const char *name, const char *kind,
	const char *const headers[], const struct kezek_body *body,
	struct kezek_response **ret_response);
/*
 * From now on `on_progress` is told, several times a second, how many bytes of a body, or of an
 * answer, have passed; `total` is 0 where that is not known. NULL: nobody is told.
 */
void kezek_watch(struct kezek *k, void (*on_progress)(int64_t done, int64_t total, void *context),
	void *context);
