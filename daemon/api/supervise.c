/* What supervisors see: the overview, overdue requests, queues. All computed when read. */
#include "daemon/api/access_log.h"
#include "daemon/api/dossier.h"
#include "daemon/api/export.h"
#include "daemon/api/resources.h"

/* Today and the third working day from now of each agency, by its own calendar. */
static void add_bounds(struct call *c, struct params *p)
{
	const struct catalogue *k = c->book->catalogue;
	int64_t now = loop_now(c->api->loop);
	struct columns bounds;

	columns_init(&bounds, "tdd");
	for (size_t i = 0; i < k->nagencies; i++) {
		const struct calendar *calendar =
			book_agency_calendar(c->book, k->agencies[i].code);
		int32_t today = calendar ? calendar_day_of(calendar, now) : zone_day(NULL, now);
		int32_t third = calendar ? calendar_nth_working(calendar, today + 1, 3) : today + 3;

		cell_text(&bounds, k->agencies[i].code);
		cell_day(&bounds, today);
		cell_day(&bounds, third);
	}
	params_columns(p, &bounds);
}

struct view {
	struct text by;
	struct page page;
};

static void view_free(void *state)
{
	struct view *v = state;

	text_done(&v->by);
	free(v);
}

static void add_overview_row(struct text *t, struct call *c, const struct view *v, struct row r)
{
	static const char *const counts[] = {
		"open", "due_today", "due_in_3_working_days", "overdue", "paused"};
	const char *key = row_text(&r);
	int on_time, stopped, warned;
	const struct zone *zone =
		span_is(text_span(&v->by), "agency") ? book_zone(c->book, key) : NULL;

	text_add_char(t, '{');
	text_add_member(t, v->by.data, key);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		text_addf(t, ",\"%s\":%d", counts[i], row_int(&r));
	text_add_char(t, ',');
	text_add_moment(t, "oldest_overdue", row_moment(&r), zone);
	on_time = row_int(&r);
	stopped = row_int(&r);
	if (stopped)
		text_addf(t, ",\"on_time_share\":%.4f", (double)on_time / stopped);
	else
		text_adds(t, ",\"on_time_share\":null");
	warned = row_int(&r);
	text_addf(t, ",\"warned\":%d,\"escalated\":%d", warned, row_int(&r));
	text_addf(t, ",\"on_desk\":%d}", row_int(&r));
}

/* What no route took: for who supervises all; nobody else may take it up. */
static void add_desk(struct text *t, struct call *c, const struct unit *u)
{
	struct row r;

	if (c->who.agency[0]) {
		text_adds(t, ",\"unrouted\":null");
		return;
	}
	r = row_of(u, 2, 0);
	text_addf(t, ",\"unrouted\":{\"open\":%d,", row_int(&r));
	text_add_moment(t, "oldest", row_moment(&r), book_zone(c->book, UNROUTED));
	text_add_char(t, '}');
}

/* A snapshot that slows everybody down, once it is old: for who supervises all. */
static void add_snapshot(struct text *t, struct call *c, const struct unit *u)
{
	struct row r = row_of(u, 3, 0);

	if (c->who.agency[0] || !row_bool(&r)) {
		text_adds(t, ",\"snapshot\":null");
		return;
	}
	text_addf(t, ",\"snapshot\":{\"seconds\":%d,", row_int(&r));
	text_addf(t, "\"transactions\":%lld}", (long long)row_int64(&r));
}

static void on_overview(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct view *v = c->state;
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < rows_count(u, 1); i++) {
		if (i)
			text_add_char(&t, ',');
		add_overview_row(&t, c, v, row_of(u, 1, i));
	}
	page_write(&t, NULL, 0, false);
	add_desk(&t, c, u);
	add_snapshot(&t, c, u);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void overview_begin(struct call *c)
{
	static const char *const names[] = {"by", NULL};
	struct view *v;
	struct params *p;

	if (!call_query_check(c, names))
		return;
	v = call_state(c, sizeof(*v), view_free);
	if (!call_query(c, "by", &v->by))
		text_adds(&v->by, "agency");
	if (!span_is(text_span(&v->by), "agency") && !span_is(text_span(&v->by), "service") &&
		!span_is(text_span(&v->by), "office")) {
		answer_bad_parameter(c, "by", WORD_reason_not_allowed, "agency, service, office");
		return;
	}
	p = call_read(c, SQL_OVERVIEW);
	params_text(p, v->by.data);
	add_bounds(c, p);
	call_read(c, SQL_LOOK_AT_DESK);
	params_int(call_read(c, SQL_LOOK_AT_SNAPSHOTS),
		(int)(c->api->settings->snapshot_alarm / 1000000));
	call_send(c, on_overview);
}

/* The request, and `,"working_days_late":n`. */
static void add_overdue(struct text *t, struct call *c, const struct dossier *d)
{
	struct viewer viewer = call_viewer(c);

	dossier_write(t, d, &viewer, c->who.name, c->lang, false);
	access_tells(c, &d->row.id);
	t->len--;
	text_addf(t, ",\"working_days_late\":%lld}", dossier_days_late(d));
}

