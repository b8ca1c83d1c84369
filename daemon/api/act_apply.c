/* What each act does to a request in the hand: the body's members, the move, the deadlines, the
 * journal. */
#include <stdio.h>

#include "daemon/api/act_input.h"
#include "daemon/api/deputies.h"
#include "daemon/api/intake.h"

void act_facts_begin(const struct dossier *d, struct stage_facts *facts)
{
	stage_facts_init(facts);
	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];
		enum kezek_deadline_kind kind;

		if (row->stopped_at != MOMENT_NONE && strcmp(row->state, "void") != 0 &&
			deadline_kind_parse(span_of(row->kind), &kind))
			facts->stopped_at[kind] = row->stopped_at;
	}
}

bool act_is_routed(const struct dossier *d)
{
	return strcmp(d->row.agency, UNROUTED) != 0;
}

static void read_pay(struct act_run *r, struct act_input *in)
{
	int64_t fee = dossier_owes(&r->d);

	if (json_get_int64(&in->reader, "amount_tyiyn", JSON_REQUIRED, 1, INT64_MAX / 2,
		    &in->amount_tyiyn) &&
		in->amount_tyiyn < fee) {
		char due[24];

		snprintf(due, sizeof(due), "%lld", (long long)fee);
		json_reader_fault(&in->reader, "amount_tyiyn", WORD_reason_out_of_range, due, "∞");
	}
	in->note = json_get_string(&in->reader, "reference", JSON_OPTIONAL, 200);
}

/* For the receipt, and so that nobody pays twice. */
static void note_paid(struct act_run *r, const struct act_input *in)
{
	json_object *paid;
	char at[MOMENT_TEXT_SIZE];

	if (!r->d.content)
		return;
	paid = json_made(json_object_new_object());
	moment_format(in->effective_at, NULL, at);
	json_put(paid, "at", json_made(json_object_new_string(at)));
	json_put(paid, "amount_tyiyn", json_made(json_object_new_int64(in->amount_tyiyn)));
	json_put(r->d.content, "paid", paid);
	act_seal_content(r);
}

/* Before the work, it is what the work waited for; else nothing waits but what begins with it. */
static void apply_pay(struct act_run *r, struct act_input *in)
{
	struct deadline_row *pay = dossier_deadline_find(&r->d, "pay");
	struct stage_facts facts;

	if (pay)
		dossier_stop(&r->d, pay, in->effective_at);
	note_paid(r, in);
	act_facts_begin(&r->d, &facts);
	facts.paid_at = in->effective_at;
	if (r->state == KEZEK_STATE_awaiting_payment && act_is_routed(&r->d))
		facts.forwarded_at = in->effective_at;
	dossier_start_stages(&r->d, &facts);
}

void act_free_hold(struct act_run *r)
{
	r->member.hold = HOLD_FREE;
	r->d.row.has_claim = false;
	r->d.row.place.on_desk = false;
	r->d.row.place.kept_for = NULL;
	r->d.row.place.kept_until = MOMENT_NONE;
	r->d.row.responsible = book_head(r->d.book, r->d.row.agency);
}

void act_keep_custody(struct act_run *r)
{
	if (!r->d.row.has_claim)
		return;
	r->member.hold = HOLD_CUSTODY;
	r->member.holder = r->d.row.holder;
	r->member.holder_actor = r->d.row.holder_actor;
	r->d.row.lease_until = MOMENT_NONE;
}

static void read_accept(struct act_run *r, struct act_input *in)
{
	(void)r;
	in->body_number = json_get_string(&in->reader, "body_number", JSON_OPTIONAL, 100);
}

static void apply_accept(struct act_run *r, struct act_input *in)
{
	act_keep_custody(r);
	if (in->body_number)
		r->d.row.body_number = in->body_number;
}

/* A decision after the due moment, by the standard: any, only what was asked for, or none. */
static void check_late(struct act_run *r, struct act_input *in, enum kezek_outcome outcome)
{
	const struct deadline_row *row = dossier_deadline_find(&r->d, "decide");
	const struct stage *stage = service_stage_find(r->d.service, KEZEK_DEADLINE_decide);

	if (!row || !stage || row->due_at == MOMENT_NONE || in->effective_at < row->due_at)
		return;
	if (stage->late_decision == KEZEK_LATE_DECISION_forbidden ||
		(stage->late_decision == KEZEK_LATE_DECISION_favourable_only &&
			outcome != KEZEK_OUTCOME_granted))
		json_reader_fault(&in->reader, "outcome", WORD_reason_too_late, NULL, NULL);
}

static void read_decide(struct act_run *r, struct act_input *in)
{
	int outcome = json_get_enum(
		&in->reader, "outcome", JSON_REQUIRED, outcome_wire, KEZEK_OUTCOME_COUNT);

	in->outcome = outcome >= 0 ? outcome_wire[outcome] : NULL;
	in->ground = json_get_string(&in->reader, "ground", JSON_OPTIONAL, 64);
	in->note = json_get_string(&in->reader, "document", JSON_OPTIONAL, 200);
	if (outcome >= 0)
		check_late(r, in, (enum kezek_outcome)outcome);
	if (in->ground && !service_ground_find(r->d.service, in->ground))
		json_reader_fault(
			&in->reader, "ground", WORD_reason_not_a_ground, in->ground, NULL);
	else if (!in->ground && outcome == KEZEK_OUTCOME_refused && !dossier_is_question(&r->d))
		json_reader_fault(&in->reader, "ground", WORD_reason_missing, NULL, NULL);
}

