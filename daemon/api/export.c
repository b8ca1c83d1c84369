/* Whole lists as CSV or NDJSON, page after page. */
#include "daemon/api/access_log.h"
#include "daemon/api/export.h"
#include "daemon/net/server.h"

#define PAGE_ROWS 200

struct export
{
	const struct export_list *list;
	enum export_format format;
	struct page page;
	void *filters;
	void (*free_filters)(void *filters);
	struct text rows; /* of the page, written out up to `out` */
	size_t out;
	bool is_open, is_waiting, is_last;
};

enum export_format export_wanted(const struct call *c)
{
	struct span accept;

	if (!exchange_field(c->x, "accept", &accept))
		return EXPORT_NONE;
	if (memmem(accept.at, accept.len, "text/csv", 8))
		return EXPORT_CSV;
	if (memmem(accept.at, accept.len, "application/x-ndjson", 20))
		return EXPORT_NDJSON;
	return EXPORT_NONE;
}

static void export_free(void *state)
{
	struct export *e = state;

	(e->free_filters ? e->free_filters : free)(e->filters);
	text_done(&e->rows);
	free(e);
}

void *export_filters(const struct call *c)
{
	return ((const struct export *)c->state)->filters;
}

long long dossier_days_late(const struct dossier *d)
{
	const struct calendar *calendar = book_agency_calendar(d->book, d->row.agency);
	struct term term = {.due_on = d->row.due_on, .due_at = d->row.due_at};

	return calendar && dossier_is_overdue(d) ? term_working_days_late(calendar, &term, d->now)
						 : 0;
}

/* A cell of RFC 4180; one that a spreadsheet would take for a formula is disarmed. */
static void add_cell(struct text *t, const char *value)
{
	text_add_char(t, '"');
	if (value && *value && strchr("=+-@\t\r", *value))
		text_add_char(t, '\'');
	for (; value && *value; value++) {
		if (*value == '"')
			text_add_char(t, '"');
		text_add_char(t, *value);
	}
	text_add_char(t, '"');
}

static void add_moment_cell(struct text *t, int64_t at, const struct zone *zone)
{
	char s[MOMENT_TEXT_SIZE] = "";

	if (at != MOMENT_NONE)
		moment_format(at, zone, s);
	text_add_char(t, ',');
	add_cell(t, s);
}

static void add_day_cell(struct text *t, int32_t day)
{
	char s[DAY_TEXT_SIZE] = "";

	if (day != DAY_NONE)
		day_format(day, s);
	text_add_char(t, ',');
	add_cell(t, s);
}

static void add_csv_head(struct text *t, const struct export_list *list)
{
	text_adds(t,
		"number,id,state,overdue,service,variant,agency,office,channel,decide,outcome,"
		"responsible,received_at,registered_at,due_at,closed_at,due_on,promised_due_on");
	text_adds(t, list->has_days_late ? ",working_days_late\r\n" : "\r\n");
}

/* Codes and moments: a table has no personal data. */
static void add_csv(struct text *t, const struct dossier *d, const struct export_list *list)
{
	const struct zone *zone = dossier_zone(d);
	char id[UUID_TEXT_SIZE];
	const char *cells[] = {d->row.number, id, d->row.state,
		dossier_is_overdue(d) ? "true" : "false", d->row.service, d->row.variant,
		d->row.agency, d->row.office, d->row.channel, d->row.decide, d->row.outcome,
		d->row.responsible};

	uuid_format(&d->row.id, id);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		if (i)
			text_add_char(t, ',');
		add_cell(t, cells[i]);
	}
	add_moment_cell(t, d->row.received_at, zone);
	add_moment_cell(t, d->row.registered_at, zone);
	add_moment_cell(t, d->row.due_at, zone);
	add_moment_cell(t, d->row.closed_at, zone);
	add_day_cell(t, d->row.due_on);
	add_day_cell(t, d->row.promised_due_on);
	if (list->has_days_late)
		text_addf(t, ",%lld", dossier_days_late(d));
	text_adds(t, "\r\n");
}

static void add_row(struct call *c, struct export *e, const struct dossier *d)
{
	struct viewer viewer = call_viewer(c);

	if (e->format == EXPORT_CSV) {
		add_csv(&e->rows, d, e->list);
		return;
	}
	dossier_write(&e->rows, d, &viewer, c->who.name, c->lang, false);
	if (e->list->has_days_late) {
		e->rows.len--;
		text_addf(&e->rows, ",\"working_days_late\":%lld}", dossier_days_late(d));
	}
	text_add_char(&e->rows, '\n');
}

static void ask(struct call *c);

/* Line by line, as the client drains; then the next page. */
static void write_on(struct call *c)
{
	struct export *e = c->state;

	e->is_waiting = false;
	while (e->out < e->rows.len) {
		const char *line = e->rows.data + e->out;
		const char *end = memchr(line, '\n', e->rows.len - e->out);
		size_t len = end ? (size_t)(end - line) + 1 : e->rows.len - e->out;

		if (!exchange_stream_write(c->x, (struct span){line, len})) {
			e->is_waiting = true;
			return;
		}
		e->out += len;
	}
	text_reset(&e->rows);
	e->out = 0;
	if (e->is_last || c->x->gone)
		exchange_stream_close(c->x, e->is_last);
	else
		ask(c);
}

static void on_drained(struct exchange *x)
{
	struct call *c = x->context;
	struct export *e = c->state;

	if (e->is_waiting)
		write_on(c);
}

static void on_export_gone(struct call *c)
{
	struct export *e = c->state;

	if (e->is_waiting)
		exchange_stream_close(c->x, false);
}

static void take_rows(struct call *c, struct export *e)
{
	int n = rows_count(&c->unit, 1);

	for (int i = 0; i < n; i++) {
		struct dossier d;

		if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop), &c->unit, 1, i) < 0)
			continue;
		add_row(c, e, &d);
		e->page.after_id = d.row.id;
		e->page.after_at = e->list->by_due ? d.row.due_at : 0;
		e->page.has_after = true;
		dossier_done(&d);
	}
	e->is_last = n < PAGE_ROWS;
}

static void on_page(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct export *e = c->state;

	if (!e->is_open) {
		if (!call_entered(c, how))
			return;
		e->is_open = true;
		c->x->on_drained = on_drained;
		exchange_stream_open(c->x, 200,
			e->format == EXPORT_CSV ? "text/csv; charset=utf-8"
						: "application/x-ndjson");
		if (e->format == EXPORT_CSV)
			add_csv_head(&e->rows, e->list);
	} else if (how != UNIT_DONE || !rows_count(u, 0)) {
		exchange_stream_close(c->x, false);
		return;
	}
	take_rows(c, e);
	unit_done(u);
	write_on(c);
}

static void ask(struct call *c)
{
	struct export *e = c->state;

	e->list->ask(c, &e->page);
	c->unit.on_done = on_page;
	if (pg_submit(c->api->reads, &c->unit) == 0)
		return;
	if (e->is_open)
		exchange_stream_close(c->x, false);
	else
		answer_away(c, -1);
}

void export_begin(struct call *c, const struct export_list *list, enum export_format format)
{
	struct export *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->list = list;
	e->format = format;
	e->filters = c->state;
	e->free_filters = c->free_state;
	e->page.limit = PAGE_ROWS - 1; /* the statement asks for one more */
	e->page.after_at = MOMENT_NONE;
	c->state = e;
	c->free_state = export_free;
	c->on_gone = on_export_gone;
	if (!server_count_stream(c->x)) {
		answer_problem(c, KEZEK_PROBLEM_too_many_connections, NULL);
		return;
	}
	access_log(c, ask);
}
