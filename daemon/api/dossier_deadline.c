/* A request in the hand: its deadlines started, paused, resumed and stopped, always from the facts.
 */
#include "daemon/api/dossier.h"
#include "lib/term_read.h"

struct deadline_row *dossier_deadline_find(struct dossier *d, const char *kind)
{
	for (int i = 0; i < d->deadline_count; i++) {
		struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, kind) == 0 && row->stopped_at == MOMENT_NONE)
			return row;
	}
	return NULL;
}

static void mark(struct dossier *d, const struct deadline_row *row)
{
	d->changed[row - d->deadlines] = true;
}

struct stage_calendars dossier_calendars(const struct dossier *d)
{
	return (struct stage_calendars){
		.set = d->book->calendars,
		.agency = book_agency_calendar(d->book, d->row.agency),
		.office = book_office_calendar(d->book, d->row.office),
	};
}

bool dossier_rule(const struct dossier *d, const struct deadline_row *row,
	const struct term_rule **ret_rule, const struct term_rule **ret_cap)
{
	enum kezek_deadline_kind kind;
	const struct stage *stage;

	*ret_rule = *ret_cap = NULL;
	if (!d->service || !deadline_kind_parse(span_of(row->kind), &kind))
		return false;
	stage = service_stage_find(d->service, kind);
	if (stage) {
		*ret_rule = stage_rule(stage, d->variant);
		*ret_cap = stage->cap;
	} else if (kind == KEZEK_DEADLINE_cure) {
		*ret_rule = service_cure(d->service, d->variant);
	}
	return *ret_rule != NULL;
}

static size_t read_pauses(const char *json, struct term_pause *ret, size_t room)
{
	_faults_ faults = {0};
	_json_ *all = NULL;
	size_t n = 0;

	if (!json || json_read(span_of(json), NULL, NULL, &all) != 0)
		return 0;
	for (size_t i = 0; i < json_object_array_length(all) && n < room; i++)
		n += term_pause_read(json_object_array_get_idx(all, i), "", &faults, &ret[n]) == 0;
	return n;
}

static size_t read_extensions(const char *json, struct term_extension *ret, size_t room)
{
	_faults_ faults = {0};
	_json_ *all = NULL;
	size_t n = 0;

	if (!json || json_read(span_of(json), NULL, NULL, &all) != 0)
		return 0;
	for (size_t i = 0; i < json_object_array_length(all) && n < room; i++)
		n += term_extension_read(json_object_array_get_idx(all, i), "", &faults, &ret[n]) ==
		     0;
	return n;
}

int dossier_term(const struct dossier *d, const struct deadline_row *row, struct dossier_term *ret)
{
	const struct term_rule *cap;

	memset(ret, 0, sizeof(*ret));
	ret->calendar = calendars_find(d->book->calendars, row->calendar);
	if (!dossier_rule(d, row, &ret->rule, &cap) || !ret->calendar)
		return TERM_BEYOND;
	ret->facts = (struct term_facts){
		.start_at = row->started_at,
		.pauses = ret->pauses,
		.npauses = read_pauses(row->pauses, ret->pauses, ARRAY_SIZE(ret->pauses)),
		.extensions = ret->extensions,
		.nextensions = read_extensions(
			row->extensions, ret->extensions, ARRAY_SIZE(ret->extensions)),
		.cap = cap,
	};
	return term_compute(ret->calendar, ret->rule, &ret->facts, &ret->term);
}

/* The date anew from the facts; it fires when it is reached. */
static void compute(struct dossier *d, struct deadline_row *row)
{
	struct dossier_term t;

	row->due_at = MOMENT_NONE;
	row->due_on = DAY_NONE;
	row->provisional = true;
	row->state = "running";
	if (dossier_term(d, row, &t) == 0) {
		row->due_at = t.term.due_at;
		row->due_on = t.term.due_on;
		row->provisional = t.term.provisional;
		if (t.term.paused)
			row->state = "paused";
		row->calendar_version = calendar_version(t.calendar);
	}
	row->fire_at = row->breached_at == MOMENT_NONE ? row->due_at : MOMENT_NONE;
	mark(d, row);
}

static struct deadline_row *add_row(struct dossier *d, enum kezek_deadline_kind kind,
	const struct calendar *calendar, int64_t start_at)
{
	struct deadline_row *row;

	if (!calendar || d->deadline_count == DEADLINES_MAX)
		return NULL;
	row = &d->deadlines[d->deadline_count++];
	*row = (struct deadline_row){
		.no = d->deadline_count,
		.kind = deadline_kind_name(kind),
		.rule_version = d->row.service_version,
		.calendar = pool_copy(d->pool, calendar_code(calendar)),
		.calendar_version = calendar_version(calendar),
		.source = "computed",
		.started_at = start_at,
		.breached_at = MOMENT_NONE,
		.stopped_at = MOMENT_NONE,
		.floor_at = MOMENT_NONE,
	};
	return row;
}