/* What was on the way to the decision is owed no more. */
static void void_steps(struct dossier *d, int64_t at)
{
	static const char *const steps[] = {
		"forward", "consult", "cure", "notify_extension", "notify"};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct deadline_row *row;

		while ((row = dossier_deadline_find(d, steps[i])))
			dossier_void(d, row, at);
	}
}

static void apply_decide(struct act_run *r, struct act_input *in)
{
	struct dossier *d = &r->d;
	struct deadline_row *decide = dossier_deadline_find(d, "decide"),
			    *answer = dossier_deadline_find(d, "consult");
	struct stage_facts facts;

	if (decide)
		dossier_stop(d, decide, in->effective_at);
	else if (answer)
		dossier_stop(d, answer, in->effective_at);
	void_steps(d, in->effective_at);
	d->row.outcome = in->outcome;
	act_free_hold(r);
	if (d->state == KEZEK_STATE_closed) {
		dossier_void_all(d, in->effective_at);
		return;
	}
	act_facts_begin(d, &facts);
	facts.decided_at = facts.stopped_at[KEZEK_DEADLINE_decide] = in->effective_at;
	dossier_start_stages(d, &facts);
}

static void read_hand_over(struct act_run *r, struct act_input *in)
{
	static const char *const to[] = {"applicant", "representative"};

	int i = json_get_enum(&in->reader, "to", JSON_REQUIRED, to, ARRAY_SIZE(to));

	(void)r;
	in->to = i >= 0 ? to[i] : NULL;
	in->note = json_get_string(&in->reader, "document_shown", JSON_OPTIONAL, 200);
}

static void apply_hand_over(struct act_run *r, struct act_input *in)
{
	static const char *const kinds[] = {"notify", "hand_over"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct deadline_row *row = dossier_deadline_find(&r->d, kinds[i]);

		if (row)
			dossier_stop(&r->d, row, in->effective_at);
	}
	dossier_void_all(&r->d, in->effective_at);
}

static void apply_withdraw(struct act_run *r, struct act_input *in)
{
	act_free_hold(r);
	dossier_void_all(&r->d, in->effective_at);
}

static const struct act_kind kinds[] = {
	{KEZEK_ACT_complete, act_read_complete, act_apply_complete},
	{KEZEK_ACT_correct, act_read_correct, act_apply_correct},
	{KEZEK_ACT_pause, act_read_pause, act_apply_pause},
	{KEZEK_ACT_resume, act_read_resume, act_apply_resume},
	{KEZEK_ACT_extend, act_read_extend, act_apply_extend},
	{KEZEK_ACT_notify, act_read_notify, act_apply_notify},
	{KEZEK_ACT_pay, read_pay, apply_pay},
	{KEZEK_ACT_release, act_read_release, act_apply_release},
	{KEZEK_ACT_accept, read_accept, apply_accept},
	{KEZEK_ACT_decide, read_decide, apply_decide},
	{KEZEK_ACT_hand_over, read_hand_over, apply_hand_over},
	{KEZEK_ACT_withdraw, NULL, apply_withdraw},
	{KEZEK_ACT_forward, act_read_forward, act_apply_forward},
	{KEZEK_ACT_consult, act_read_consult, act_apply_consult},
	{KEZEK_ACT_answered, act_read_answered, act_apply_answered},
	{KEZEK_ACT_reassign, act_read_reassign, act_apply_reassign},
	{KEZEK_ACT_escalate, act_read_escalate, act_apply_escalate},
	{KEZEK_ACT_reopen, act_read_reopen, act_apply_reopen},
};

static unsigned facts_of(struct act_run *r, const struct act_input *in)
{
	struct dossier *d = &r->d;
	unsigned facts = 0;

	if (act_lacks_documents(d))
		facts |= FACT_MISSING;
	if (act_waits_for_applicant(d))
		facts |= FACT_WAITS;
	if (d->service->incomplete == INCOMPLETE_PAUSE)
		facts |= FACT_PAUSES;
	if (d->service->payment == PAYMENT_BEFORE && dossier_owes(d))
		facts |= FACT_FEE;
	if (r->owes)
		facts |= FACT_OWES;
	if (d->row.has_claim)
		facts |= FACT_HELD;
	if (stage_follows_decision(d->service, d->variant) && !dossier_is_question(d))
		facts |= FACT_FOLLOWS;
	if (in->part)
		facts |= FACT_PART;
	if (in->to_principal)
		facts |= FACT_NAMED;
	return facts;
}

static void add_pause(struct text *t, const struct act_input *in)
{
	text_adds(t, ",\"cure_by\":");
	text_add_json(t, *in->paused.cure_by ? in->paused.cure_by : NULL);
	if (in->wanted)
		text_addf(t, ",\"documents_wanted\":%s",
			json_object_to_json_string_ext(in->wanted, JSON_C_TO_STRING_PLAIN));
}

