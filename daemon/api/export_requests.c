/* Requests as lines of a streamed list. */
#include "daemon/api/deputies.h"
#include "daemon/api/export.h"

long long dossier_days_late(const struct dossier *d)
{
	const struct calendar *calendar = book_agency_calendar(d->book, d->row.agency);
	struct term term = {.due_on = d->row.due_on, .due_at = d->row.due_at};

	return calendar && dossier_is_overdue(d) ? term_working_days_late(calendar, &term, d->now)
						 : 0;
}

static void add_moment_cell(struct text *t, int64_t at, const struct zone *zone)
{
	char s[MOMENT_TEXT_SIZE] = "";

	if (at != MOMENT_NONE)
		moment_format(at, zone, s);
	text_add_char(t, ',');
	csv_add_cell(t, s);
}

static void add_day_cell(struct text *t, int32_t day)
{
	char s[DAY_TEXT_SIZE] = "";

	if (day != DAY_NONE)
		day_format(day, s);
	text_add_char(t, ',');
	csv_add_cell(t, s);
}

/* Codes and moments: a table has no personal data. */
static void add_csv(struct text *t, const struct dossier *d, bool has_days_late)
{
	const struct zone *zone = dossier_zone(d);
	char id[UUID_TEXT_SIZE];
	const char *cells[] = {d->row.number, id, d->row.state,
		dossier_is_overdue(d) ? "true" : "false", d->row.service, d->row.variant,
		d->row.agency, d->row.office, d->row.channel, d->row.decide, d->row.outcome,
		dossier_responsible(d)};

	uuid_format(&d->row.id, id);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		if (i)
			text_add_char(t, ',');
		csv_add_cell(t, cells[i]);
	}
	add_moment_cell(t, d->row.received_at, zone);
	add_moment_cell(t, d->row.registered_at, zone);
	add_moment_cell(t, d->row.due_at, zone);
	add_moment_cell(t, d->row.closed_at, zone);
	add_day_cell(t, d->row.due_on);
	add_day_cell(t, d->row.promised_due_on);
	if (has_days_late)
		text_addf(t, ",%lld", dossier_days_late(d));
	text_adds(t, "\r\n");
}

static bool has_days_late(const struct export_list *list)
{
	return strlen(list->head) > sizeof(EXPORT_REQUEST_HEAD) - 1;
}

void export_add_request(const struct export_list *list, struct text *t, struct call *c, int i,
	enum export_format format, struct page *after)
{
	struct viewer viewer = call_viewer(c);
	struct request_row row;
	struct dossier d;

	/* One that cannot be read holds nothing up. */
	request_row_read(row_of(&c->unit, list->statement, i), &row);
	after->after_id = row.id;
	after->after_at = list->by_due ? row.due_at : 0;
	if (dossier_read(&d, c->api, c->book, loop_now(c->api->loop),
		    row_of(&c->unit, list->statement, i)) < 0)
		return;
	if (format == EXPORT_CSV) {
		add_csv(t, &d, has_days_late(list));
	} else {
		dossier_write(t, &d, &viewer, c->who.name, c->lang, false);
		if (has_days_late(list)) {
			t->len--;
			text_addf(t, ",\"working_days_late\":%lld}", dossier_days_late(&d));
		}
		text_add_char(t, '\n');
	}
	dossier_done(&d);
}
