/* Notifications: what rungs of ladders tell somebody, and that they have seen it. */
#include "daemon/api/dossier.h"
#include "daemon/api/export.h"
#include "daemon/api/resources.h"

#define IDS_MAX 500

/* The next `count` columns are texts or null. */
static void add_texts(struct text *t, struct row *r, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		text_add_char(t, ',');
		text_add_member(t, names[i], row_text(r));
	}
}

/* The columns of SQL_NOTIFICATIONS, in their order; moments in the agency's zone. */
static void add_notification(struct text *t, struct call *c, struct row r, struct uuid *ret_id)
{
	static const char *const what[] = {
		"number", "kind", "deadline", "rung", "to", "person", "principal"};
	static const char *const where[] = {"office", "service"};
	static const char *const when[] = {"due_at", "occurred_at", "recorded_at", "seen_at"};
	const struct zone *zone;
	const char *agency;
	struct uuid request;

	row_uuid(&r, ret_id);
	row_uuid(&r, &request);
	text_add_char(t, '{');
	text_add_uuid(t, "id", ret_id);
	text_add_char(t, ',');
	text_add_uuid(t, "request", &request);
	add_texts(t, &r, what, ARRAY_SIZE(what));
	agency = row_text(&r);
	zone = book_zone(c->book, agency);
	text_add_char(t, ',');
	text_add_member(t, "agency", agency);
	add_texts(t, &r, where, ARRAY_SIZE(where));
	for (size_t i = 0; i < ARRAY_SIZE(when); i++) {
		text_add_char(t, ',');
		text_add_moment(t, when[i], row_moment(&r), zone);
	}
	text_add_char(t, ',');
	text_add_member(t, "seen_by", row_text(&r));
	text_add_char(t, '}');
}

static void on_list(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (call_entered(c, how))
		page_reply(c, 1, add_notification);
}

struct told_list {
	struct page page;
	bool unseen;
};

static void ask(struct call *c, const struct told_list *l, const struct page *page)
{
	struct params *p = call_read(c, SQL_NOTIFICATIONS);

	params_text(p, call_actor(c));
	params_bool(p, l->unseen);
	params_uuid(p, page->has_after ? &page->after_id : NULL);
	params_int(p, page->limit + 1);
}

static void ask_export(struct call *c, const struct page *page)
{
	ask(c, export_filters(c), page);
}

static const struct export_list notifications_list = {.ask = ask_export,
	.add = export_add_item,
	.item = add_notification,
	.head = "id,request,number,kind,deadline,rung,to,person,principal,agency,office,service,"
		"due_at,occurred_at,recorded_at,seen_at,seen_by",
	.statement = 1};

void notifications_list_begin(struct call *c)
{
	static const char *const names[] = {"unseen", "limit", "after", NULL};
	struct told_list *l;

	if (!call_query_check(c, names))
		return;
	l = call_state(c, sizeof(*l), NULL);
	if (!call_query_flag(c, "unseen", &l->unseen) || !page_read(c, &l->page))
		return;
	if (export_wanted(c)) {
		export_begin(c, &notifications_list, export_wanted(c));
		return;
	}
	ask(c, l, &l->page);
	call_send(c, on_list);
}

static void on_seen(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	struct row r;
	int seen;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	seen = row_int(&r);
	text_addf(&t, "{\"seen\":%d,\"has_more\":%s}", seen, row_bool(&r) ? "true" : "false");
	answer_json(c, 200, &t);
}

/* `ids` into a column, or `until`: one of both. False: answered. */
static bool read_seen(
	struct call *c, struct columns *ids, bool *ret_has_until, struct uuid *ret_until)
{
	_faults_ faults = {0};
	struct json_reader r;
	struct uuid id;
	json_object *array;

	json_reader_init(&r, c->body, "", &faults);
	array = json_get_array(&r, "ids", JSON_OPTIONAL, IDS_MAX);
	*ret_has_until = json_get_uuid(&r, "until", JSON_OPTIONAL, ret_until);
	if (json_object_object_get_ex(c->body, "ids", NULL) ==
		json_object_object_get_ex(c->body, "until", NULL))
		json_reader_fault(&r, "ids", array ? WORD_reason_conflict : WORD_reason_missing,
			"until", NULL);
	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		const char *s = json_item_string(&r, "ids", array, i, UUID_TEXT_SIZE);

		if (s && uuid_parse(span_of(s), &id))
			cell_uuid(ids, &id);
		else if (s)
			json_reader_fault(&r, "ids", WORD_reason_bad_format, "UUID", NULL);
	}
	json_reader_end(&r);
	if (faults.count)
		answer_faults(c, &faults);
	return !faults.count;
}

void notifications_seen_begin(struct call *c)
{
	struct columns ids;
	struct uuid until;
	struct params *p;
	bool has_until;

	columns_init(&ids, "u");
	if (!read_seen(c, &ids, &has_until, &until)) {
		columns_done(&ids);
		return;
	}
	p = call_read(c, SQL_SEE_NOTIFICATIONS);
	params_text(p, call_actor(c));
	params_columns(p, &ids);
	params_uuid(p, has_until ? &until : NULL);
	call_send(c, on_seen);
}
