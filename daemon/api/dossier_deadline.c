/* A request in the hand: its deadlines started, paused, resumed, extended and stopped. */
#include "daemon/api/dossier_deadline.h"
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
		.cap_started_at = MOMENT_NONE,
		.breached_at = MOMENT_NONE,
		.stopped_at = MOMENT_NONE,
		.due_at = MOMENT_NONE,
		.due_on = DAY_NONE,
		.floor_at = MOMENT_NONE,
	};
	return row;
}

struct deadline_row *dossier_start(struct dossier *d, enum kezek_deadline_kind kind,
	const struct term_rule *rule, int64_t start_at, const struct stage_facts *facts)
{
	struct stage_calendars calendars = dossier_calendars(d);
	struct deadline_row *row = add_row(d, kind, stage_calendar(rule, &calendars), start_at);

	if (!row)
		return NULL;
	row->cap_started_at = dossier_cap_start(d, row, facts);
	dossier_compute(d, row);
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
	row->due_at = due_at;
	dossier_compute(d, row);
	return row;
}

/* What follows a decision follows each anew: only those since the last one count. */
static bool has_begun(const struct dossier *d, enum kezek_deadline_kind kind)
{
	bool follows = kind == KEZEK_DEADLINE_notify || kind == KEZEK_DEADLINE_hand_over;

	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, deadline_kind_name(kind)) == 0 &&
			(!follows || dossier_follows_decision(d, row)))
			return true;
	}
	return false;
}

/* The fact that a running deadline's cap counts from may come after the rule's own. */
static void learn_cap_start(
	struct dossier *d, const struct stage *stage, const struct stage_facts *facts)
{
	struct deadline_row *row = dossier_deadline_find(d, deadline_kind_name(stage->kind));

	if (!row || !stage->cap || row->cap_started_at != MOMENT_NONE)
		return;
	row->cap_started_at = dossier_cap_start(d, row, facts);
	if (row->cap_started_at == MOMENT_NONE)
		return;
	dossier_catch_up(d, row, d->now);
	dossier_compute(d, row);
}

void dossier_start_stages(struct dossier *d, const struct stage_facts *facts)
{
	for (size_t i = 0; d->service && i < d->service->nstages; i++) {
		const struct stage *stage = &d->service->stages[i];
		const struct term_rule *rule = stage_rule(stage, d->variant);
		int64_t start_at = rule ? stage_start(rule, stage->kind, facts) : MOMENT_NONE;

		learn_cap_start(d, stage, facts);
		if (start_at == MOMENT_NONE || has_begun(d, stage->kind) ||
			stage->kind == KEZEK_DEADLINE_cure || stage->kind == KEZEK_DEADLINE_consult)
			continue;
		/* Nobody is late to pay who cannot pay yet. */
		if (stage->kind == KEZEK_DEADLINE_pay && d->service->payment == PAYMENT_BEFORE &&
			d->state != KEZEK_STATE_awaiting_payment)
			continue;
		dossier_start(d, stage->kind, rule, start_at, facts);
	}
	dossier_mirror(d);
}

/* The next thing that passed by `at` and was not journaled: a rung, or -1 for the due moment. */
static bool find_passed(const struct deadline_row *row, int64_t at, int *ret_rung)
{
	int64_t first = row->breached_at == MOMENT_NONE ? row->due_at : MOMENT_NONE;
	int rung = -1;

	for (int i = 0; i < row->rung_count; i++) {
		if (!(row->fired & 1 << i) && row->rung_at[i] < first) {
			first = row->rung_at[i];
			rung = i;
		}
	}
	*ret_rung = rung;
	return first != MOMENT_NONE && first <= at;
}

static void journal_rung(struct dossier *d, struct deadline_row *row, int i)
{
	const struct ladder *ladder = dossier_ladder(d, row);
	const struct rung *rung = ladder && (size_t)i < ladder->count ? &ladder->rungs[i] : NULL;
	bool late = row->due_at != MOMENT_NONE && row->rung_at[i] >= row->due_at;
	char label[RUNG_TEXT_SIZE] = "";
	struct event_row *e;
	_text_ t = TEXT_INIT;

	row->fired |= 1 << i;
	if (!rung)
		return;
	rung_format(rung, label);
	e = dossier_event(d, late ? "escalated" : "warned", row->rung_at[i], NULL);
	text_addf(&t, "{\"deadline\":\"%s\",\"rung\":\"%s\",\"to\":\"%s\",", row->kind, label,
		rung_to_name(rung->to));
	text_add_moment(&t, "due_at", row->due_at, dossier_zone(d));
	text_add_char(&t, '}');
	e->after = pool_take(d->pool, &t);
}

static void journal_breach(struct dossier *d, struct deadline_row *row)
{
	struct event_row *e;
	_text_ t = TEXT_INIT;

	row->breached_at = row->due_at;
	e = dossier_event(d, "breached", row->due_at, NULL);
	text_addf(&t, "{\"deadline\":\"%s\",", row->kind);
	text_add_moment(&t, "due_at", row->due_at, dossier_zone(d));
	text_add_char(&t, '}');
	e->after = pool_take(d->pool, &t);
}

void dossier_catch_up(struct dossier *d, struct deadline_row *row, int64_t at)
{
	int rung;

	while (row->stopped_at == MOMENT_NONE && find_passed(row, at, &rung)) {
		if (rung < 0)
			journal_breach(d, row);
		else
			journal_rung(d, row, rung);
		mark(d, row);
	}
	dossier_set_timer(row);
}

