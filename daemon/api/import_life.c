/* A former system's case lived through, event by event: the lifecycle says what each act led to;
 * what it does not know is taken and flagged. */
#include "daemon/api/act_input.h"
#include "daemon/api/import_parts.h"

#define BIT(act) (1u << KEZEK_ACT_##act)

void import_event_fault(struct import_line *l, const struct import_event *e, const char *member,
	enum word reason, const char *detail)
{
	_text_ pointer = TEXT_INIT;

	text_addf(&pointer, "/events/%zu/%s", e->place, member);
	faults_add(&l->in.faults, pointer.data, reason, detail, NULL);
}

bool import_tells(const struct import_line *l, unsigned acts, unsigned until)
{
	for (size_t i = l->next; i < l->event_count; i++) {
		enum kezek_act act = l->events[i].act;
		unsigned bit = act < KEZEK_ACT_COUNT ? 1u << act : 0;

		if (bit & acts)
			return true;
		if (bit & until)
			return false;
	}
	return false;
}

static bool is_decision(enum kezek_act act)
{
	return act == KEZEK_ACT_decide || act == KEZEK_ACT_approve_tacitly ||
	       act == KEZEK_ACT_deem_refused;
}

static bool wants_fee_first(const struct dossier *d)
{
	return d->service->payment == PAYMENT_BEFORE && d->variant->fee_tyiyn > 0;
}

/* That in which a new request could do the first act that is told: a former system tells of no
 * documents or fees that are awaited, but for their coming. */
static enum kezek_state first_state(const struct import_line *l)
{
	enum kezek_act first = KEZEK_ACT_COUNT;

	for (size_t i = 0; i < l->event_count && first == KEZEK_ACT_COUNT; i++) {
		if (l->events[i].act != KEZEK_ACT_correct)
			first = l->events[i].act;
	}
	if (first == KEZEK_ACT_complete)
		return l->d.service->incomplete == INCOMPLETE_PAUSE ? KEZEK_STATE_paused
								    : KEZEK_STATE_incomplete;
	if (first == KEZEK_ACT_pay && wants_fee_first(&l->d))
		return KEZEK_STATE_awaiting_payment;
	return KEZEK_STATE_queued;
}

/* What the standard has follow a decision is lived through where the line tells of it; a register
 * that does not keep it closed its cases with the decision. */
static bool follows(const struct import_line *l)
{
	return stage_follows_decision(l->d.service, l->d.variant) &&
	       import_tells(l, BIT(notify) | BIT(hand_over), BIT(reopen));
}

static unsigned facts_of(struct import_line *l, const struct import_event *e)
{
	unsigned facts = 0;

	if (l->d.state == KEZEK_STATE_paused && act_waits_for_applicant(&l->d))
		facts |= FACT_WAITS;
	if (dossier_owes(&l->d))
		facts |= FACT_OWES;
	if (wants_fee_first(&l->d) && dossier_owes(&l->d) && import_tells(l, BIT(pay), 0))
		facts |= FACT_FEE;
	if (l->holder)
		facts |= FACT_HELD;
	if (e->details[IMPORT_DETAIL_to])
		facts |= FACT_NAMED;
	return facts;
}

static bool has_it_already(const struct import_line *l, const struct import_event *e)
{
	return e->act == KEZEK_ACT_forward &&
	       strcmp(e->details[IMPORT_DETAIL_to_agency], l->d.row.agency) == 0;
}

/* Where nobody is told to have taken it, who does what only a holder may do has taken it; and only
 * the counter refuses what nobody has touched. NULL: not open. */
static const struct lifecycle_row *find_move(struct import_line *l, const struct import_event *e)
{
	unsigned facts = facts_of(l, e);
	const struct lifecycle_row *row = lifecycle_next(l->d.state, e->act, facts);

	if (has_it_already(l, e))
		return NULL;
	if (!row && e->act == KEZEK_ACT_refuse && !l->has_acted)
		return lifecycle_next(LIFECYCLE_NEW, e->act, facts);
	if (row || l->d.state != KEZEK_STATE_queued)
		return row;
	row = lifecycle_next(KEZEK_STATE_claimed, e->act, facts);
	if (row)
		l->holder = e->actor;
	return row;
}

