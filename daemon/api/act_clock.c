/* Acts that move deadlines: pause, resume, extend, and telling the applicant. */
#include <stdio.h>

#include "daemon/api/act_input.h"
#include "daemon/api/deputies.h"
#include "lib/term_explain.h"

static const struct stage *decide_stage(const struct dossier *d)
{
	return service_stage_find(d->service, KEZEK_DEADLINE_decide);
}

static void fault_moment(
	struct act_run *r, struct act_input *in, const char *member, enum word reason, int64_t at)
{
	char s[MOMENT_TEXT_SIZE];

	moment_format(at, dossier_zone(&r->d), s);
	json_reader_fault(&in->reader, member, reason, s, NULL);
}

static void fault_amount(struct act_run *r, struct act_input *in, const char *member,
	enum word reason, const struct term_rule *limit)
{
	_text_ t = TEXT_INIT;

	text_add_term_amount(&t, limit->amount, limit->unit, r->c->lang);
	json_reader_fault(&in->reader, member, reason, t.data, NULL);
}

/* A pause lies within its term, behind those that were, and there is room to keep it. */
static void check_place(struct act_run *r, struct act_input *in, const struct deadline_row *row)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = dossier_pauses(row, pauses);

	if (in->effective_at < row->started_at)
		fault_moment(r, in, "effective_at", WORD_reason_too_small, row->started_at);
	for (size_t i = 0; i < n; i++) {
		if (in->effective_at < pauses[i].until_at) {
			fault_moment(r, in, "effective_at", WORD_reason_overlaps_pause,
				pauses[i].from_at);
			break;
		}
	}
	if (n == DOSSIER_PAUSES_MAX || r->d.deadline_count + 1 >= DEADLINES_MAX)
		json_reader_fault(&in->reader, "ground", WORD_reason_too_often, NULL, NULL);
}

/* A day (to its end) or a moment, in the deadline's own calendar. */
static void read_cure_by(struct act_run *r, struct act_input *in, const struct calendar *calendar)
{
	const char *s = json_get_string(&in->reader, "cure_by", JSON_OPTIONAL, 40);
	int32_t day;

	in->cure_by_at = MOMENT_NONE;
	if (!s)
		return;
	if (calendar && day_parse(span_of(s), &day))
		in->cure_by_at = calendar_day_starts(calendar, day + 1);
	else if (!moment_parse(span_of(s), &in->cure_by_at, NULL))
		json_reader_fault(&in->reader, "cure_by", WORD_reason_bad_format,
			"2026-06-22, RFC 3339", NULL);
	if (in->cure_by_at == MOMENT_NONE)
		return;
	memcpy(in->paused.cure_by, s, strnlen(s, sizeof(in->paused.cure_by) - 1));
	if (in->cure_by_at <= in->effective_at)
		fault_moment(r, in, "cure_by", WORD_reason_too_small, in->effective_at);
}

/* The applicant has at least what the standard gives; the date goes into the pause. */
static void check_cure(struct act_run *r, struct act_input *in, const struct calendar *calendar)
{
	const struct term_facts facts = {.start_at = in->effective_at};
	struct term term;

	if (in->pause->needs_cure_by && !json_object_object_get(r->body, "cure_by"))
		json_reader_fault(&in->reader, "cure_by", WORD_reason_missing, NULL, NULL);
	if (!in->pause->cure || !calendar ||
		term_compute(calendar, in->pause->cure, &facts, &term) != 0)
		return;
	if (in->cure_by_at == MOMENT_NONE)
		day_format(term.due_on, in->paused.cure_by);
	else if (in->cure_by_at < term.due_at)
		fault_moment(r, in, "cure_by", WORD_reason_too_small, term.due_at);
}

static void check_total(struct act_run *r, struct act_input *in, const struct deadline_row *row,
	const struct calendar *calendar)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX + 1];
	size_t n = dossier_pauses(row, pauses);

	pauses[n] = in->paused;
	pauses[n].until_at = in->cure_by_at;
	if (in->pause->max_total && calendar &&
		term_pauses_exceed(calendar, in->pause->max_total, pauses, n + 1, r->d.now))
		fault_amount(r, in, in->cure_by_at == MOMENT_NONE ? "ground" : "cure_by",
			WORD_reason_paused_too_long, in->pause->max_total);
}

