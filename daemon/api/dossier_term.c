/* A request in the hand: from the facts of a deadline to its date, its rungs, and what follows its
 * breach. */
#include "daemon/api/dossier_deadline.h"

static bool is_source(const struct deadline_row *row, const char *source)
{
	return strcmp(row->source, source) == 0;
}

static const struct stage *stage_of(const struct dossier *d, const struct deadline_row *row)
{
	enum kezek_deadline_kind kind;

	if (!d->service || !deadline_kind_parse(span_of(row->kind), &kind))
		return NULL;
	return service_stage_find(d->service, kind);
}

const struct pause_standard *dossier_pause_of_cure(
	const struct dossier *d, const struct deadline_row *cure)
{
	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];
		const struct stage *stage = stage_of(d, row);
		struct term_pause pauses[DOSSIER_PAUSES_MAX];
		size_t n = stage ? dossier_pauses(row, pauses) : 0;

		for (size_t k = 0; k < n; k++) {
			if (pauses[k].from_at == cure->started_at)
				return stage_pause_find(stage, pauses[k].ground);
		}
	}
	return NULL;
}

bool dossier_follows_decision(const struct dossier *d, const struct deadline_row *row)
{
	const struct deadline_row *decide = NULL;

	for (int i = 0; i < d->deadline_count; i++) {
		if (strcmp(d->deadlines[i].kind, "decide") == 0)
			decide = &d->deadlines[i];
	}
	return !decide ||
	       (decide->stopped_at != MOMENT_NONE && row->started_at >= decide->stopped_at);
}

bool dossier_rule(const struct dossier *d, const struct deadline_row *row,
	const struct term_rule **ret_rule, const struct term_rule **ret_cap)
{
	const struct stage *stage = stage_of(d, row);
	const struct pause_standard *pause;

	*ret_rule = *ret_cap = NULL;
	if (stage) {
		*ret_rule = stage_rule(stage, d->variant);
		*ret_cap = stage->cap;
	}
	if (d->service && strcmp(row->kind, "cure") == 0) {
		pause = dossier_pause_of_cure(d, row);
		*ret_rule =
			pause && pause->cure ? pause->cure : service_cure(d->service, d->variant);
	} else if (d->service && strcmp(row->kind, "notify_extension") == 0) {
		stage = service_stage_find(d->service, KEZEK_DEADLINE_decide);
		*ret_rule = stage ? stage->extensions.notice : NULL;
	} else if (d->service && strcmp(row->kind, "notify") == 0 &&
		   !dossier_follows_decision(d, row)) {
		*ret_rule = d->service->forward_notice;
	}
	return *ret_rule != NULL;
}

/* When it was complete: registered, unless what was missing came later. */
static int64_t completed_at(const struct dossier *d)
{
	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];

		if (strcmp(row->kind, "cure") == 0 && strcmp(row->state, "met") == 0 &&
			!dossier_pause_of_cure(d, row))
			return row->stopped_at;
	}
	return d->row.registered_at;
}

int64_t dossier_cap_start(
	const struct dossier *d, const struct deadline_row *row, const struct stage_facts *facts)
{
	const struct term_rule *rule, *cap;
	enum kezek_deadline_kind kind;
	int64_t at;

	if (!dossier_rule(d, row, &rule, &cap) || !cap ||
		!deadline_kind_parse(span_of(row->kind), &kind))
		return MOMENT_NONE;
	if (!facts || cap->start == TERM_START_UNSTATED)
		return row->started_at;
	at = stage_start(cap, kind, facts);
	if (at != MOMENT_NONE)
		return at;
	/* What was known before these facts came; a part was received when it was split off. */
	if (cap->start == TERM_START_received)
		return d->parent.number ? d->row.registered_at : d->row.received_at;
	if (cap->start == TERM_START_registered || cap->start == TERM_START_complete)
		return completed_at(d);
	return cap->start == TERM_START_paid ? facts->stopped_at[KEZEK_DEADLINE_pay] : MOMENT_NONE;
}

/*
 * A former system's date that has been paused or extended here: as if its term had been so many
 * days of the standard's kind, from the start to the date that was promised.
 */