/* KEZEK_STATE_COUNT: the act by itself leads nowhere. */
static enum kezek_state state_after(const struct import_line *l, const struct import_event *e)
{
	if (is_decision(e->act))
		return follows(l) ? KEZEK_STATE_decided : KEZEK_STATE_closed;
	return e->act == KEZEK_ACT_refuse     ? KEZEK_STATE_refused
	       : e->act == KEZEK_ACT_withdraw ? KEZEK_STATE_withdrawn
	       : e->act == KEZEK_ACT_lapse    ? KEZEK_STATE_lapsed
					      : KEZEK_STATE_COUNT;
}

void import_note_not_open(struct import_line *l, const struct import_event *e)
{
	import_flag(l, IMPORT_act_not_open);
	if (l->not_open_count++ < IMPORT_REFUSALS_MAX)
		l->not_open[l->not_open_count - 1] = (struct import_refusal){e, l->d.state};
}

/* Only a reopening leads out of an end. True: nothing more comes of the event. */
static bool is_behind_the_end(struct import_line *l, const struct import_event *e)
{
	if (!state_is_final(l->d.state) || e->act == KEZEK_ACT_reopen)
		return false;
	if (e->at > l->d.row.closed_at) {
		import_flag(l, IMPORT_events_after_closing);
		l->events_after_closing++;
	} else if (e->act != KEZEK_ACT_COUNT) {
		import_note_not_open(l, e);
	}
	return true;
}

/* Pauses never overlap: what the calculus cannot read cannot have been. */
static bool overlaps(struct import_line *l, const struct import_event *e)
{
	char from[MOMENT_TEXT_SIZE];
	struct term_pause open;

	if (e->act != KEZEK_ACT_pause || !dossier_paused_find(&l->d, &open))
		return false;
	moment_format(open.from_at, dossier_zone(&l->d), from);
	import_event_fault(l, e, "at", WORD_reason_overlaps_pause, from);
	return true;
}

/* True: it took effect. */
static bool act(struct import_line *l, const struct import_event *e)
{
	const struct import_effect *effect = import_effect_find(e->act);
	const struct lifecycle_row *move;
	enum kezek_state to;

	if (overlaps(l, e))
		return false;
	move = find_move(l, e);
	if (!move)
		import_note_not_open(l, e);
	l->has_acted = true;
	if (!move && !(effect && effect->happened))
		return false;
	/* Only the first decision counts. */
	if (!move && is_decision(e->act) && l->d.state == KEZEK_STATE_decided)
		return false;
	to = state_after(l, e);
	if (to == KEZEK_STATE_COUNT)
		to = move ? move->to : l->d.state;
	if (state_is_final(to) && e->at < l->in.received_at)
		import_flag(l, IMPORT_closed_before_receipt);
	dossier_move(&l->d, to);
	if (effect)
		effect->apply(l, e);
	dossier_mirror(&l->d);
	return true;
}

/* A pause whose end was told with it ends by itself, unless the event does it at that very moment.
 */
static void end_told_pause(
	struct import_line *l, const struct call *c, const struct import_event *by)
{
	struct dossier *d = &l->d;
	struct import_event end = {.kind = act_name(KEZEK_ACT_resume),
		.act = KEZEK_ACT_resume,
		.at = l->pause_ends_at,
		.until_at = MOMENT_NONE};
	struct import_before before = {d->state, d->row.agency, d->row.due_at};

	if (end.at == MOMENT_NONE || end.at > (by ? by->at : d->now))
		return;
	if (by && end.at == by->at &&
		(by->act == KEZEK_ACT_resume || by->act == KEZEK_ACT_complete))
		return;
	d->now = end.at;
	import_pass(l, end.at);
	act(l, &end);
	import_journal(l, c, &end, &before);
}