static void read_wanted(struct act_run *r, struct act_input *in)
{
	in->wanted = json_get_array(&in->reader, "documents_wanted", JSON_OPTIONAL, 50);
	for (size_t i = 0; in->wanted && i < json_object_array_length(in->wanted); i++) {
		const char *kind =
			json_item_string(&in->reader, "documents_wanted", in->wanted, i, 64);

		if (kind && !service_document_find(r->d.service, kind))
			json_reader_fault(
				&in->reader, "documents_wanted", WORD_reason_not_found, kind, NULL);
	}
}

void act_read_pause(struct act_run *r, struct act_input *in)
{
	const struct stage *stage = decide_stage(&r->d);
	const struct deadline_row *row = dossier_deadline_find(&r->d, "decide");
	const struct calendar *calendar = row ? calendars_find(r->d.book->calendars, row->calendar)
					      : book_agency_calendar(r->d.book, r->d.row.agency);

	in->ground = json_get_string(&in->reader, "ground", JSON_REQUIRED, CALENDAR_CODE_SIZE - 1);
	in->pause = stage && in->ground ? stage_pause_find(stage, in->ground) : NULL;
	if (in->ground && !in->pause)
		json_reader_fault(
			&in->reader, "ground", WORD_reason_not_a_ground, in->ground, NULL);
	if (in->pause)
		in->paused = dossier_new_pause(in->pause, in->ground, in->effective_at);
	read_cure_by(r, in, calendar);
	read_wanted(r, in);
	if (!in->pause)
		return;
	check_cure(r, in, calendar);
	if (row) {
		check_place(r, in, row);
		check_total(r, in, row, calendar);
	}
}

void act_apply_pause(struct act_run *r, struct act_input *in)
{
	struct deadline_row *row = dossier_deadline_find(&r->d, "decide");

	if (row)
		dossier_pause(&r->d, row, &in->paused);
	dossier_start_until(
		&r->d, KEZEK_DEADLINE_cure, in->pause->cure, in->effective_at, in->cure_by_at);
	if (in->wanted)
		act_want_documents(r, in->wanted);
	act_keep_custody(r);
}

bool act_waits_for_applicant(struct dossier *d)
{
	struct term_pause open;
	const struct stage *stage = decide_stage(d);
	const struct pause_standard *standard;

	if (dossier_deadline_find(d, "cure") ||
		json_object_object_get(d->content, "documents_wanted") ||
		!dossier_paused_find(d, &open))
		return true;
	standard = stage ? stage_pause_find(stage, open.ground) : NULL;
	return strcmp(open.ground, "documents_missing") == 0 || (standard && standard->cure);
}

void act_read_resume(struct act_run *r, struct act_input *in)
{
	struct term_pause open;

	if (dossier_paused_find(&r->d, &open) && in->effective_at < open.from_at)
		fault_moment(r, in, "effective_at", WORD_reason_too_small, open.from_at);
}

/* The officer goes on, whatever the applicant did: what was asked of him is asked no more. */
void act_apply_resume(struct act_run *r, struct act_input *in)
{
	struct dossier *d = &r->d;
	struct deadline_row *cure = dossier_deadline_find(d, "cure");
	struct term_pause open;
	struct deadline_row *row = dossier_paused_find(d, &open);

	if (cure)
		dossier_void(d, cure, in->effective_at);
	if (row)
		dossier_resume(d, row, in->effective_at);
	if (json_object_object_get(d->content, "documents_wanted"))
		act_want_documents(r, NULL);
}

/* By the own name; or by the name of whom a system acts for: a person is nobody else. */
static bool is_head(const struct act_run *r)
{
	const char *head = book_head(r->d.book, r->d.row.agency);
	const char *actor = call_actor(r->c);

	return head && (strcmp(head, r->c->who.name) == 0 || (actor && strcmp(head, actor) == 0));
}

bool act_has_heads_rank(const struct act_run *r)
{
	const char *head = book_head(r->d.book, r->d.row.agency);

	return is_head(r) || deputy_stands_in(r->d.api, r->d.row.agency, r->c->who.name, head);
}

