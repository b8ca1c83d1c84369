/* From one sound line of an import to a request: its state, deadlines and journal, each judged at
 * its own moment. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/import_line.h"

static void fill_row(struct import_line *l)
{
	const struct intake *in = &l->in;
	struct request_row *row = &l->d.row;

	row->id = uuid_new(l->registered_at);
	row->number = l->number;
	row->version = 1;
	row->agency = l->agency->code;
	row->office = in->office->code;
	row->service = in->service->code;
	row->service_version = in->service->version;
	row->variant = in->variant->code;
	row->channel = in->channel;
	row->territory = in->territory ? in->territory : in->office->territory->code;
	row->language = in->language;
	row->received_at = in->received_at;
	row->registered_at = l->registered_at;
	row->responsible = l->agency->head;
	row->imported = true;
}

/* The facts of registration stand for those that a former system does not tell. */
static void known_facts(const struct import_line *l, struct stage_facts *facts)
{
	stage_facts_init(facts);
	facts->received_at = l->in.received_at;
	facts->registered_at = facts->complete_at = l->registered_at;
	facts->paid_at = facts->forwarded_at = l->registered_at;
	facts->stopped_at[KEZEK_DEADLINE_register] = l->registered_at;
}

static void judge_registration(struct import_line *l)
{
	const struct stage *stage = service_stage_find(l->d.service, KEZEK_DEADLINE_register);
	const struct term_rule *rule = stage ? stage_rule(stage, l->d.variant) : NULL;
	struct deadline_row *row =
		rule ? dossier_start(&l->d, KEZEK_DEADLINE_register, rule, l->in.received_at)
		     : NULL;

	if (row)
		dossier_stop(&l->d, row, l->registered_at);
}

/* The former system's date is lawful as it stands; where there is none, the standard's term gives
 * it. */
static void start_decide(struct import_line *l)
{
	const struct stage *stage = service_stage_find(l->d.service, KEZEK_DEADLINE_decide);
	const struct term_rule *rule = stage ? stage_rule(stage, l->d.variant) : NULL;
	struct deadline_row *row = NULL;
	struct stage_facts facts;
	int64_t start_at = MOMENT_NONE;

	known_facts(l, &facts);
	if (rule)
		start_at = stage_start(rule, KEZEK_DEADLINE_decide, &facts);
	if (start_at == MOMENT_NONE)
		start_at = l->registered_at;
	if (l->due_at != MOMENT_NONE)
		row = dossier_start_imported(&l->d, KEZEK_DEADLINE_decide, start_at, l->due_at);
	else if (rule)
		row = dossier_start(&l->d, KEZEK_DEADLINE_decide, rule, start_at);
	if (!row || row->due_at == MOMENT_NONE)
		l->oddities |= 1u << IMPORT_no_term;
}

/* The due moment, where it passed by then, comes before what came then. */
static void breach_by(struct import_line *l, int64_t at)
{
	struct deadline_row *row = dossier_deadline_find(&l->d, "decide");

	if (row)
		dossier_pass_over(&l->d, row, at);
}

/* The state that an act ends the case in; KEZEK_STATE_COUNT: it goes on. */
static enum kezek_state closing(enum kezek_act act)
{
	switch (act) {
	case KEZEK_ACT_decide:
	case KEZEK_ACT_approve_tacitly:
	case KEZEK_ACT_deem_refused:
		return KEZEK_STATE_closed;
	case KEZEK_ACT_refuse:
		return KEZEK_STATE_refused;
	case KEZEK_ACT_withdraw:
		return KEZEK_STATE_withdrawn;
	case KEZEK_ACT_lapse:
		return KEZEK_STATE_lapsed;
	default:
		return KEZEK_STATE_COUNT;
	}
}

static const char *outcome_of(const struct import_event *e)
{
	switch (e->act) {
	case KEZEK_ACT_decide:
		return e->outcome;
	case KEZEK_ACT_approve_tacitly:
		return "granted";
	case KEZEK_ACT_deem_refused:
	case KEZEK_ACT_refuse:
		return "refused";
	default:
		return NULL;
	}
}

/* A decision stops the clock at its moment; what ends otherwise leaves nothing to judge, but for a
 * lapse too late. */
static void stop_clock(struct import_line *l, const struct import_event *e, enum kezek_state state)
{
	struct deadline_row *row = dossier_deadline_find(&l->d, "decide");

	if (row && (state == KEZEK_STATE_closed ||
			   (state == KEZEK_STATE_lapsed && row->breached_at != MOMENT_NONE)))
		dossier_stop(&l->d, row, e->at);
	dossier_void_all(&l->d, e->at);
}

static void close_case(struct import_line *l, const struct import_event *e, enum kezek_state state)
{
	l->d.row.outcome = outcome_of(e);
	if (e->act == KEZEK_ACT_decide && !e->outcome)
		l->oddities |= 1u << IMPORT_outcome_unknown;
	if (e->at < l->in.received_at)
		l->oddities |= 1u << IMPORT_closed_before_receipt;
	stop_clock(l, e, state);
	dossier_move(&l->d, state);
	l->d.row.closed_at = e->at;
}

/* What has an effect on dates that this import does not work out. */
static bool is_not_judged(enum kezek_act act)
{
	return act == KEZEK_ACT_pause || act == KEZEK_ACT_resume || act == KEZEK_ACT_extend ||
	       act == KEZEK_ACT_forward || act == KEZEK_ACT_reopen;
}

