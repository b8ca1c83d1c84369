/* A document on its way in: piece after piece, each sealed and stored before the next is read. What
 * does not become a document leaves nothing. */
#include <stdio.h>

#include "daemon/api/resources.h"
#include "daemon/api/uploads.h"
#include "lib/lifecycle.h"

#define SHA256_SAMPLE  "64 hexadecimal digits"
#define DIGEST_SAMPLE  "sha-256=:...:"
#define VERSION_SAMPLE "\"version\""

struct discard {
	struct unit unit;
};

static void on_discarded(struct unit *u, enum unit_how how)
{
	struct discard *d = container_of(u, struct discard, unit);

	(void)how; /* else it is swept up within the hour */
	unit_done(u);
	free(d);
}

static void discard(const struct upload *up)
{
	struct discard *d = calloc(1, sizeof(*d));
	struct params *p;

	if (!d)
		abort();
	unit_init(&d->unit, on_discarded);
	p = unit_add(&d->unit, SQL_DISCARD_UPLOAD);
	params_text(p, up->principal);
	params_uuid(p, &up->about.id);
	if (pg_submit(up->api->documents, &d->unit) < 0) {
		unit_done(&d->unit);
		free(d);
	}
}

static void upload_free(void *state)
{
	struct upload *up = state;

	if (up->is_loose)
		discard(up);
	if (up->is_counted)
		transfer_end(up->api);
	digest_free(up->digest);
	secret_forget(up->key, sizeof(up->key));
	free(up);
}

/* ---- what the request's head says ---- */

static bool read_kind(struct call *c, struct upload *up)
{
	_text_ kind = TEXT_INIT;

	strcpy(up->kind, DOCUMENT_OTHER);
	if (!call_query(c, "kind", &kind))
		return true;
	if (!kind.len || kind.len >= sizeof(up->kind)) {
		answer_bad_parameter(c, "kind", WORD_reason_bad_format, DOCUMENT_RESULT);
		return false;
	}
	memcpy(up->kind, kind.data, kind.len + 1);
	if (strcmp(up->kind, DOCUMENT_RESULT) == 0 && c->who.role != KEZEK_ROLE_officer) {
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
		return false;
	}
	return true;
}

/* ?sha256=, or Content-Digest (RFC 9530): what the client says that it sends. */
static bool read_digest(struct call *c, struct upload *up)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	_text_ sha256 = TEXT_INIT;
	struct span field;

	if (call_query(c, "sha256", &sha256)) {
		if (sha256.len != SHA256_TEXT - 1 || strspn(sha256.data, hex) != sha256.len) {
			answer_bad_parameter(c, "sha256", WORD_reason_bad_format, SHA256_SAMPLE);
			return false;
		}
		for (size_t i = 0; i < sha256.len; i++)
			up->wanted_sha256[i] = sha256.data[i] <= '9' ? sha256.data[i]
								     : (char)(sha256.data[i] | 32);
	}
	if (!exchange_field(c->x, "content-digest", &field))
		return true;
	if (field.len != strlen("sha-256=:") + 44 + 1 || strncmp(field.at, "sha-256=:", 9) != 0) {
		answer_bad_parameter(c, "Content-Digest", WORD_reason_bad_format, DIGEST_SAMPLE);
		return false;
	}
	memcpy(up->wanted_digest, field.at, field.len);
	return true;
}

/* If-Match: not needed, as a document changes nothing that anybody has read; honoured where given.
 */
static bool read_if_match(struct call *c, struct upload *up)
{
	struct span field;
	int end = 0;
	_text_ t = TEXT_INIT;

	if (!exchange_field(c->x, "if-match", &field))
		return true;
	text_add_span(&t, field);
	if (field.len < 12 && sscanf(t.data, "\"%9d\"%n", &up->if_version, &end) == 1 &&
		(size_t)end == field.len && up->if_version > 0)
		return true;
	answer_bad_parameter(c, "If-Match", WORD_reason_bad_format, VERSION_SAMPLE);
	return false;
}

static bool read_type(struct call *c, struct upload *up)
{
	struct span type;

	if (exchange_field(c->x, "content-type", &type))
		up->media = media_find(type);
	if (!up->media)
		answer_problem(c, KEZEK_PROBLEM_unsupported_media_type, NULL);
	return up->media;
}

/* ---- piece after piece ---- */

