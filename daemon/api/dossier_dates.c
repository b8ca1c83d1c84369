/* The deadlines of a request as JSON, with what explains their dates. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/past.h"
#include "lib/term_explain.h"
#include "lib/term_read.h"

static void write_explanation(
	struct text *t, const struct dossier *d, const struct deadline_row *row)
{
	int64_t generation = past_generation(d, row);
	struct dossier then = *d; /* by the calendars that gave the date */
	struct dossier_term term;

	if (generation >= 0) {
		struct book *book = past_find(d->api->past, generation);

		then.book = book ? book : d->book;
		d = &then;
	}
	if (strcmp(row->source, "imported") == 0 || dossier_term(d, row, &term) != 0) {
		text_adds(t, ",\"explanation\":[],\"sentence\":null");
		return;
	}
	if (term.term.paused && row->stopped_at == MOMENT_NONE)
		text_add_term_left(t, &term.term);
	text_add_char(t, ',');
	text_add_term_explanation(
		t, true, term.calendar, term.rule, row->rule_version, &term.facts, &term.term);
}

/* Whom it tells what, and when; of a stopped one nothing is left to tell. */
static void write_ladder(struct text *t, const struct dossier *d, const struct deadline_row *row)
{
	const struct ladder *ladder = dossier_ladder(d, row);
	char label[RUNG_TEXT_SIZE];

	if (!ladder || row->stopped_at != MOMENT_NONE)
		return;
	text_adds(t, ",\"ladder\":[");
	for (int i = 0; i < row->rung_count && (size_t)i < ladder->count; i++) {
		rung_format(&ladder->rungs[i], label);
		text_addf(t, "%s{\"at\":\"%s\",\"to\":\"%s\",", i ? "," : "", label,
			rung_to_name(ladder->rungs[i].to));
		text_add_moment(t, "instant", row->rung_at[i], dossier_zone(d));
		text_addf(t, ",\"fired\":%s}", row->fired & 1 << i ? "true" : "false");
	}
	text_add_char(t, ']');
}

/* Kept in UTC, told in the calendar's zone. */
static void write_pauses(struct text *t, const struct deadline_row *row, const struct zone *zone)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = row->pauses ? dossier_pauses(row, pauses) : 0;

	if (!row->pauses)
		return;
	text_adds(t, ",\"pauses\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add_char(t, ',');
		text_add_term_pause(t, &pauses[i], zone);
	}
	text_add_char(t, ']');
}

/* The newest version as long as it runs, unless the change that made it has not come to it yet; the
 * last one when it stopped (deadlines.md, What is pinned). */
static int version_of(const struct dossier *d, const struct deadline_row *row)
{
	const struct calendar *c = calendars_find(d->book->calendars, row->calendar);

	return c && row->stopped_at == MOMENT_NONE && past_generation(d, row) < 0
		       ? calendar_version(c)
		       : row->calendar_version;
}

static void write_deadline(
	struct text *t, const struct dossier *d, const struct deadline_row *row, bool explain)
{
	const struct zone *zone = dossier_zone(d);

	text_addf(t, "{\"kind\":\"%s\",\"state\":\"%s\",", row->kind, row->state);
	text_add_moment(t, "started_at", row->started_at, zone);
	text_add_char(t, ',');
	text_add_date(t, "due_on", row->due_on);
	text_add_char(t, ',');
	text_add_moment(t, "due_at", row->due_at, zone);
	text_add_char(t, ',');
	text_add_flag(t, "provisional", row->provisional);
	text_addf(t, ",\"rule_version\":%d,", row->rule_version);
	text_add_member(t, "calendar", row->calendar);
	text_addf(
		t, ",\"calendar_version\":%d,\"source\":\"%s\",", version_of(d, row), row->source);
	text_add_member(t, "effect", row->effect);
	text_add_char(t, ',');
	text_add_moment(t, "breached_at", row->breached_at, zone);
	text_add_char(t, ',');
	text_add_moment(t, "stopped_at", row->stopped_at, zone);
	write_pauses(t, row, zone);
	if (row->extensions)
		text_addf(t, ",\"extensions\":%s", row->extensions);
	if (row->cap_started_at != MOMENT_NONE) {
		text_add_char(t, ',');
		text_add_moment(t, "cap_started_at", row->cap_started_at, zone);
	}
	if (row->floor_at != MOMENT_NONE) {
		text_add_char(t, ',');
		text_add_moment(t, "not_late_before", row->floor_at, zone);
	}
	if (explain) {
		write_ladder(t, d, row);
		write_explanation(t, d, row);
	}
	text_add_char(t, '}');
}

void dossier_write_deadlines(struct text *t, const struct dossier *d, bool explain)
{
	text_add_char(t, '[');
	for (int i = 0; i < d->deadline_count; i++) {
		if (i)
			text_add_char(t, ',');
		write_deadline(t, d, &d->deadlines[i], explain);
	}
	text_add_char(t, ']');
}