static void add_code(struct text *t, const char *name, const char *value)
{
	if (!value)
		return;
	text_adds(t, t->len ? "," : "{");
	text_add_member(t, name, value);
}

/* What became of the case, and the codes of the act; NULL: nothing. */
static const char *after_of(struct import_line *l, const struct import_event *e, bool closes)
{
	_text_ t = TEXT_INIT;

	add_code(&t, "state", closes ? l->d.row.state : NULL);
	add_code(&t, "outcome", e->outcome);
	for (int i = 0; i < IMPORT_DETAIL_COUNT; i++)
		add_code(&t, import_details[i], e->details[i]);
	if (!t.len)
		return NULL;
	text_add_char(&t, '}');
	return pool_take(l->d.pool, &t);
}

static void seal_words(struct import_line *l, const struct call *c, const char *purpose,
	const char *words, struct text *ret)
{
	if (words && words[0])
		seal_close(c->api->seal, l->d.key, &l->d.row.id, purpose, span_of(words), ret);
}

/*
 * A hand-over or a notification may follow the decision, where the standard says so; a hand-over
 * then is what closes the case. All else after the closing is odd.
 */
static void look_behind(struct import_line *l, const struct import_event *e)
{
	struct request_row *row = &l->d.row;

	if (row->closed_at == MOMENT_NONE || e->at <= row->closed_at)
		return;
	if (l->d.state == KEZEK_STATE_closed &&
		stage_follows_decision(l->d.service, l->d.variant) &&
		(e->act == KEZEK_ACT_notify || e->act == KEZEK_ACT_hand_over)) {
		row->closed_at = e->act == KEZEK_ACT_hand_over ? e->at : row->closed_at;
		return;
	}
	l->oddities |= 1u << IMPORT_events_after_closing;
	l->events_after_closing++;
}

static void add_event(struct import_line *l, const struct call *c, const struct import_event *given)
{
	bool is_open = l->d.row.closed_at == MOMENT_NONE;
	enum kezek_state state = is_open ? closing(given->act) : KEZEK_STATE_COUNT;
	struct event_row *e;

	breach_by(l, given->at);
	look_behind(l, given);
	if (is_not_judged(given->act))
		l->oddities |= 1u << IMPORT_not_judged;
	if (state != KEZEK_STATE_COUNT)
		close_case(l, given, state);
	e = dossier_event(&l->d, given->kind, given->at, c);
	e->actor = given->actor;
	e->ground = given->ground;
	e->legal_basis = given->legal_basis;
	seal_words(l, c, "text", given->text, &e->text);
	seal_words(l, c, "reason", given->reason, &e->reason);
	e->after = after_of(l, given, state != KEZEK_STATE_COUNT);
}

/* The journal begins with the import itself, at the moment from which the case is known. */
static void add_first_event(struct import_line *l, const struct call *c)
{
	struct event_row *e = dossier_event(&l->d, "imported", l->registered_at, c);
	_text_ t = TEXT_INIT;

	text_add_char(&t, '{');
	text_add_member(&t, "agency", l->d.row.agency);
	text_add_char(&t, ',');
	text_add_moment(&t, "due_at", l->due_at, dossier_zone(&l->d));
	text_add_char(&t, '}');
	e->after = pool_take(l->d.pool, &t);
}

static void live_through(struct import_line *l, const struct call *c)
{
	struct dossier *d = &l->d;

	dossier_move(d, KEZEK_STATE_queued);
	add_first_event(l, c);
	judge_registration(l);
	start_decide(l);
	for (size_t i = 0; i < l->event_count; i++)
		add_event(l, c, &l->events[i]);
	breach_by(l, d->now);
	dossier_mirror(d);
	/* What the applicant was told is known only where the former system told it. */
	d->row.promised_due_on = l->due_at != MOMENT_NONE ? d->row.due_on : DAY_NONE;
}

static void fill_member(struct import_line *l, const struct call *c)
{
	struct open_member *m = &l->m;
	const struct request_row *row = &l->d.row;

	text_addf(&l->key, "%s/%s", row->agency, row->number);
	m->id = row->id;
	m->principal = c->who.name;
	m->actor = call_actor(c);
	m->key = l->key.data;
	m->number = row->number;
	m->registrar = row->agency;
	m->service = row->service;
	m->service_version = row->service_version;
	m->variant = row->variant;
	m->channel = row->channel;
	m->office = row->office;
	m->territory = row->territory;
	m->language = row->language;
	m->received_at = row->received_at;
	m->registered_at = row->registered_at;
	m->promised_due_on = row->promised_due_on;
	m->status = 201;
	m->generation = l->d.book->generation;
	dossier_state(&l->d, &m->state);
	m->lookup_count = intake_lookups(&l->in, c->api->seal, m->lookups);
}

void import_line_compose(struct import_line *l, struct call *c)
{
	struct dossier *d = &l->d;
	const char *content;

	dossier_init(d, c->api, l->in.book, l->in.now);
	l->has_dossier = true;
	d->service = l->in.service;
	d->variant = l->in.variant;
	d->content = intake_content(&l->in);
	fill_row(l);
	seal_make_key(c->api->seal, &d->row.id, d->key, &l->m.wrapped, &l->m.master);
	live_through(l, c);
	content = json_object_to_json_string_ext(
		d->content, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	seal_close(c->api->seal, d->key, &d->row.id, "content", span_of(content), &l->m.content);
	fill_member(l, c);
	dossier_changes(d, &l->m.changes);
}