/* What the act itself says: codes and moments, nobody's data. */
static void add_said(struct text *t, const struct act_run *r, const struct act_input *in)
{
	bool is_channel = r->act == KEZEK_ACT_notify || r->act == KEZEK_ACT_forward;

	if (in->amount_tyiyn)
		text_addf(t, ",\"amount_tyiyn\":%lld", (long long)in->amount_tyiyn);
	if (in->to)
		text_addf(t, ",\"%s\":\"%s\"", is_channel ? "channel" : "to", in->to);
	if (in->pause)
		add_pause(t, in);
	if (in->deadline)
		text_addf(t, ",\"deadline\":\"%s\",\"amount\":%d,\"unit\":\"%s\"",
			in->deadline->kind, in->extension.amount,
			term_unit_name(in->extension.unit));
	if (in->changed.len)
		text_addf(t, ",\"changed\":%s]", in->changed.data);
	act_add_links(t, r, in);
	if (r->on_behalf_of) {
		text_add_char(t, ',');
		text_add_member(t, "on_behalf_of", r->on_behalf_of);
	}
	if (in->backdate_reason)
		text_addf(t, ",\"backdate_reason\":\"%s\"", in->backdate_reason);
	if (r->act == KEZEK_ACT_escalate)
		text_addf(t, ",\"priority\":\"%s\"", priority_name(r->d.row.place.priority));
	if (r->act == KEZEK_ACT_release && r->d.row.place.kept_for) {
		text_add_char(t, ',');
		text_add_moment(t, "kept_until", r->d.row.place.kept_until, dossier_zone(&r->d));
	}
}

static void journal(struct act_run *r, const struct act_input *in, enum kezek_state from)
{
	struct dossier *d = &r->d;
	struct event_row *e = dossier_event(d, act_name(r->act), in->effective_at, r->c);
	struct seal *seal = r->c->api->seal;
	_text_ t = TEXT_INIT;

	e->ground = in->ground;
	e->legal_basis = in->legal_basis;
	if (in->reason)
		seal_close(seal, d->key, &d->row.id, "reason", span_of(in->reason), &e->reason);
	if (in->note)
		seal_close(seal, d->key, &d->row.id, "text", span_of(in->note), &e->text);
	text_addf(&t, "{\"state\":\"%s\"", state_name(from));
	if (in->to_agency) {
		text_add_char(&t, ',');
		text_add_member(&t, "agency", r->from_agency);
	}
	text_add_char(&t, '}');
	e->before = pool_take(d->pool, &t);
	text_addf(&t, "{\"state\":\"%s\",", d->row.state);
	text_add_member(&t, "agency", d->row.agency);
	text_add_char(&t, ',');
	text_add_member(&t, "responsible", dossier_responsible(d));
	text_add_char(&t, ',');
	text_add_member(&t, "outcome", d->row.outcome);
	text_add_char(&t, ',');
	text_add_moment(&t, "due_at", d->row.due_at, dossier_zone(d));
	add_said(&t, r, in);
	text_add_char(&t, '}');
	e->after = pool_take(d->pool, &t);
}

static const struct act_kind *kind_of(const struct act_run *r)
{
	static const struct act_kind expiry = {.apply = act_apply_expiry};

	if (r->c->who.role == KEZEK_ROLE_COUNT && r->act != KEZEK_ACT_answered &&
		r->act != KEZEK_ACT_withdraw)
		return &expiry;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].act == r->act)
			return &kinds[i];
	}
	return NULL;
}

static int apply(struct act_run *r, struct act_input *in)
{
	const struct act_kind *kind = kind_of(r);
	const struct lifecycle_row *move;
	enum kezek_state from = r->d.state;

	json_reader_init(&in->reader, r->body, r->pointer, &r->faults);
	act_read_common(r, in);
	if (kind && kind->read)
		kind->read(r, in);
	json_reader_end(&in->reader);
	if (r->faults.count)
		return ACT_FAULTY;
	act_add_documents(r, in->documents);
	move = lifecycle_next(from, r->act, facts_of(r, in));
	if (!move)
		return ACT_NOT_OPEN;
	dossier_move(&r->d, move->to);
	if (kind)
		kind->apply(r, in);
	dossier_mirror(&r->d);
	journal(r, in, from);
	if (r->act == KEZEK_ACT_release && r->d.row.place.on_desk)
		act_add_desk_event(r);
	if (r->act != KEZEK_ACT_release) /* leases do not move the version */
		r->d.row.version++;
	return ACT_DONE;
}

int act_apply(struct act_run *r)
{
	struct act_input in = {.cure_by_at = MOMENT_NONE, .answer_by_at = MOMENT_NONE};
	int result;

	r->from_agency = r->d.row.agency;
	r->on_behalf_of = dossier_absent_holder(&r->d, r->c->who.name);
	dossier_refresh(&r->d);
	result = apply(r, &in);
	json_object_put(in.corrected);
	json_object_put(in.documents);
	text_done(&in.changed);
	return result;
}