static void on_chunk(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct upload *up = c->state;
	struct span result = {0};

	if (how == UNIT_DONE && rows_count(u, 0)) {
		struct row r = row_of(u, 0, 0);

		result = row_span(&r);
	}
	if (how != UNIT_DONE) {
		answer_unit(c, how);
	} else if (!span_is(result, "done")) {
		answer_problem(c,
			span_is(result, "denied") ? KEZEK_PROBLEM_not_found
						  : KEZEK_PROBLEM_overloaded,
			NULL);
	} else {
		unit_done(u);
		if (up->is_last)
			upload_finish(c);
		else
			exchange_receive(c->x, DOCUMENT_CHUNK);
	}
}

static void put_chunk(struct call *c, struct upload *up, struct span piece)
{
	_text_ sealed = TEXT_INIT;
	struct params *p;
	char place[64];

	document_place(&up->about.id, up->chunks, place);
	seal_close(c->api->seal, up->key, &up->request, place, piece, &sealed);
	unit_init(&c->unit, NULL);
	p = unit_add(&c->unit, SQL_PUT_CHUNK);
	params_text(p, c->who.name);
	params_uuid(p, &up->request);
	params_uuid(p, &up->about.id);
	params_int(p, up->chunks++);
	params_bytes(p, sealed.data, sealed.len);
	up->size += (int64_t)piece.len;
	up->is_loose = true;
	document_send(c, on_chunk);
}

static void on_piece(struct exchange *x, bool is_last)
{
	struct call *c = x->context;
	struct upload *up = c->state;

	up->is_last = is_last;
	if (!up->chunks && !media_fits(up->media, x->body)) {
		answer_problem(c, KEZEK_PROBLEM_unsupported_media_type,
			"the content is not what its media type says");
		return;
	}
	digest_add(up->digest, x->body);
	if (x->body.len)
		put_chunk(c, up, x->body);
	else
		upload_finish(c);
}

/* ---- the request it is for ---- */

static bool kind_is_known(const struct call *c, const struct request_row *request, const char *kind)
{
	const struct service *s = catalogue_service_find(
		c->book->catalogue, request->service, request->service_version);

	return strcmp(kind, DOCUMENT_RESULT) == 0 || strcmp(kind, DOCUMENT_OTHER) == 0 ||
	       (s && service_document_find(s, kind));
}

/* Looked at before the body is read, and once more when it is stored. A key that was used comes
 * before them: its first answer counts. */
static bool may_begin(struct call *c, const struct request_row *request)
{
	const struct upload *up = c->state;
	bool is_result = strcmp(up->kind, DOCUMENT_RESULT) == 0;
	enum kezek_state state;

	if (!kind_is_known(c, request, up->kind)) {
		answer_bad_parameter(c, "kind", WORD_reason_not_found, up->kind);
		return false;
	}
	if (c->key[0] || !state_parse(span_of(request->state), &state))
		return true;
	if (up->if_version && up->if_version != request->version) {
		answer_stale(c, request->version);
		return false;
	}
	if (state_is_final(state) && !(is_result && state == KEZEK_STATE_closed)) {
		answer_not_open(c, state, false, false);
		return false;
	}
	return true;
}

static void on_request(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct upload *up = c->state;
	struct request_row request;

	if (!document_request(c, how, &request, up->key) || !may_begin(c, &request))
		return;
	up->is_counted = transfer_begin(c);
	if (!up->is_counted)
		return;
	document_hash(c->api, up->key, "document", span_of(up->about.name), up->name_hash);
	up->zone = book_zone(c->book, request.agency);
	up->digest = digest_new();
	up->about.id = uuid_new(loop_now(c->api->loop));
	unit_done(u);
	c->x->on_piece = on_piece;
	exchange_receive(c->x, DOCUMENT_CHUNK);
}

void document_put_begin(struct call *c)
{
	static const char *const names[] = {"kind", "sha256", NULL};
	struct upload *up;
	struct span name;

	if (!call_query_check(c, names) || !document_name(c, &name))
		return;
	up = call_state(c, sizeof(*up), upload_free);
	up->api = c->api;
	memcpy(up->principal, c->who.name, sizeof(up->principal));
	memcpy(up->about.name, name.at, name.len);
	if (!call_id(c, &up->request) || !read_kind(c, up) || !read_digest(c, up) ||
		!read_if_match(c, up) || !read_type(c, up))
		return;
	params_uuid(call_read(c, SQL_REQUEST_BY_ID), &up->request);
	document_send(c, on_request);
}
