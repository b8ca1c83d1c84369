/* Documents of a request: the list, and what downloads and uploads share. */
#include <errno.h>
#include <stdio.h>

#include "daemon/api/access_log.h"
#include "daemon/api/documents.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"
#include "daemon/net/server.h"
#include "lib/media.h"

#define TRANSFERS_MAX 64 /* at once: each holds about a megabyte */

void document_row_read(struct row *r, struct document_row *ret)
{
	ret->no = row_int(r);
	ret->kind = row_text(r);
	ret->media_type = row_text(r);
	ret->size = row_int64(r);
	ret->chunks = row_int(r);
	ret->stored_at = row_moment(r);
	ret->stored_by = row_text(r);
	ret->actor = row_text(r);
	ret->about = row_bytes(r);
}

void document_close(struct api *a, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const struct document_about *about, int64_t size, int chunks, struct text *ret)
{
	_text_ plain = TEXT_INIT;
	char id[UUID_TEXT_SIZE];

	uuid_format(&about->id, id);
	text_addf(&plain, "{\"id\":\"%s\",\"sha256\":\"%s\",\"size\":%lld,\"chunks\":%d,", id,
		about->sha256, (long long)size, chunks);
	text_add_member(&plain, "name", about->name);
	text_add_char(&plain, '}');
	seal_close(a->seal, key, request, "document", text_span(&plain), ret);
}

static bool copy_member(json_object *o, const char *name, char *to, size_t size)
{
	const char *s = json_object_get_string(json_object_object_get(o, name));
	size_t len = s ? strlen(s) : size;

	if (len >= size)
		return false;
	memcpy(to, s, len + 1);
	return true;
}

int document_open(struct api *a, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	const struct document_row *row, struct document_about *ret)
{
	_text_ plain = TEXT_INIT;
	_json_ *o = NULL;
	char id[UUID_TEXT_SIZE];

	if (seal_open(a->seal, key, request, "document", row->about, &plain) < 0 ||
		json_read(text_span(&plain), NULL, NULL, &o) != 0 ||
		!copy_member(o, "id", id, sizeof(id)) || !uuid_parse(span_of(id), &ret->id) ||
		!copy_member(o, "name", ret->name, sizeof(ret->name)) ||
		!copy_member(o, "sha256", ret->sha256, sizeof(ret->sha256)) ||
		json_object_get_int64(json_object_object_get(o, "size")) != row->size ||
		json_object_get_int(json_object_object_get(o, "chunks")) != row->chunks) {
		uuid_format(request, id);
		log_event(LOG_LEVEL_ERROR, "document_unreadable", LOG_S("request", id),
			LOG_N("no", row->no));
		return -EBADMSG;
	}
	return 0;
}

void document_write(struct text *t, const struct document_row *row,
	const struct document_about *about, const struct zone *zone)
{
	text_addf(t, "{\"no\":%d,", row->no);
	text_add_member(t, "name", about->name);
	text_add_char(t, ',');
	text_add_member(t, "kind", row->kind);
	text_add_char(t, ',');
	text_add_member(t, "media_type", row->media_type);
	text_addf(t, ",\"size\":%lld,\"sha256\":\"%s\",", (long long)row->size, about->sha256);
	text_add_moment(t, "stored_at", row->stored_at, zone);
	text_add_char(t, ',');
	text_add_member(t, "stored_by", row->stored_by);
	text_add_char(t, ',');
	text_add_member(t, "actor", row->actor);
	text_add_char(t, '}');
}

json_object *documents_read(const struct dossier *d, const struct unit *u, int statement)
{
	json_object *all = json_made(json_object_new_array());

	for (int i = 0; !d->is_erased && i < rows_count(u, statement); i++) {
		struct row r = row_of(u, statement, i);
		struct document_about about;
		struct document_row row;
		_text_ t = TEXT_INIT;
		json_object *one = NULL;
		struct uuid request;

		row_uuid(&r, &request);
		if (uuid_compare(&request, &d->row.id) != 0)
			continue;
		document_row_read(&r, &row);
		if (document_open(d->api, d->key, &d->row.id, &row, &about) < 0)
			continue;
		document_write(&t, &row, &about, dossier_zone(d));
		if (json_read(text_span(&t), NULL, NULL, &one) == 0)
			json_append(all, one);
	}
	return all;
}

void documents_add(struct dossier *d, json_object *stored)
{
	json_object *all = json_object_object_get(d->content, "documents");

	for (size_t i = 0; all && i < json_object_array_length(stored); i++)
		json_append(all, json_object_get(json_object_array_get_idx(stored, i)));
}

