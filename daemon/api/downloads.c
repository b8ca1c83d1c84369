/* A document on its way out: chunk after chunk as the client drains, each opened and the whole held
 * against its SHA-256. */
#include <assert.h>
#include <stdio.h>

#include "daemon/api/access_log.h"
#include "daemon/api/documents.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"

struct download {
	struct api *api;
	struct uuid request;
	uint8_t key[SEAL_KEY_SIZE];
	struct document_about about;
	char type[128];
	int64_t size;
	int chunks, next; /* the chunk to be asked for */
	struct digest *digest;
	struct text plain; /* of the chunk that waits for room */
	bool is_counted, is_waiting;
};

static void download_free(void *state)
{
	struct download *d = state;

	if (d->is_counted)
		transfer_end(d->api);
	if (d->plain.data)
		secret_forget(d->plain.data, d->plain.cap);
	text_done(&d->plain);
	digest_free(d->digest);
	secret_forget(d->key, sizeof(d->key));
	free(d);
}

static void ask(struct call *c);

static void finish(struct call *c, struct download *d)
{
	char sha256[SHA256_TEXT];
	uint8_t hash[SEAL_HASH_SIZE];
	_text_ t = TEXT_INIT;
	bool whole;

	digest_end(d->digest, hash);
	text_add_hex(&t, hash, sizeof(hash));
	memcpy(sha256, t.data, sizeof(sha256));
	whole = strcmp(sha256, d->about.sha256) == 0;
	if (!whole)
		log_event(
			LOG_LEVEL_ERROR, "document_damaged", LOG_S("request_id", c->x->request_id));
	exchange_stream_close(c->x, whole);
}

static void write_on(struct call *c)
{
	struct download *d = c->state;

	d->is_waiting = false;
	if (c->x->gone) {
		exchange_stream_close(c->x, false);
		return;
	}
	if (d->plain.len && !exchange_stream_write(c->x, text_span(&d->plain))) {
		d->is_waiting = true;
		return;
	}
	text_reset(&d->plain);
	if (d->next == d->chunks)
		finish(c, d);
	else
		ask(c);
}

static void on_drained(struct exchange *x)
{
	struct call *c = x->context;
	struct download *d = c->state;

	if (d->is_waiting)
		write_on(c);
}

static void on_download_gone(struct call *c)
{
	struct download *d = c->state;

	if (d->is_waiting)
		exchange_stream_close(c->x, false);
}

static void on_chunk(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct download *d = c->state;
	char place[64];
	bool ok = how == UNIT_DONE && rows_count(u, 0) && rows_count(u, 1);

	if (ok) {
		struct row r = row_of(u, 1, 0);

		document_place(&d->about.id, d->next++, place);
		ok = seal_open(c->api->seal, d->key, &d->request, place, row_bytes(&r),
			     &d->plain) == 0;
	}
	unit_done(u);
	if (!ok) { /* the disabled, the forwarded, the damaged: it is cut off */
		exchange_stream_close(c->x, false);
		return;
	}
	digest_add(d->digest, text_span(&d->plain));
	write_on(c);
}

static void ask(struct call *c)
{
	struct download *d = c->state;
	struct params *p = call_read(c, SQL_DOCUMENT_CHUNK);

	params_uuid(p, &d->request);
	params_uuid(p, &d->about.id);
	params_int(p, d->next);
	c->unit.on_done = on_chunk;
	if (pg_submit(c->api->documents, &c->unit) < 0)
		exchange_stream_close(c->x, false);
}

/* A name for the client's disk (RFC 6266, RFC 8187), and nothing that a browser would run. */
static void add_headers(struct call *c, const struct document_about *about)
{
	_text_ t = TEXT_INIT;

	text_addf(&t, "\"%s\"", about->sha256);
	exchange_header(c->x, "ETag", t.data);
	text_reset(&t);
	text_adds(&t, "attachment; filename*=UTF-8''");
	for (const char *s = about->name; *s; s++) {
		bool plain = (*s >= '0' && *s <= '9') || ((*s | 32) >= 'a' && (*s | 32) <= 'z') ||
			     *s == '.' || *s == '-' || *s == '_';

		text_addf(&t, plain ? "%c" : "%%%02X", (unsigned char)*s);
	}
	exchange_header(c->x, "Content-Disposition", t.data);
	exchange_header(c->x, "X-Content-Type-Options", "nosniff");
}

/* Who reads it is on record. */
static void open_stream(struct call *c)
{
	struct download *d = c->state;

	d->digest = digest_new();
	add_headers(c, &d->about);
	c->x->on_drained = on_drained;
	c->on_gone = on_download_gone;
	exchange_stream_open_sized(c->x, 200, d->type, (size_t)d->size);
	if (c->x->head->method == HTTP1_HEAD)
		exchange_stream_close(c->x, true);
	else
		write_on(c);
}

/* Statement 2 has all of the request, at most DOCUMENTS_MAX: which of them bears the name is known
 * once its key is open. False: none. */
static bool find_named(const struct unit *u, struct download *d, struct document_row *ret)
{
	uint8_t hash[SEAL_HASH_SIZE];

	document_hash(d->api, d->key, "document", span_of(d->about.name), hash);
	for (int i = 0; i < rows_count(u, 2); i++) {
		struct row r = row_of(u, 2, i);
		struct span named = row_bytes(&r);

		if (named.len == sizeof(hash) && memcmp(named.at, hash, sizeof(hash)) == 0) {
			document_row_read(&r, ret);
			return true;
		}
	}
	return false;
}

static void on_document(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct download *d = c->state;
	struct request_row request;
	struct document_row row;
	int n;

	if (!documents_asked(c, how, &request, d->key))
		return;
	d->request = request.id;
	if (!find_named(u, d, &row)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	if (document_open(c->api, d->key, &d->request, &row, &d->about) < 0) {
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
		return;
	}
	d->is_counted = transfer_begin(c);
	if (!d->is_counted)
		return;
	d->size = row.size;
	d->chunks = row.chunks;
	n = snprintf(d->type, sizeof(d->type), "%s", row.media_type);
	assert(n > 0 && (size_t)n < sizeof(d->type));
	unit_done(u);
	access_log(c, open_stream);
}

void document_get_begin(struct call *c)
{
	static const char *const names[] = {NULL};
	struct download *d;
	struct span name;

	if (!call_query_check(c, names) || !document_name(c, &name))
		return;
	d = call_state(c, sizeof(*d), download_free);
	d->api = c->api;
	if (!call_id(c, &d->request))
		return;
	memcpy(d->about.name, name.at, name.len);
	documents_ask(c, &d->request, on_document);
}