static void live_event(struct import_line *l, const struct call *c, const struct import_event *e)
{
	struct dossier *d = &l->d;
	struct import_before before;
	bool took_effect;

	end_told_pause(l, c, e);
	l->next++;
	d->now = e->at;
	import_pass(l, e->at);
	before = (struct import_before){d->state, d->row.agency, d->row.due_at};
	took_effect = !is_behind_the_end(l, e) && e->act != KEZEK_ACT_COUNT && act(l, e);
	if (e->actor)
		l->last_actor = e->actor;
	/* Every pause may start a cure, every reopening a term: there is room for so many. */
	if (d->deadline_count + 1 >= DEADLINES_MAX)
		import_event_fault(l, e, "kind", WORD_reason_too_often, NULL);
	import_journal(l, c, e, took_effect ? &before : NULL);
}

static void judge_registration(struct import_line *l)
{
	struct dossier *d = &l->d;
	const struct stage *stage = service_stage_find(d->service, KEZEK_DEADLINE_register);
	const struct term_rule *rule = stage ? stage_rule(stage, d->variant) : NULL;
	struct deadline_row *row =
		rule ? dossier_start(d, KEZEK_DEADLINE_register, rule, l->in.received_at, NULL)
		     : NULL;

	if (!row)
		return;
	dossier_pass_over(d, row, l->registered_at);
	dossier_stop(d, row, l->registered_at);
}

/* An enabled officer of the agency that has it. */
static const char *officer_of(const struct import_line *l, const struct call *c, const char *name)
{
	const struct api *a = c->api;

	for (size_t i = 0; name && i < a->principal_count; i++) {
		const struct principal *p = &a->principals[i];

		if (strcmp(p->name, name) == 0 && !p->is_disabled &&
			p->role == KEZEK_ROLE_officer && strcmp(p->agency, l->d.row.agency) == 0)
			return name;
	}
	return NULL;
}

/* Who had it in hand has it in custody, where that is somebody here; else it waits. */
static void settle_hands(struct import_line *l, const struct call *c)
{
	struct dossier *d = &l->d;
	bool is_in_hand = d->state == KEZEK_STATE_claimed || d->state == KEZEK_STATE_in_work;
	const char *officer;

	if (state_is_final(d->state))
		return;
	officer = officer_of(l, c, l->holder);
	if (!officer)
		officer = officer_of(l, c, l->last_actor);
	if (officer)
		d->row.responsible = officer;
	if (is_in_hand)
		dossier_move(d, officer ? KEZEK_STATE_in_work : KEZEK_STATE_queued);
	if (is_in_hand || (d->state == KEZEK_STATE_paused && l->holder)) {
		l->m.holder = officer;
		if (!officer && l->holder)
			import_flag(l, IMPORT_holder_unknown);
	}
}

static bool has_date(const struct dossier *d)
{
	return d->row.decide &&
	       (d->row.due_at != MOMENT_NONE || strcmp(d->row.decide, "paused") == 0);
}

static void settle(struct import_line *l, const struct call *c)
{
	struct dossier *d = &l->d;

	d->now = l->in.now;
	end_told_pause(l, c, NULL);
	d->now = l->in.now;
	import_pass(l, d->now);
	dossier_mirror(d);
	settle_hands(l, c);
	if (!has_date(d))
		import_flag(l, IMPORT_no_term);
	/* They were made at moments of long ago; the journal is written today. */
	for (int i = 0; i < d->event_count; i++)
		d->events[i].id = uuid_new(d->now);
}

bool import_live(struct import_line *l, const struct call *c)
{
	struct dossier *d = &l->d;

	d->now = l->registered_at;
	dossier_move(d, first_state(l));
	import_journal_first(l, c);
	judge_registration(l);
	import_begin(l);
	dossier_mirror(d);
	while (l->next < l->event_count && !l->in.faults.count)
		live_event(l, c, &l->events[l->next]);
	if (l->in.faults.count)
		return false;
	settle(l, c);
	return true;
}