struct deadline_row *dossier_start(struct dossier *d, enum kezek_deadline_kind kind,
	const struct term_rule *rule, int64_t start_at)
{
	struct stage_calendars calendars = dossier_calendars(d);
	struct deadline_row *row = add_row(d, kind, stage_calendar(rule, &calendars), start_at);

	if (row)
		compute(d, row);
	return row;
}

struct deadline_row *dossier_start_imported(
	struct dossier *d, enum kezek_deadline_kind kind, int64_t start_at, int64_t due_at)
{
	const struct calendar *calendar = book_agency_calendar(d->book, d->row.agency);
	struct deadline_row *row = add_row(d, kind, calendar, start_at);

	if (!row)
		return NULL;
	row->source = "imported";
	row->state = "running";
	row->due_at = row->fire_at = due_at;
	row->due_on = calendar_day_of(calendar, due_at - 1);
	mark(d, row);
	return row;
}

static bool has_begun(const struct dossier *d, enum kezek_deadline_kind kind)
{
	for (int i = 0; i < d->deadline_count; i++) {
		if (strcmp(d->deadlines[i].kind, deadline_kind_name(kind)) == 0)
			return true;
	}
	return false;
}

void dossier_start_stages(struct dossier *d, const struct stage_facts *facts)
{
	for (size_t i = 0; d->service && i < d->service->nstages; i++) {
		const struct stage *stage = &d->service->stages[i];
		const struct term_rule *rule = stage_rule(stage, d->variant);
		int64_t start_at = rule ? stage_start(rule, stage->kind, facts) : MOMENT_NONE;

		if (start_at == MOMENT_NONE || has_begun(d, stage->kind) ||
			stage->kind == KEZEK_DEADLINE_cure)
			continue;
		dossier_start(d, stage->kind, rule, start_at);
	}
	dossier_mirror(d);
}

/* A due moment that passed before its timer could fire: the journal says so before it says what
 * came. */
static void journal_breach(struct dossier *d, struct deadline_row *row)
{
	struct event_row *e;
	_text_ t = TEXT_INIT;

	if (row->breached_at != MOMENT_NONE)
		return;
	row->breached_at = row->due_at;
	row->fire_at = MOMENT_NONE;
	e = dossier_event(d, "breached", row->due_at, NULL);
	text_addf(&t, "{\"deadline\":\"%s\",", row->kind);
	text_add_moment(&t, "due_at", row->due_at, dossier_zone(d));
	text_add_char(&t, '}');
	e->after = pool_take(d->pool, &t);
}

void dossier_breach(struct dossier *d, struct deadline_row *row, int64_t at)
{
	if (row->stopped_at != MOMENT_NONE || row->due_at == MOMENT_NONE || at < row->due_at)
		return;
	journal_breach(d, row);
	mark(d, row);
}

void dossier_stop(struct dossier *d, struct deadline_row *row, int64_t at)
{
	bool late = row->due_at != MOMENT_NONE && at >= row->due_at;

	if (late)
		journal_breach(d, row);
	row->state = late ? "missed" : "met";
	row->stopped_at = at;
	row->fire_at = MOMENT_NONE;
	mark(d, row);
	dossier_mirror(d);
}

void dossier_void_all(struct dossier *d, int64_t at)
{
	for (int i = 0; i < d->deadline_count; i++) {
		struct deadline_row *row = &d->deadlines[i];

		if (row->stopped_at != MOMENT_NONE)
			continue;
		if (strcmp(row->state, "running") == 0 && row->due_at != MOMENT_NONE &&
			at >= row->due_at)
			journal_breach(d, row);
		row->state = "void";
		row->stopped_at = at;
		row->fire_at = MOMENT_NONE;
		mark(d, row);
	}
	dossier_mirror(d);
}

static void write_pauses(
	struct dossier *d, struct deadline_row *row, const struct term_pause *pauses, size_t n)
{
	_text_ t = TEXT_INIT;

	text_add_char(&t, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add_char(&t, ',');
		text_add_term_pause(&t, &pauses[i], NULL);
	}
	text_add_char(&t, ']');
	row->pauses = pool_take(d->pool, &t);
}

void dossier_pause(struct dossier *d, struct deadline_row *row, const struct pause_standard *p,
	const char *ground, int64_t at)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = read_pauses(row->pauses, pauses, DOSSIER_PAUSES_MAX - 1);
	struct term_pause *open = &pauses[n];

	*open = (struct term_pause){.from_at = at, .until_at = MOMENT_NONE};
	if (p) {
		open->effect = p->effect;
		open->first_same_day = p->first_same_day;
		open->resume_counts = p->resume_counts;
	}
	memcpy(open->ground, ground, strnlen(ground, sizeof(open->ground) - 1));
	write_pauses(d, row, pauses, n + 1);
	compute(d, row);
	dossier_mirror(d);
}

void dossier_resume(struct dossier *d, struct deadline_row *row, int64_t at)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = read_pauses(row->pauses, pauses, DOSSIER_PAUSES_MAX);

	for (size_t i = 0; i < n; i++) {
		if (pauses[i].until_at == MOMENT_NONE)
			pauses[i].until_at = at;
	}
	write_pauses(d, row, pauses, n);
	compute(d, row);
	dossier_mirror(d);
}