static bool stand_in(const struct dossier *d, struct dossier_term *t)
{
	int32_t first = calendar_day_of(t->calendar, t->facts.start_at) + 1,
		last = d->row.promised_due_on;
	bool works = t->rule &&
		     (t->rule->unit == TERM_working_day || t->rule->unit == TERM_working_hour);
	int64_t days = works ? calendar_count_working(t->calendar, first, last) : last - first + 1;

	if (last == DAY_NONE)
		return false;
	t->own_rule = (struct term_rule){
		.amount = days > 0 ? (int32_t)days : 1,
		.unit = works ? TERM_working_day : TERM_day,
		.roll = TERM_ROLL_NONE,
	};
	t->rule = &t->own_rule;
	t->facts.cap = NULL;
	return true;
}

/* Has anything happened that a former system's date does not hold? */
static bool is_moved(const struct term_facts *facts)
{
	for (size_t i = 0; i < facts->npauses; i++) {
		if (facts->pauses[i].effect != TERM_IS_NOTED)
			return true;
	}
	return facts->nextensions > 0;
}

/* Calendar, rule and facts. False: no rule gives this date. */
static bool read_facts(
	const struct dossier *d, const struct deadline_row *row, struct dossier_term *ret)
{
	const struct term_rule *cap;

	memset(ret, 0, sizeof(*ret));
	ret->calendar = calendars_find(d->book->calendars, row->calendar);
	if (!ret->calendar)
		return false;
	(void)dossier_rule(d, row, &ret->rule, &cap);
	ret->facts = (struct term_facts){
		.start_at = row->started_at,
		.pauses = ret->pauses,
		.npauses = dossier_pauses(row, ret->pauses),
		.extensions = ret->extensions,
		.nextensions = dossier_counted_extensions(row, ret->extensions),
		.cap = row->cap_started_at == MOMENT_NONE ? NULL : cap,
		.cap_start_at = row->cap_started_at,
		.has_floor = row->floor_at != MOMENT_NONE,
		.floor_at = row->floor_at,
	};
	if (is_source(row, "computed"))
		return ret->rule != NULL;
	return is_source(row, "imported") && is_moved(&ret->facts) && stand_in(d, ret);
}

int dossier_term(const struct dossier *d, const struct deadline_row *row, struct dossier_term *ret)
{
	if (!read_facts(d, row, ret))
		return TERM_BEYOND;
	return term_compute(ret->calendar, ret->rule, &ret->facts, &ret->term);
}

/* The act by which the daemon ends what nobody ended in time; NULL: the request is overdue. */
static const char *effect_of(const struct dossier *d, const struct deadline_row *row)
{
	static const char *const by_breach[KEZEK_BREACH_COUNT] = {
		[KEZEK_BREACH_tacit_approval] = "approve_tacitly",
		[KEZEK_BREACH_deemed_refusal] = "deem_refused",
		[KEZEK_BREACH_lapse] = "lapse",
	};
	static const char *const by_cure[] = {[CURE_REFUSES] = "deem_refused",
		[CURE_LAPSES] = "lapse",
		[CURE_RESUMES] = "resume"};
	const struct stage *stage = stage_of(d, row);
	const struct pause_standard *pause;

	if (d->service && strcmp(row->kind, "cure") == 0) {
		pause = dossier_pause_of_cure(d, row);
		if (!pause && !stage) {
			stage = service_stage_find(d->service, KEZEK_DEADLINE_decide);
			pause = stage ? stage_pause_find(stage, "documents_missing") : NULL;
		}
		return pause   ? by_cure[pause->cure_lapse]
		       : stage ? by_breach[stage->on_breach]
			       : NULL;
	}
	/* Others end nothing: registering, telling and handing over are done late, or not. */
	if (strcmp(row->kind, "decide") != 0 && strcmp(row->kind, "pay") != 0)
		return NULL;
	return stage ? by_breach[stage->on_breach] : NULL;
}

const struct ladder *dossier_ladder(const struct dossier *d, const struct deadline_row *row)
{
	const struct stage *stage = stage_of(d, row);

	return stage ? stage->ladder : NULL;
}

void dossier_set_timer(struct deadline_row *row)
{
	struct agenda a = {.term.due_at = row->due_at, .nrungs = (size_t)row->rung_count};

	memcpy(a.rung_at, row->rung_at, sizeof(a.rung_at));
	row->fire_at = agenda_next(&a, (unsigned)row->fired, row->breached_at != MOMENT_NONE);
}

