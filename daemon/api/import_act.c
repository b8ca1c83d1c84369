/* What the acts of a former system did to a case: whose hands it went through, and how it ended. */
#include "daemon/api/act_input.h"
#include "daemon/api/import_parts.h"

/* It changes hands. */

static void apply_claim(struct import_line *l, const struct import_event *e)
{
	l->holder = e->actor;
}

static void apply_accept(struct import_line *l, const struct import_event *e)
{
	l->holder = e->actor;
	if (e->details[IMPORT_DETAIL_body_number])
		l->d.row.body_number = e->details[IMPORT_DETAIL_body_number];
}

static void apply_release(struct import_line *l, const struct import_event *e)
{
	(void)e;
	l->holder = NULL;
}

/* Who gives it on goes on seeing it, with the number it had there. */
static void remember(struct import_line *l, int64_t until_at)
{
	const struct request_row *row = &l->d.row;
	size_t i = 0;

	if (!l->formers)
		l->formers = pool_alloc(l->d.pool, l->event_count * sizeof(*l->formers));
	while (i < l->former_count && strcmp(l->formers[i].agency, row->agency) != 0)
		i++;
	l->former_count += i == l->former_count;
	l->formers[i].agency = row->agency;
	l->formers[i].until_at = until_at;
	if (row->body_number)
		l->formers[i].body_number = row->body_number;
}

static bool give_on(struct import_line *l, const struct import_event *e)
{
	struct request_row *row = &l->d.row;
	const char *to = e->details[IMPORT_DETAIL_to_agency];

	if (!to || strcmp(to, row->agency) == 0)
		return false;
	remember(l, e->at);
	row->agency = to;
	row->body_number = e->details[IMPORT_DETAIL_body_number];
	row->responsible = book_head(l->d.book, to);
	l->holder = NULL;
	return true;
}

/* Where the standard says so, the receiver's term begins anew; a date that was stated stands. */
static void apply_forward(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	struct deadline_row *forward = dossier_deadline_find(d, "forward");
	struct deadline_row *decide = dossier_deadline_find(d, "decide");
	const struct term_rule *rule, *cap;

	if (!give_on(l, e))
		return;
	if (++d->row.hops > d->service->max_hops)
		import_flag(l, IMPORT_beyond_standard);
	if (forward)
		dossier_stop(d, forward, e->at);
	if (decide && strcmp(decide->source, "computed") == 0 && d->state == KEZEK_STATE_queued &&
		d->service->forward_clock == FORWARD_RESTARTS &&
		dossier_rule(d, decide, &rule, &cap)) {
		dossier_void(d, decide, e->at);
		dossier_start(d, KEZEK_DEADLINE_decide, rule, e->at, NULL);
	}
}

static void apply_reassign(struct import_line *l, const struct import_event *e)
{
	give_on(l, e);
	l->holder = e->details[IMPORT_DETAIL_to];
}

/* It is decided, and ends. */

static void start_following(struct import_line *l, int64_t decided_at)
{
	struct stage_facts facts;

	act_facts_begin(&l->d, &facts);
	facts.decided_at = decided_at;
	dossier_start_stages(&l->d, &facts);
}

static void apply_decision(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	struct deadline_row *decide;

	import_end_pause(l, e->at);
	decide = dossier_deadline_find(d, "decide");
	if (decide)
		dossier_stop(d, decide, e->at);
	dossier_void_all(d, e->at);
	d->row.outcome = e->act == KEZEK_ACT_decide            ? e->outcome
			 : e->act == KEZEK_ACT_approve_tacitly ? "granted"
							       : "refused";
	if (!d->row.outcome)
		import_flag(l, IMPORT_outcome_unknown);
	l->holder = NULL;
	if (d->state == KEZEK_STATE_decided)
		start_following(l, e->at);
	else if (stage_follows_decision(d->service, d->variant))
		import_flag(l, IMPORT_hand_over_unknown);
}