void dossier_pass_over(struct dossier *d, struct deadline_row *row, int64_t at)
{
	if (row->stopped_at != MOMENT_NONE || row->due_at == MOMENT_NONE)
		return;
	for (int i = 0; i < row->rung_count; i++)
		row->fired |= row->rung_at[i] <= at ? 1 << i : 0;
	if (at >= row->due_at && row->breached_at == MOMENT_NONE)
		journal_breach(d, row);
	if (row->breached_at != MOMENT_NONE)
		row->effect = NULL;
	dossier_set_timer(row);
	mark(d, row);
}

static void stop(struct dossier *d, struct deadline_row *row, int64_t at, const char *state)
{
	const struct calendar *c = calendars_find(d->book->calendars, row->calendar);

	dossier_catch_up(d, row, at);
	if (c) /* pinned at its last version (deadlines.md, What is pinned) */
		row->calendar_version = calendar_version(c);
	row->state = state;
	row->stopped_at = at;
	row->fire_at = MOMENT_NONE;
	row->effect = NULL; /* unless it is what stopped it: act_expiry.c */
	mark(d, row);
}

void dossier_stop(struct dossier *d, struct deadline_row *row, int64_t at)
{
	stop(d, row, at, row->due_at != MOMENT_NONE && at >= row->due_at ? "missed" : "met");
	dossier_mirror(d);
}

void dossier_void(struct dossier *d, struct deadline_row *row, int64_t at)
{
	stop(d, row, at, "void");
	dossier_mirror(d);
}

void dossier_void_all(struct dossier *d, int64_t at)
{
	for (int i = 0; i < d->deadline_count; i++) {
		if (d->deadlines[i].stopped_at == MOMENT_NONE)
			stop(d, &d->deadlines[i], at, "void");
	}
	dossier_mirror(d);
}

/* The open pause of a deadline, or NULL. */
static struct term_pause *open_pause(struct term_pause *pauses, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (pauses[i].until_at == MOMENT_NONE)
			return &pauses[i];
	}
	return NULL;
}

struct deadline_row *dossier_paused_find(struct dossier *d, struct term_pause *ret_open)
{
	for (int i = 0; i < d->deadline_count; i++) {
		struct deadline_row *row = &d->deadlines[i];
		struct term_pause pauses[DOSSIER_PAUSES_MAX], *open;
		size_t n = row->stopped_at == MOMENT_NONE ? dossier_pauses(row, pauses) : 0;

		open = open_pause(pauses, n);
		if (!open)
			continue;
		*ret_open = *open;
		return row;
	}
	return NULL;
}

struct term_pause dossier_new_pause(
	const struct pause_standard *p, const char *ground, int64_t from_at)
{
	struct term_pause pause = {.from_at = from_at, .until_at = MOMENT_NONE};

	if (p) {
		pause.effect = p->effect;
		pause.first_same_day = p->first_same_day;
		pause.resume_counts = p->resume_counts;
	}
	memcpy(pause.ground, ground, strnlen(ground, sizeof(pause.ground) - 1));
	return pause;
}

void dossier_pause(struct dossier *d, struct deadline_row *row, const struct term_pause *pause)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = dossier_pauses(row, pauses);

	if (n == DOSSIER_PAUSES_MAX) /* refused before: a bug */
		abort();
	pauses[n] = *pause;
	dossier_set_pauses(d, row, pauses, n + 1);
}

void dossier_resume(struct dossier *d, struct deadline_row *row, int64_t at)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = dossier_pauses(row, pauses);
	struct term_pause *open = open_pause(pauses, n);

	if (open)
		open->until_at = at;
	dossier_set_pauses(d, row, pauses, n);
}

struct deadline_row *dossier_start_until(struct dossier *d, enum kezek_deadline_kind kind,
	const struct term_rule *rule, int64_t start_at, int64_t until_at)
{
	struct stage_calendars calendars = dossier_calendars(d);
	struct deadline_row *row;

	if (until_at == MOMENT_NONE)
		return rule ? dossier_start(d, kind, rule, start_at, NULL) : NULL;
	row = add_row(
		d, kind, rule ? stage_calendar(rule, &calendars) : calendars.agency, start_at);
	if (!row)
		return NULL;
	row->source = "stated";
	row->due_at = until_at;
	dossier_compute(d, row);
	return row;
}

struct deadline_row *dossier_start_like(struct dossier *d, const struct deadline_row *of)
{
	enum kezek_deadline_kind kind;
	const struct term_rule *rule, *cap;
	struct stage_calendars calendars = dossier_calendars(d);
	struct deadline_row *row;

	if (!deadline_kind_parse(span_of(of->kind), &kind))
		return NULL;
	row = add_row(d, kind,
		dossier_rule(d, of, &rule, &cap) ? stage_calendar(rule, &calendars)
						 : calendars.agency,
		of->started_at);
	if (!row)
		return NULL;
	row->source = of->source;
	row->due_at = of->due_at;
	row->cap_started_at = of->cap_started_at;
	row->floor_at = of->floor_at;
	row->pauses = pool_copy(d->pool, of->pauses);
	row->extensions = pool_copy(d->pool, of->extensions);
	dossier_compute(d, row);
	return row;
}
