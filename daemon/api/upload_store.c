/* The end of an upload: the whole becomes a document in one transaction, or nothing is left of it.
 */
#include "daemon/api/dossier.h"
#include "daemon/api/uploads.h"

static void reply_document(struct call *c, int status, const struct document_row *row, int version)
{
	struct upload *up = c->state;
	struct document_about about;
	struct text t = TEXT_INIT;
	_text_ field = TEXT_INIT;

	if (document_open(c->api, up->key, &up->request, row, &about) < 0) {
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
		return;
	}
	document_write(&t, row, &about, up->zone);
	t.len--;
	text_addf(&t, ",\"version\":%d}", version);
	text_addf(&field, "\"%s\"", about.sha256);
	exchange_header(c->x, "ETag", field.data);
	text_reset(&field);
	text_add_content_digest(&field, up->hash);
	exchange_header(c->x, "Content-Digest", field.data);
	answer_json(c, status, &t);
}

static void reply_full(struct call *c)
{
	_faults_ faults = {0};

	faults_add(&faults, "", WORD_reason_too_often, NULL, NULL);
	answer_faults(c, &faults);
}

/* What was stored under the key: the document is immutable, and so the answer is the same. */
static void reply_again(struct call *c, struct span fingerprint, int status,
	const struct document_row *row, int version)
{
	if (fingerprint.len != FINGERPRINT_SIZE ||
		memcmp(fingerprint.at, c->fingerprint, FINGERPRINT_SIZE) != 0) {
		answer_problem(c, KEZEK_PROBLEM_idempotency_key_reused, NULL);
		return;
	}
	exchange_header(c->x, "Idempotent-Replayed", "true");
	reply_document(c, status, row, version);
}

static void reply_stored(struct call *c, struct row *r)
{
	struct span result = row_span(r), state = row_span(r);
	int version = row_int(r), status;
	struct span fingerprint = row_bytes(r);
	struct document_row row;
	enum kezek_state at = KEZEK_STATE_closed;

	status = row_int(r);
	document_row_read(r, &row);
	if (span_is(result, "done") || span_is(result, "same"))
		reply_document(c, span_is(result, "done") ? 201 : 200, &row, version);
	else if (span_is(result, "duplicate"))
		reply_again(c, fingerprint, status, &row, version);
	else if (span_is(result, "exists"))
		answer_problem(c, KEZEK_PROBLEM_already_exists, NULL);
	else if (span_is(result, "erased"))
		answer_problem(c, KEZEK_PROBLEM_erased, NULL);
	else if (span_is(result, "stale"))
		answer_stale(c, version);
	else if (span_is(result, "not_open") && state_parse(state, &at))
		answer_not_open(c, at, false, false);
	else if (span_is(result, "full"))
		reply_full(c);
	else /* denied: it was disabled meanwhile, or the request went elsewhere; gone: swept up */
		answer_problem(c,
			span_is(result, "denied") ? KEZEK_PROBLEM_not_found
						  : KEZEK_PROBLEM_overloaded,
			NULL);
}

static void on_stored(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct upload *up = c->state;

	if (how != UNIT_DONE || !rows_count(u, 0)) {
		answer_unit(c, how);
		return;
	}
	struct row r = row_of(u, 0, 0);

	up->is_loose = false;
	reply_stored(c, &r);
}

/* The name and the digest are the applicant's: in the journal they stand sealed. */
static void add_sealed(struct params *p, struct upload *up)
{
	_text_ plain = TEXT_INIT;
	_text_ sealed = TEXT_INIT;

	text_addf(&plain, "%s sha256:%s", up->about.name, up->about.sha256);
	seal_close(up->api->seal, up->key, &up->request, "text", text_span(&plain), &sealed);
	params_bytes(p, sealed.data, sealed.len);
}

static void store(struct call *c)
{
	struct upload *up = c->state;
	uint8_t digest_hash[SEAL_HASH_SIZE];
	_text_ about = TEXT_INIT;
	struct params *p;

	document_hash(c->api, up->key, "document-content",
		(struct span){(const char *)up->hash, sizeof(up->hash)}, digest_hash);
	document_close(c->api, up->key, &up->request, &up->about, up->size, up->chunks, &about);
	unit_init(&c->unit, NULL);
	p = unit_add(&c->unit, SQL_STORE_DOCUMENT);
	params_text(p, c->who.name);
	params_text(p, call_actor(c));
	params_text(p, c->key[0] ? c->key : NULL);
	params_bytes(p, c->fingerprint, sizeof(c->fingerprint));
	params_uuid(p, &up->request);
	params_uuid(p, &up->about.id);
	params_bytes(p, up->name_hash, sizeof(up->name_hash));
	params_bytes(p, digest_hash, sizeof(digest_hash));
	params_text(p, up->kind);
	params_text(p, media_name(up->media));
	params_int64(p, up->size);
	params_int(p, up->chunks);
	params_bytes(p, about.data, about.len);
	if (up->if_version)
		params_int(p, up->if_version);
	else
		params_bytes(p, NULL, 0);
	add_sealed(p, up);
	params_int(p, DOCUMENTS_MAX);
	document_send(c, on_stored);
}

void upload_finish(struct call *c)
{
	struct upload *up = c->state;
	struct span parts[] = {
		span_of(http1_method_name(c->x->head->method)),
		c->x->head->target,
		{(const char *)up->hash, sizeof(up->hash)},
	};
	_text_ sha256 = TEXT_INIT;
	_text_ field = TEXT_INIT;

	digest_end(up->digest, up->hash);
	digest_parts(parts, ARRAY_SIZE(parts), c->fingerprint);
	text_add_hex(&sha256, up->hash, sizeof(up->hash));
	memcpy(up->about.sha256, sha256.data, sizeof(up->about.sha256));
	text_add_content_digest(&field, up->hash);
	if ((up->wanted_sha256[0] && strcmp(up->wanted_sha256, sha256.data) != 0) ||
		(up->wanted_digest[0] && strcmp(up->wanted_digest, field.data) != 0)) {
		exchange_header(c->x, "Content-Digest", field.data);
		answer_problem(c, KEZEK_PROBLEM_digest_mismatch, NULL);
		return;
	}
	store(c);
}