/* What the standard asks of an extension: how often, by whom, when, how long in all. */
static void check_extension(struct act_run *r, struct act_input *in, const struct stage *stage)
{
	const struct extension_standard *x = &stage->extensions;
	const struct deadline_row *row = in->deadline;
	const struct calendar *calendar = calendars_find(r->d.book->calendars, row->calendar);
	struct term_extension all[DOSSIER_EXTENSIONS_MAX + 1];
	size_t n = dossier_extensions(row, all);
	char max[16];

	snprintf(max, sizeof(max), "%u", x->max);
	if (x->max == 0)
		json_reader_fault(
			&in->reader, "deadline", WORD_reason_not_extendable, row->kind, NULL);
	else if (n >= x->max || n == DOSSIER_EXTENSIONS_MAX)
		json_reader_fault(&in->reader, "deadline", WORD_reason_extended_enough, max, NULL);
	if (x->max && x->rank_is_head && !act_has_heads_rank(r))
		json_reader_fault(&in->reader, "deadline", WORD_reason_head_only,
			book_head(r->d.book, r->d.row.agency), NULL);
	if (in->effective_at < row->started_at)
		fault_moment(r, in, "effective_at", WORD_reason_too_small, row->started_at);
	if (x->before_due && row->due_at != MOMENT_NONE && in->effective_at >= row->due_at)
		fault_moment(r, in, "effective_at", WORD_reason_extended_late, row->due_at);
	if (row->due_at == MOMENT_NONE)
		json_reader_fault(
			&in->reader, "deadline", WORD_reason_not_extendable, row->kind, NULL);
	if (!in->extension.amount || row->due_at == MOMENT_NONE)
		return;
	all[n] = in->extension;
	if (x->sum && calendar && term_extensions_exceed(calendar, x->sum, row->due_on, all, n + 1))
		fault_amount(r, in, "amount", WORD_reason_extended_too_long, x->sum);
}

void act_read_extend(struct act_run *r, struct act_input *in)
{
	const char *units[TERM_UNIT_COUNT];
	int kind = json_get_enum(
		&in->reader, "deadline", JSON_OPTIONAL, deadline_kind_wire, KEZEK_DEADLINE_COUNT);
	const struct stage *stage;
	int64_t amount = 0;
	int unit;

	for (int i = 0; i < TERM_UNIT_COUNT; i++)
		units[i] = term_unit_name((enum term_unit)i);
	if (kind < 0)
		kind = KEZEK_DEADLINE_decide;
	json_get_int64(&in->reader, "amount", JSON_REQUIRED, 1, TERM_AMOUNT_MAX, &amount);
	unit = json_get_enum(&in->reader, "unit", JSON_REQUIRED, units, TERM_UNIT_COUNT);
	if (unit >= 0)
		in->extension = (struct term_extension){(int32_t)amount, (enum term_unit)unit};
	if (!in->reason)
		json_reader_fault(&in->reader, "reason", WORD_reason_missing, NULL, NULL);
	if (!in->legal_basis)
		json_reader_fault(&in->reader, "legal_basis", WORD_reason_missing, NULL, NULL);
	in->deadline = dossier_deadline_find(&r->d, deadline_kind_wire[kind]);
	stage = service_stage_find(r->d.service, (enum kezek_deadline_kind)kind);
	if (!in->deadline || !stage)
		json_reader_fault(&in->reader, "deadline", WORD_reason_not_found,
			deadline_kind_wire[kind], NULL);
	else
		check_extension(r, in, stage);
}

void act_apply_extend(struct act_run *r, struct act_input *in)
{
	enum kezek_deadline_kind kind = KEZEK_DEADLINE_decide;
	const struct stage *stage;

	dossier_extend(&r->d, in->deadline, &in->extension);
	deadline_kind_parse(span_of(in->deadline->kind), &kind);
	stage = service_stage_find(r->d.service, kind);
	if (stage->extensions.rank_is_head && !is_head(r))
		r->on_behalf_of = book_head(r->d.book, r->d.row.agency);
	if (stage->extensions.notice)
		dossier_start(&r->d, KEZEK_DEADLINE_notify_extension, stage->extensions.notice,
			in->effective_at, NULL);
}

void act_read_notify(struct act_run *r, struct act_input *in)
{
	int channel = json_get_enum(
		&in->reader, "channel", JSON_REQUIRED, channel_wire, KEZEK_CHANNEL_COUNT);

	(void)r;
	in->to = channel >= 0 ? channel_wire[channel] : NULL;
}

/* Of the decision; before there is one, of an extension or a forwarding. What begins with that
 * begins. */
void act_apply_notify(struct act_run *r, struct act_input *in)
{
	struct deadline_row *extension = dossier_deadline_find(&r->d, "notify_extension"),
			    *notify = dossier_deadline_find(&r->d, "notify");
	struct stage_facts facts;

	if (extension && r->d.state != KEZEK_STATE_decided)
		dossier_stop(&r->d, extension, in->effective_at);
	if (notify)
		dossier_stop(&r->d, notify, in->effective_at);
	act_facts_begin(&r->d, &facts);
	dossier_start_stages(&r->d, &facts);
}
