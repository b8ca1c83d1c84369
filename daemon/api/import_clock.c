/* The clock of a former system's case: what began it, stopped it and moved its date, by the
 * calculus that live acts use and without the limits that they keep to. What has happened has
 * happened. */
#include "daemon/api/import_parts.h"

static const struct stage *decide_stage(const struct import_line *l)
{
	return service_stage_find(l->d.service, KEZEK_DEADLINE_decide);
}

static const struct calendar *calendar_of(
	const struct import_line *l, const struct deadline_row *row)
{
	return row ? calendars_find(l->d.book->calendars, row->calendar)
		   : book_agency_calendar(l->d.book, l->d.row.agency);
}

/* A day, to its end, or a moment; MOMENT_NONE where none is told. */
static int64_t moment_of(const char *s, const struct calendar *calendar)
{
	int64_t at = MOMENT_NONE;
	int32_t day;

	if (s && calendar && day_parse(span_of(s), &day))
		return calendar_day_starts(calendar, day + 1);
	if (s && !moment_parse(span_of(s), &at, NULL))
		return MOMENT_NONE;
	return at;
}

/* Before what came then comes what had passed by then, the earliest first. */
void import_pass(struct import_line *l, int64_t at)
{
	struct dossier *d = &l->d;

	for (;;) {
		struct deadline_row *first = NULL;

		for (int i = 0; i < d->deadline_count; i++) {
			struct deadline_row *row = &d->deadlines[i];

			if (row->stopped_at == MOMENT_NONE && row->breached_at == MOMENT_NONE &&
				row->due_at != MOMENT_NONE && row->due_at <= at &&
				(!first || row->due_at < first->due_at))
				first = row;
		}
		if (!first)
			break;
		dossier_pass_over(d, first, first->due_at);
	}
	for (int i = 0; i < d->deadline_count; i++)
		dossier_pass_over(d, &d->deadlines[i], at);
}

/* The clock begins. */

/* The facts of a registration that is complete; `paid`: and nothing more is waited for. */
static void know(const struct import_line *l, struct stage_facts *facts, int64_t at, bool paid)
{
	stage_facts_init(facts);
	facts->received_at = l->in.received_at;
	facts->registered_at = facts->complete_at = at;
	facts->stopped_at[KEZEK_DEADLINE_register] = l->registered_at;
	if (paid)
		facts->paid_at = facts->forwarded_at = at;
}

static bool has_run(const struct dossier *d, const char *kind)
{
	for (int i = 0; i < d->deadline_count; i++) {
		if (strcmp(d->deadlines[i].kind, kind) == 0)
			return true;
	}
	return false;
}

static void start_stage(
	struct import_line *l, enum kezek_deadline_kind kind, const struct stage_facts *facts)
{
	const struct stage *stage = service_stage_find(l->d.service, kind);
	const struct term_rule *rule = stage ? stage_rule(stage, l->d.variant) : NULL;
	int64_t start_at = rule ? stage_start(rule, kind, facts) : MOMENT_NONE;

	if (start_at != MOMENT_NONE && !has_run(&l->d, deadline_kind_name(kind)))
		dossier_start(&l->d, kind, rule, start_at, facts);
}

/* The former system's date is lawful as it stands; where there is none, the standard's term gives
 * it. `anyway`: no further fact is to come that could begin it. */
static void start_decide(struct import_line *l, const struct stage_facts *facts, bool anyway)
{
	struct dossier *d = &l->d;
	const struct stage *stage = decide_stage(l);
	const struct term_rule *rule = stage ? stage_rule(stage, d->variant) : NULL;
	int64_t start_at = rule ? stage_start(rule, KEZEK_DEADLINE_decide, facts) : MOMENT_NONE;
	struct deadline_row *row;

	if (dossier_deadline_find(d, "decide"))
		return;
	if (start_at == MOMENT_NONE && (anyway || l->due_at != MOMENT_NONE))
		start_at = l->registered_at;
	if (start_at == MOMENT_NONE)
		return;
	if (l->due_at != MOMENT_NONE) {
		row = dossier_start_imported(d, KEZEK_DEADLINE_decide, start_at, l->due_at);
		d->row.promised_due_on = row ? row->due_on : DAY_NONE;
	} else if (rule) {
		dossier_start(d, KEZEK_DEADLINE_decide, rule, start_at, facts);
	}
}

/* Steps on the way that a former system does not tell of are not held against it. */
static void start_work(struct import_line *l, const struct stage_facts *facts)
{
	start_decide(l, facts, true);
	if (import_tells(l, 1u << KEZEK_ACT_forward, 0))
		start_stage(l, KEZEK_DEADLINE_forward, facts);
}