/* The plan into the row: date, rungs, the next instant. */
static void take(struct dossier *d, struct deadline_row *row, const struct agenda *a,
	const struct ladder *ladder)
{
	if (a->term.due_at != row->due_at)
		row->fired = (int)agenda_epoch(a, ladder, (unsigned)row->fired, d->now);
	row->due_at = a->term.due_at;
	row->due_on = a->term.due_on;
	row->provisional = a->term.provisional;
	row->state = a->term.paused ? "paused" : "running";
	row->rung_count = (int)a->nrungs;
	memcpy(row->rung_at, a->rung_at, a->nrungs * sizeof(a->rung_at[0]));
	dossier_set_timer(row);
	if (row->breached_at == MOMENT_NONE) /* else it stands, or has been carried out */
		row->effect = effect_of(d, row);
}

void dossier_compute(struct dossier *d, struct deadline_row *row)
{
	const struct ladder *ladder = dossier_ladder(d, row);
	struct dossier_term t;
	struct agenda a;

	d->changed[row - d->deadlines] = true;
	if (read_facts(d, row, &t)) {
		if (agenda_make(t.calendar, t.rule, &t.facts, ladder, &a) == 0) {
			take(d, row, &a, ladder);
			row->calendar_version = calendar_version(t.calendar);
			return;
		}
	} else if (t.calendar && row->due_at != MOMENT_NONE) {
		agenda_of_date(t.calendar, t.rule, &t.facts, row->due_at, ladder, &a);
		take(d, row, &a, ladder);
		return;
	}
	row->due_at = row->fire_at = MOMENT_NONE;
	row->due_on = DAY_NONE;
	row->provisional = true;
	row->state = "running";
	row->rung_count = 0;
}

static void add_date(struct text *t, const struct dossier *d, const struct deadline_row *row)
{
	text_addf(t, "{\"deadline\":\"%s\",", row->kind);
	text_add_date(t, "due_on", row->due_on);
	text_add_char(t, ',');
	text_add_moment(t, "due_at", row->due_at, dossier_zone(d));
}

/* The date moved, and nobody of the case did it: old and new date, and what did. */
static void journal_move(struct dossier *d, const struct deadline_row *old,
	const struct deadline_row *row, const struct calendar_change *change)
{
	struct event_row *e = dossier_event(d, "recomputed", change->recorded_at, NULL);
	_text_ before = TEXT_INIT;
	_text_ after = TEXT_INIT;

	add_date(&before, d, old);
	text_add_char(&before, '}');
	add_date(&after, d, row);
	text_addf(&after, ",\"calendar\":\"%s\",\"calendar_version\":%d,\"generation\":%lld}",
		change->code, change->version, (long long)d->book->generation);
	e->before = pool_take(d->pool, &before);
	e->after = pool_take(d->pool, &after);
	d->row.version++;
}

static bool is_same_plan(const struct deadline_row *a, const struct deadline_row *b)
{
	return a->due_at == b->due_at && a->provisional == b->provisional &&
	       a->rung_count == b->rung_count &&
	       memcmp(a->rung_at, b->rung_at, (size_t)a->rung_count * sizeof(a->rung_at[0])) == 0;
}

static void refresh(
	struct dossier *d, struct deadline_row *row, const struct calendar_change *change)
{
	const struct ladder *ladder = dossier_ladder(d, row);
	struct deadline_row old = *row;
	struct dossier_term t;
	struct agenda a;
	int64_t floor_at;

	if (!read_facts(d, row, &t) || agenda_renew(t.calendar, t.rule, &t.facts, ladder,
					       row->due_at, change->recorded_at, &a) != 0)
		return;
	take(d, row, &a, ladder);
	floor_at = a.term.floored ? t.facts.floor_at : MOMENT_NONE;
	/* The same date by a floor alone is to be kept by it when the next act computes it anew. */
	if (is_same_plan(&old, row) && floor_at == old.floor_at) {
		*row = old;
		return;
	}
	row->floor_at = floor_at;
	row->calendar_version = calendar_version(t.calendar);
	d->changed[row - d->deadlines] = true;
	if (row->due_at != old.due_at)
		journal_move(d, &old, row, change);
}

void dossier_refresh(struct dossier *d)
{
	for (int i = 0; i < d->deadline_count; i++) {
		struct deadline_row *row = &d->deadlines[i];
		struct calendar_change change;

		if (row->stopped_at == MOMENT_NONE &&
			book_change_find(d->book, row->calendar, row->generation, &change))
			refresh(d, row, &change);
	}
	dossier_mirror(d);
}