static void on_overdue(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct view *v = c->state;
	struct text t = TEXT_INIT;
	struct uuid last;
	int64_t last_at = 0;
	int n, written = 0;

	if (!call_entered(c, how))
		return;
	n = rows_count(u, 1);
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < n && i < v->page.limit; i++) {
		struct request_row row;
		struct dossier d;

		request_row_read(row_of(u, 1, i), &row);
		last = row.id;
		last_at = row.due_at;
		if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop), row_of(u, 1, i)) < 0)
			continue;
		if (written++)
			text_add_char(&t, ',');
		add_overdue(&t, c, &d);
		dossier_done(&d);
	}
	page_write(&t, n ? &last : NULL, last_at, n > v->page.limit);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

static void ask_overdue(struct call *c, const struct page *page)
{
	struct params *p = call_read(c, SQL_OVERDUE);

	params_moment(p, page->has_after ? page->after_at : 0);
	params_uuid(p, &page->after_id);
	params_int(p, page->limit + 1);
}

static const struct export_list overdue_list = {.ask = ask_overdue,
	.add = export_add_request,
	.head = EXPORT_OVERDUE_HEAD,
	.statement = 1,
	.is_personal = true,
	.by_due = true};

void overdue_begin(struct call *c)
{
	static const char *const names[] = {"limit", "after", NULL};
	struct view *v;

	if (!call_query_check(c, names))
		return;
	v = call_state(c, sizeof(*v), view_free);
	if (!page_read(c, &v->page))
		return;
	if (export_wanted(c)) {
		export_begin(c, &overdue_list, export_wanted(c));
		return;
	}
	ask_overdue(c, &v->page);
	call_send(c, on_overdue);
}

static void add_queue(struct text *t, struct call *c, struct row r)
{
	const char *agency = row_text(&r);
	const struct zone *zone = book_zone(c->book, agency);
	long long depth = row_int64(&r), claimed = row_int64(&r), in_work = row_int64(&r),
		  overdue = row_int64(&r);
	struct uuid oldest;
	bool has_oldest = row_uuid(&r, &oldest);

	text_add_char(t, '{');
	text_add_member(t, "agency", agency);
	text_addf(t, ",\"depth\":%lld,\"claimed\":%lld,\"in_work\":%lld,\"overdue\":%lld,", depth,
		claimed, in_work, overdue);
	text_add_moment(t, "oldest", has_oldest ? uuid_at(&oldest) : MOMENT_NONE, zone);
	text_add_char(t, ',');
	text_add_moment(t, "next_due", row_moment(&r), zone);
	text_addf(t, ",\"kept\":%lld", (long long)row_int64(&r));
	text_addf(t, ",\"on_desk\":%lld", (long long)row_int64(&r));
}

static void on_queues(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < rows_count(u, 1); i++) {
		if (i)
			text_add_char(&t, ',');
		add_queue(&t, c, row_of(u, 1, i));
		text_add_char(&t, '}');
	}
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void queues_begin(struct call *c)
{
	params_text(call_read(c, SQL_QUEUES), NULL);
	call_send(c, on_queues);
}

/* One queue: its figures, and the first of those that wait, without claiming. */
static void on_queue(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct viewer viewer = call_viewer(c);
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	if (rows_count(u, 1)) {
		add_queue(&t, c, row_of(u, 1, 0));
	} else {
		text_add_char(&t, '{');
		text_add_member(&t, "agency", c->segment[0]);
		text_adds(&t, ",\"depth\":0,\"claimed\":0,\"in_work\":0,\"overdue\":0,\"oldest\":"
			      "null,\"next_due\":null,\"kept\":0,\"on_desk\":0");
	}
	text_adds(&t, ",\"items\":[");
	for (int i = 0; i < rows_count(u, 2); i++) {
		struct dossier d;

		if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop), row_of(u, 2, i)) < 0)
			continue;
		if (t.data[t.len - 1] != '[')
			text_add_char(&t, ',');
		dossier_write(&t, &d, &viewer, c->who.name, c->lang, false);
		access_tells(c, &d.row.id);
		dossier_done(&d);
	}
	text_adds(&t, "]}");
	answer_json(c, 200, &t);
}

void queue_begin(struct call *c)
{
	static const char *const names[] = {"limit", NULL};
	struct params *p;
	struct page page;

	if (!call_query_check(c, names) || !page_read(c, &page))
		return;
	if (!catalogue_agency_find(c->book->catalogue, c->segment[0]) ||
		(c->who.agency[0] && strcmp(c->who.agency, c->segment[0]) != 0)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	params_text(call_read(c, SQL_QUEUES), c->segment[0]);
	p = call_read(c, SQL_QUEUE_PEEK);
	params_text(p, c->segment[0]);
	params_int(p, page.limit);
	call_send(c, on_queue);
}