static void await_documents(struct import_line *l)
{
	static const char ground[] = "documents_missing";
	struct dossier *d = &l->d;
	const struct stage *stage = decide_stage(l);
	struct term_pause pause = dossier_new_pause(
		stage ? stage_pause_find(stage, ground) : NULL, ground, l->registered_at);
	struct deadline_row *row = dossier_deadline_find(d, "decide");

	if (row)
		dossier_pause(d, row, &pause);
}

void import_begin(struct import_line *l)
{
	struct dossier *d = &l->d;
	struct stage_facts facts;

	if (d->state == KEZEK_STATE_incomplete) {
		stage_facts_init(&facts);
		start_decide(l, &facts, false);
	} else if (d->state == KEZEK_STATE_awaiting_payment) {
		know(l, &facts, l->registered_at, false);
		start_decide(l, &facts, false);
		start_stage(l, KEZEK_DEADLINE_pay, &facts);
	} else {
		know(l, &facts, l->registered_at, true);
		start_work(l, &facts);
	}
	if (d->state == KEZEK_STATE_paused)
		await_documents(l);
	if (d->state == KEZEK_STATE_paused || d->state == KEZEK_STATE_incomplete)
		dossier_start_until(d, KEZEK_DEADLINE_cure, service_cure(d->service, d->variant),
			l->registered_at, MOMENT_NONE);
}

/* The clock stands still, and goes on. */

static void check_total(struct import_line *l, const struct deadline_row *row, const char *ground)
{
	const struct stage *stage = decide_stage(l);
	const struct pause_standard *standard = stage ? stage_pause_find(stage, ground) : NULL;
	const struct calendar *calendar = calendar_of(l, row);
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = dossier_pauses(row, pauses);

	if (standard && standard->max_total && calendar &&
		term_pauses_exceed(calendar, standard->max_total, pauses, n, l->d.now))
		import_flag(l, IMPORT_beyond_standard);
}

void import_end_pause(struct import_line *l, int64_t at)
{
	struct term_pause open;
	struct deadline_row *row = dossier_paused_find(&l->d, &open);

	l->pause_ends_at = MOMENT_NONE;
	if (!row)
		return;
	dossier_resume(&l->d, row, at);
	check_total(l, row, open.ground);
	if (l->due_at != MOMENT_NONE && strcmp(row->source, "imported") == 0)
		dossier_restate(&l->d, row, l->due_at);
}

static void start_cure(struct import_line *l, const struct import_event *e,
	const struct pause_standard *standard, const struct deadline_row *row)
{
	int64_t cure_by_at = moment_of(e->cure_by, calendar_of(l, row));

	dossier_start_until(
		&l->d, KEZEK_DEADLINE_cure, standard ? standard->cure : NULL, e->at, cure_by_at);
}

void import_apply_pause(struct import_line *l, const struct import_event *e)
{
	const char *ground = e->ground ? e->ground : "";
	const struct stage *stage = decide_stage(l);
	const struct pause_standard *standard = stage ? stage_pause_find(stage, ground) : NULL;
	struct deadline_row *row = dossier_deadline_find(&l->d, "decide");
	struct term_pause pause = dossier_new_pause(standard, ground, e->at);
	struct term_pause pauses[DOSSIER_PAUSES_MAX];

	if (!standard)
		import_flag(l, IMPORT_unknown_ground);
	if (row && dossier_pauses(row, pauses) == DOSSIER_PAUSES_MAX) {
		import_event_fault(l, e, "kind", WORD_reason_too_often, NULL);
		return;
	}
	/* What begins when the stated date has passed changes nothing of it. */
	if (row && l->due_at != MOMENT_NONE && row->breached_at != MOMENT_NONE)
		pause.effect = TERM_IS_NOTED;
	if (e->cure_by)
		memcpy(pause.cure_by, e->cure_by, strnlen(e->cure_by, sizeof(pause.cure_by) - 1));
	if (row)
		dossier_pause(&l->d, row, &pause);
	start_cure(l, e, standard, row);
	l->pause_ends_at = e->until_at;
}

void import_apply_resume(struct import_line *l, const struct import_event *e)
{
	struct deadline_row *cure = dossier_deadline_find(&l->d, "cure");

	if (cure)
		dossier_void(&l->d, cure, e->at);
	import_end_pause(l, e->at);
}

/* The lifecycle has moved it on, or it waits for something else. */
void import_apply_complete(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	struct deadline_row *cure = dossier_deadline_find(d, "cure");
	struct stage_facts facts;

	if (d->state == KEZEK_STATE_paused || d->state == KEZEK_STATE_incomplete)
		return;
	if (cure)
		dossier_stop(d, cure, e->at);
	import_end_pause(l, e->at);
	know(l, &facts, e->at, d->state != KEZEK_STATE_awaiting_payment);
	if (d->state == KEZEK_STATE_awaiting_payment) {
		start_decide(l, &facts, false);
		start_stage(l, KEZEK_DEADLINE_pay, &facts);
	} else {
		start_work(l, &facts);
	}
}

