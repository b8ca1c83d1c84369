/* The journal of a request: who did what and when, its sealed words opened for those in scope. */
#include <string.h>

#include "daemon/api/access_log.h"
#include "daemon/api/dossier.h"
#include "daemon/api/export.h"
#include "daemon/api/resources.h"

static void add_opened(struct text *t, struct call *c, const uint8_t *key, const struct uuid *id,
	const char *name, struct span sealed)
{
	_text_ plain = TEXT_INIT;

	text_addf(t, "\"%s\":", name);
	if (sealed.at && key && seal_open(c->api->seal, key, id, name, sealed, &plain) == 0)
		text_add_json_span(t, text_span(&plain));
	else
		text_adds(t, "null");
}

#define AFTER  12
#define MASTER 13

/*
 * What an agency that gave the request on does not see of its journal: the names of documents, none
 * of which exists for it, and what came of it, which are requests that are not its own.
 */
static bool is_withheld(
	const struct call *c, struct row r, const struct request_row *request, const char *kind)
{
	static const char links[] = "\"links\":";
	struct viewer viewer = call_viewer(c);
	struct span after;

	r.at = AFTER;
	after = row_span(&r);
	return !access_sees(&viewer, request->agency, request->office) &&
	       (strcmp(kind, "document") == 0 || strcmp(kind, "answered") == 0 ||
		       (after.at && memmem(after.at, after.len, links, sizeof(links) - 1)));
}

/* The key of sealed words, which are not for those outside casework. */
static bool open_key(const struct call *c, struct row r, const struct request_row *request,
	uint8_t ret_key[SEAL_KEY_SIZE])
{
	int master;

	r.at = MASTER;
	master = row_int(&r);
	return c->who.role != KEZEK_ROLE_admin &&
	       seal_open_key(c->api->seal, &request->id, master, row_bytes(&r), ret_key) == 0;
}

static void add_event(struct text *t, struct call *c, const struct unit *u, int i,
	const struct request_row *request, const struct zone *zone)
{
	struct row r = row_of(u, 2, i);
	struct uuid id;
	char s[UUID_TEXT_SIZE];
	uint8_t key[SEAL_KEY_SIZE];
	struct span reason, words, before, after;
	bool has_key, withheld;
	const char *kind;
	int seq = row_int(&r);

	row_uuid(&r, &id);
	uuid_format(&id, s);
	text_addf(t, "{\"id\":\"%s\",", s);
	uuid_format(&request->id, s);
	text_addf(t, "\"request\":\"%s\",\"seq\":%d,", s, seq);
	kind = row_text(&r);
	withheld = is_withheld(c, r, request, kind);
	has_key = !withheld && open_key(c, r, request, key);
	text_add_member(t, "kind", kind);
	text_add_char(t, ',');
	text_add_moment(t, "occurred_at", row_moment(&r), zone);
	text_add_char(t, ',');
	text_add_moment(t, "recorded_at", row_moment(&r), zone);
	static const char *const names[] = {"principal", "actor", "ground", "legal_basis"};

	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		text_add_char(t, ',');
		text_add_member(t, names[k], row_text(&r));
	}
	reason = row_bytes(&r);
	words = row_bytes(&r);
	text_add_char(t, ',');
	add_opened(t, c, has_key ? key : NULL, &request->id, "reason", reason);
	text_add_char(t, ',');
	add_opened(t, c, has_key ? key : NULL, &request->id, "text", words);
	before = row_span(&r);
	after = row_span(&r);
	text_addf(t, ",\"before\":%s,\"after\":%s}", before.at ? before.at : "null",
		after.at && !withheld ? after.at : "null");
}

struct journal {
	struct page page;
	struct uuid id;
};

/* Statement 1 of the unit is the request. False: answered. */
static bool has_request(struct call *c)
{
	if (rows_count(&c->unit, 1))
		return true;
	answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
	return false;
}

static const struct zone *zone_of(const struct call *c, struct request_row *ret)
{
	request_row_read(row_of(&c->unit, 1, 0), ret);
	return book_zone(c->book, ret->agency);
}

static void on_events(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct journal *j = c->state;
	struct text t = TEXT_INIT;
	struct request_row request;
	const struct zone *zone;
	int n;

	if (!call_entered(c, how) || !has_request(c))
		return;
	zone = zone_of(c, &request);
	n = rows_count(u, 2);
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < n && i < j->page.limit; i++) {
		if (i)
			text_add_char(&t, ',');
		add_event(&t, c, u, i, &request, zone);
	}
	struct row last = row_of(u, 2, n > j->page.limit ? j->page.limit - 1 : n - 1);

	page_write(&t, n ? &j->id : NULL, n ? row_int(&last) : 0, n > j->page.limit);
	text_add_char(&t, '}');
	access_tells(c, &j->id);
	answer_json(c, 200, &t);
}

static void ask(struct call *c, const struct journal *j, const struct page *page)
{
	struct params *p;

	params_uuid(call_read(c, SQL_REQUEST_BY_ID), &j->id);
	p = call_read(c, SQL_REQUEST_EVENTS);
	params_uuid(p, &j->id);
	params_int(p, page->has_after ? (int32_t)page->after_at : 0);
	params_int(p, page->limit + 1);
}

static void ask_export(struct call *c, const struct page *page)
{
	ask(c, export_filters(c), page);
}

static void add_exported(const struct export_list *list, struct text *t, struct call *c, int i,
	enum export_format format, struct page *after)
{
	const struct journal *j = export_filters(c);
	struct row r = row_of(&c->unit, list->statement, i);
	struct text item = TEXT_INIT;
	struct request_row request;
	const struct zone *zone = zone_of(c, &request);

	after->after_id = j->id;
	after->after_at = row_int(&r);
	add_event(&item, c, &c->unit, i, &request, zone);
	export_put(t, &item, list, format);
}

static bool tells_of_request(struct call *c)
{
	const struct journal *j = export_filters(c);

	if (!has_request(c))
		return false;
	access_tells(c, &j->id);
	return true;
}

/* A table has the codes; what was said in words, sealed, the lines of NDJSON alone. */
static const struct export_list events_list = {.ask = ask_export,
	.add = add_exported,
	.head = "seq,id,kind,occurred_at,recorded_at,principal,actor,ground,legal_basis,before,"
		"after",
	.statement = 2,
	.exists = tells_of_request,
	.is_personal = true};

void request_events_begin(struct call *c)
{
	static const char *const names[] = {"limit", "after", NULL};
	struct journal *j;

	if (!call_query_check(c, names))
		return;
	j = call_state(c, sizeof(*j), NULL);
	if (!call_id(c, &j->id) || !page_read(c, &j->page))
		return;
	if (export_wanted(c)) {
		export_begin(c, &events_list, export_wanted(c));
		return;
	}
	ask(c, j, &j->page);
	call_send(c, on_events);
}