/* What ends without a decision leaves nothing to judge, but for a lapse too late. */
static void apply_ending(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	struct deadline_row *decide;

	import_end_pause(l, e->at);
	decide = dossier_deadline_find(d, "decide");
	if (decide && e->act == KEZEK_ACT_lapse && decide->breached_at != MOMENT_NONE)
		dossier_stop(d, decide, e->at);
	dossier_void_all(d, e->at);
	if (e->act == KEZEK_ACT_refuse)
		d->row.outcome = "refused";
	l->holder = NULL;
}

static bool is_owed(struct dossier *d)
{
	return dossier_deadline_find(d, "notify") || dossier_deadline_find(d, "hand_over");
}

/* Of the decision; before there is one, of an extension. Where nothing follows any more, and
 * nothing is told of, that was the end. */
static void apply_notify(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	bool is_decided = d->state == KEZEK_STATE_decided;
	struct deadline_row *row =
		dossier_deadline_find(d, is_decided ? "notify" : "notify_extension");
	struct stage_facts facts;

	if (row)
		dossier_stop(d, row, e->at);
	if (!is_decided)
		return;
	act_facts_begin(d, &facts);
	dossier_start_stages(d, &facts);
	if (!is_owed(d) && !import_tells(l, 1u << KEZEK_ACT_notify | 1u << KEZEK_ACT_hand_over,
				   1u << KEZEK_ACT_reopen))
		dossier_move(d, KEZEK_STATE_closed);
}

static void apply_hand_over(struct import_line *l, const struct import_event *e)
{
	static const char *const kinds[] = {"notify", "hand_over"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct deadline_row *row = dossier_deadline_find(&l->d, kinds[i]);

		if (row)
			dossier_stop(&l->d, row, e->at);
	}
	dossier_void_all(&l->d, e->at);
}

/* The date that was stated judged the first decision: the new term is the standard's. */
static void apply_reopen(struct import_line *l, const struct import_event *e)
{
	struct dossier *d = &l->d;
	const struct stage *stage = service_stage_find(d->service, KEZEK_DEADLINE_decide);
	const struct term_rule *rule = stage ? stage_rule(stage, d->variant) : NULL;

	dossier_void_all(d, e->at);
	d->row.outcome = NULL;
	l->holder = NULL;
	l->due_at = MOMENT_NONE;
	if (rule)
		dossier_start(d, KEZEK_DEADLINE_decide, rule, e->at, NULL);
}

static const struct import_effect effects[] = {
	{KEZEK_ACT_claim, true, apply_claim},
	{KEZEK_ACT_accept, true, apply_accept},
	{KEZEK_ACT_release, false, apply_release},
	{KEZEK_ACT_reassign, true, apply_reassign},
	{KEZEK_ACT_forward, true, apply_forward},
	{KEZEK_ACT_pause, false, import_apply_pause},
	{KEZEK_ACT_resume, false, import_apply_resume},
	{KEZEK_ACT_complete, false, import_apply_complete},
	{KEZEK_ACT_pay, false, import_apply_pay},
	{KEZEK_ACT_extend, true, import_apply_extend},
	{KEZEK_ACT_notify, true, apply_notify},
	{KEZEK_ACT_decide, true, apply_decision},
	{KEZEK_ACT_approve_tacitly, true, apply_decision},
	{KEZEK_ACT_deem_refused, true, apply_decision},
	{KEZEK_ACT_hand_over, false, apply_hand_over},
	{KEZEK_ACT_refuse, true, apply_ending},
	{KEZEK_ACT_withdraw, true, apply_ending},
	{KEZEK_ACT_lapse, true, apply_ending},
	{KEZEK_ACT_reopen, false, apply_reopen},
};

const struct import_effect *import_effect_find(enum kezek_act act)
{
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		if (effects[i].act == act)
			return &effects[i];
	}
	return NULL;
}