/* So that nobody pays twice. */
static void note_paid(struct import_line *l, const struct import_event *e)
{
	json_object *paid = json_made(json_object_new_object());
	char at[MOMENT_TEXT_SIZE];

	moment_format(e->at, NULL, at);
	json_put(paid, "at", json_made(json_object_new_string(at)));
	if (e->amount_tyiyn)
		json_put(paid, "amount_tyiyn", json_made(json_object_new_int64(e->amount_tyiyn)));
	json_put(l->d.content, "paid", paid);
}

/* What waited for the fee begins; else nothing does but what starts with it. */
void import_apply_pay(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	struct deadline_row *pay = dossier_deadline_find(d, "pay");
	struct stage_facts facts;

	if (pay)
		dossier_stop(d, pay, e->at);
	note_paid(l, e);
	if (d->state == KEZEK_STATE_queued) {
		know(l, &facts, l->registered_at, false);
		facts.paid_at = facts.forwarded_at = e->at;
		start_work(l, &facts);
	} else {
		stage_facts_init(&facts);
		facts.paid_at = e->at;
		dossier_start_stages(d, &facts);
	}
}

/* The date moves. */

/* Too often, too late or too long for the standard: granted all the same. */
static void check_extension(
	struct import_line *l, const struct import_event *e, const struct deadline_row *row)
{
	const struct stage *stage = service_stage_find(l->d.service, e->deadline);
	const struct extension_standard *x = stage ? &stage->extensions : NULL;
	const struct calendar *calendar = calendar_of(l, row);
	struct term_extension all[DOSSIER_EXTENSIONS_MAX + 1];
	size_t n = dossier_extensions(row, all);

	if (e->extension.amount)
		all[n++] = e->extension;
	if (!x || n > x->max || (x->before_due && row->breached_at != MOMENT_NONE) ||
		(x->sum && n && calendar && row->due_on != DAY_NONE &&
			term_extensions_exceed(calendar, x->sum, row->due_on, all, n)))
		import_flag(l, IMPORT_beyond_standard);
}

/* To a day or moment, where one is told: from here on that is the date, whatever gave it before. */
static void extend(struct import_line *l, const struct import_event *e, struct deadline_row *row,
	int64_t due_at)
{
	if (due_at == MOMENT_NONE) {
		dossier_extend(&l->d, row, &e->extension);
		return;
	}
	if (e->extension.amount)
		dossier_note_extension(&l->d, row, &e->extension);
	if (e->deadline == KEZEK_DEADLINE_decide) {
		dossier_restate(&l->d, row, due_at);
		return;
	}
	row->source = "stated";
	row->due_at = due_at;
	dossier_compute(&l->d, row);
}

static void start_notice(struct import_line *l, const struct import_event *e)
{
	const struct stage *stage = service_stage_find(l->d.service, e->deadline);

	if (stage && stage->extensions.notice &&
		!dossier_deadline_find(&l->d, "notify_extension") &&
		import_tells(
			l, 1u << KEZEK_ACT_notify, 1u << KEZEK_ACT_decide | 1u << KEZEK_ACT_extend))
		dossier_start(&l->d, KEZEK_DEADLINE_notify_extension, stage->extensions.notice,
			e->at, NULL);
}

/* The former system's date holds its extensions; one that was computed here moves by them. */
void import_apply_extend(struct import_line *l, const struct import_event *e)
{
	const char *kind = deadline_kind_name(e->deadline);
	struct deadline_row *row = dossier_deadline_find(&l->d, kind);
	struct term_extension all[DOSSIER_EXTENSIONS_MAX];

	if (!has_run(&l->d, kind)) {
		import_event_fault(l, e, "deadline", WORD_reason_not_found, kind);
		return;
	}
	if (!row) {
		import_note_not_open(l, e);
		return;
	}
	if (dossier_extensions(row, all) == DOSSIER_EXTENSIONS_MAX) {
		import_event_fault(l, e, "kind", WORD_reason_too_often, NULL);
		return;
	}
	check_extension(l, e, row);
	if (l->due_at == MOMENT_NONE || strcmp(row->source, "imported") != 0)
		extend(l, e, row, moment_of(e->until, calendar_of(l, row)));
	else if (e->extension.amount)
		dossier_note_extension(&l->d, row, &e->extension);
	start_notice(l, e);
}
