/* Whole lists as CSV or NDJSON, page after page. */
#include "daemon/api/access_log.h"
#include "daemon/api/deputies.h"
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

void csv_add_cell(struct text *t, const char *value)
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

/* The member of an item in the next column. */
static void add_member_cell(struct text *t, json_object *item, const char *name, size_t len)
{
	_text_ key = TEXT_INIT;
	json_object *value = NULL;

	text_add(&key, name, len);
	json_object_object_get_ex(item, key.data, &value);
	csv_add_cell(t, !value ? NULL
			: json_object_is_type(value, json_type_string)
				? json_object_get_string(value)
				: json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

void export_put(struct text *t, struct text *item, const struct export_list *list,
	enum export_format format)
{
	_json_ *o = NULL;

	if (format == EXPORT_NDJSON) {
		text_add_span(t, text_span(item));
		text_add_char(t, '\n');
	} else if (json_read(text_span(item), NULL, NULL, &o) == 0) {
		for (const char *name = list->head; *name;) {
			size_t len = strcspn(name, ",");

			add_member_cell(t, o, name, len);
			name += len;
			text_adds(t, *name ? "," : "\r\n");
			name += *name == ',';
		}
	}
	text_done(item);
}

void export_add_item(const struct export_list *list, struct text *t, struct call *c, int i,
	enum export_format format, struct page *after)
{
	struct text item = TEXT_INIT;

	list->item(&item, c, row_of(&c->unit, list->statement, i), &after->after_id);
	after->after_at = 0;
	export_put(t, &item, list, format);
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
	int n = rows_count(&c->unit, e->list->statement);

	for (int i = 0; i < n; i++) {
		e->list->add(e->list, &e->rows, c, i, e->format, &e->page);
		e->page.has_after = true;
	}
	e->is_last = n < PAGE_ROWS;
	unit_done(&c->unit);
}

/* It is on record, and the first page is here. */
static void open_stream(struct call *c)
{
	struct export *e = c->state;

	e->is_open = true;
	c->x->on_drained = on_drained;
	exchange_stream_open(c->x, 200,
		e->format == EXPORT_CSV ? "text/csv; charset=utf-8" : "application/x-ndjson");
	if (e->format == EXPORT_CSV)
		text_addf(&e->rows, "%s\r\n", e->list->head);
	take_rows(c, e);
	write_on(c);
}

static void on_page(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct export *e = c->state;

	if (!e->is_open) {
		if (!call_entered(c, how) || (e->list->exists && !e->list->exists(c)))
			return;
		if (e->list->is_personal)
			access_log(c, open_stream);
		else
			open_stream(c);
		return;
	}
	if (how != UNIT_DONE || !rows_count(u, 0)) {
		exchange_stream_close(c->x, false);
		return;
	}
	take_rows(c, e);
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
	ask(c);
}
