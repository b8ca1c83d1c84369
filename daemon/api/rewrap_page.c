/* A page of a rotation: keys wrapped anew, hashes made anew from the content. */
#include <errno.h>
#include <stdio.h>

#include "daemon/api/lookups.h"
#include "daemon/api/rewrap.h"

static bool skip(struct rewrap_skipped *to, const struct uuid *request)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(request, id);
	fprintf(stderr, "kezekd rewrap: request %s cannot be opened, and is left as it is\n", id);
	if (to->count == REWRAP_SKIPPED_MAX) {
		fputs("kezekd rewrap: too many that cannot be opened\n", stderr);
		return false;
	}
	to->requests[to->count++] = *request;
	return true;
}

bool rewrap_keys(struct seal *s, const struct unit *u, int master, struct rewrap_skipped *skipped,
	struct columns *ret)
{
	columns_init(ret, "ubb");
	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row row = row_of(u, 0, i);
		_text_ wrapped = TEXT_INIT;
		struct uuid request;
		struct span read;

		row_uuid(&row, &request);
		read = row_bytes(&row);
		if (seal_rewrap_key(s, &request, master, read, &wrapped) == 0) {
			cell_uuid(ret, &request);
			cell_bytes(ret, read.at, read.len);
			cell_bytes(ret, wrapped.data, wrapped.len);
		} else if (!skip(skipped, &request)) {
			columns_done(ret);
			return false;
		}
	}
	return true;
}

/* A row of relook_page. */
struct version {
	struct uuid request;
	int version, master;
	struct span wrapped, content;
};

static void read_version(const struct unit *u, int at, struct version *ret)
{
	struct row row = row_of(u, 0, at);

	row_uuid(&row, &ret->request);
	ret->version = row_int(&row);
	ret->master = row_int(&row);
	ret->wrapped = row_bytes(&row);
	ret->content = row_bytes(&row);
}

/* Adds what the request was found by at this version. An erased one was by nothing. */
static int add_version(struct seal *s, const struct version *v, struct lookups *lookups)
{
	uint8_t key[SEAL_KEY_SIZE];
	_text_ plain = TEXT_INIT;
	_json_ *content = NULL;
	int e = seal_open_key(s, &v->request, v->master, v->wrapped, key);

	if (e == -ENODATA)
		return 0;
	if (e == 0)
		e = seal_open(s, key, &v->request, "content", v->content, &plain);
	if (e == 0 && json_read(text_span(&plain), NULL, NULL, &content) != 0)
		e = -EBADMSG;
	if (e == 0)
		lookups_add(lookups, content, s);
	secret_forget(key, sizeof(key));
	if (plain.data)
		secret_forget(plain.data, plain.len);
	return e;
}

static void add_request(struct columns *requests, struct columns *hashes, const struct version *v,
	const struct lookups *lookups)
{
	cell_uuid(requests, &v->request);
	cell_int(requests, v->version);
	for (int i = 0; i < lookups->count; i++) {
		cell_uuid(hashes, &v->request);
		cell_text(hashes, lookups->rows[i].kind);
		cell_bytes(hashes, lookups->rows[i].hash, sizeof(lookups->rows[i].hash));
	}
}

/* The versions of one request, from row *at on; which is then the next one's. 0 or -EBADMSG. */
static int read_request(
	struct seal *s, const struct unit *u, int *at, struct version *ret, struct lookups *lookups)
{
	struct version next;
	int e;

	read_version(u, *at, ret);
	e = add_version(s, ret, lookups);
	for (++*at; *at < rows_count(u, 0); ++*at) {
		read_version(u, *at, &next);
		if (uuid_compare(&next.request, &ret->request) != 0)
			break;
		if (e == 0)
			e = add_version(s, &next, lookups);
	}
	return e;
}

bool rewrap_lookups(struct seal *s, const struct unit *u, struct rewrap_skipped *skipped,
	struct columns *ret_requests, struct columns *ret_lookups)
{
	columns_init(ret_requests, "ui");
	columns_init(ret_lookups, "utb");
	for (int at = 0; at < rows_count(u, 0);) {
		struct lookups lookups = {0};
		struct version v;
		bool ok = true;

		if (read_request(s, u, &at, &v, &lookups) == 0)
			add_request(ret_requests, ret_lookups, &v, &lookups);
		else
			ok = skip(skipped, &v.request);
		lookups_done(&lookups);
		if (!ok) {
			columns_done(ret_requests);
			columns_done(ret_lookups);
			return false;
		}
	}
	return true;
}