void document_hash(struct api *a, const uint8_t key[SEAL_KEY_SIZE], const char *what,
	struct span value, uint8_t ret[SEAL_HASH_SIZE])
{
	seal_mac(a->seal, key, what, value, ret);
}

void document_place(const struct uuid *id, int no, char ret[64])
{
	char s[UUID_TEXT_SIZE];

	uuid_format(id, s);
	snprintf(ret, 64, "document %s %d", s, no);
}

void text_add_content_digest(struct text *t, const uint8_t hash[SEAL_HASH_SIZE])
{
	text_adds(t, "sha-256=:");
	text_add_base64(t, (struct span){(const char *)hash, SEAL_HASH_SIZE});
	text_add_char(t, ':');
}

static bool open_key(struct call *c, const struct request_row *row, uint8_t ret_key[SEAL_KEY_SIZE])
{
	int r = seal_open_key(c->api->seal, &row->id, row->master, row->wrapped, ret_key);

	if (r < 0)
		answer_problem(
			c, r == -ENODATA ? KEZEK_PROBLEM_erased : KEZEK_PROBLEM_internal, NULL);
	return r == 0;
}

bool document_request(
	struct call *c, enum unit_how how, struct request_row *ret, uint8_t ret_key[SEAL_KEY_SIZE])
{
	struct viewer viewer = call_viewer(c);

	if (!call_entered(c, how))
		return false;
	if (rows_count(&c->unit, 1))
		request_row_read(row_of(&c->unit, 1, 0), ret);
	if (!rows_count(&c->unit, 1) || !access_sees_personal(&viewer, ret->agency, ret->office)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return false;
	}
	return open_key(c, ret, ret_key);
}

void documents_ask(
	struct call *c, const struct uuid *id, void (*on_done)(struct unit *u, enum unit_how how))
{
	bool of_whole = c->route->flags & ROUTE_WHOLE;
	struct params *p;

	params_uuid(call_read(c, SQL_REQUEST_BY_ID), id);
	p = call_read(c, SQL_DOCUMENT_HASHES);
	params_uuid(p, id);
	params_bool(p, of_whole);
	if (of_whole)
		params_uuid(call_read(c, SQL_WHOLE_OF), id);
	document_send(c, on_done);
}

bool documents_asked(
	struct call *c, enum unit_how how, struct request_row *ret, uint8_t ret_key[SEAL_KEY_SIZE])
{
	struct row r;

	if (!document_request(c, how, ret, ret_key))
		return false;
	access_tells(c, &ret->id);
	if (!(c->route->flags & ROUTE_WHOLE))
		return true;
	if (!rows_count(&c->unit, 3)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return false;
	}
	r = row_of(&c->unit, 3, 0);
	row_uuid(&r, &ret->id);
	ret->master = row_int(&r);
	ret->wrapped = row_bytes(&r);
	access_tells(c, &ret->id);
	return open_key(c, ret, ret_key);
}

bool document_name(struct call *c, struct span *ret)
{
	*ret = span_of(c->segment[1]);
	if (document_name_is_sound(*ret))
		return true;
	answer_bad_parameter(c, "name", WORD_reason_bad_format, "passport.pdf");
	return false;
}

void document_send(struct call *c, void (*on_done)(struct unit *u, enum unit_how how))
{
	int r;

	c->unit.on_done = on_done;
	r = pg_submit(c->api->documents, &c->unit);
	if (r < 0)
		answer_away(c, r);
}

bool transfer_begin(struct call *c)
{
	if (!server_count_stream(c->x)) {
		answer_problem(c, KEZEK_PROBLEM_too_many_connections, NULL);
		return false;
	}
	if (c->api->transfers == TRANSFERS_MAX) {
		answer_problem(c, KEZEK_PROBLEM_overloaded, NULL);
		return false;
	}
	c->api->transfers++;
	return true;
}

void transfer_end(struct api *a)
{
	a->transfers--;
}

static void on_list(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	uint8_t key[SEAL_KEY_SIZE];
	struct request_row request;

	if (!documents_asked(c, how, &request, key))
		return;
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < rows_count(u, 2); i++) {
		struct row r = row_of(u, 2, i);
		struct document_about about;
		struct document_row row;

		row_bytes(&r); /* its name's hash */
		document_row_read(&r, &row);
		if (document_open(c->api, key, &request.id, &row, &about) < 0)
			continue;
		text_adds(&t, t.data[t.len - 1] == '[' ? "" : ",");
		document_write(&t, &row, &about, book_zone(c->book, request.agency));
	}
	secret_forget(key, sizeof(key));
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void documents_list_begin(struct call *c)
{
	static const char *const names[] = {NULL};
	struct uuid id;

	if (call_query_check(c, names) && call_id(c, &id))
		documents_ask(c, &id, on_list);
}
