/* The new request that a submission makes: number, agency, state, deadlines, journal. */
#include <stdio.h>

#include "daemon/api/dossier_deadline.h"
#include "daemon/api/intake.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

static const struct zone *office_zone(const struct intake *in)
{
	const struct calendar *c = calendars_find(in->book->calendars, in->office->calendar);

	return c ? calendar_zone(c) : NULL;
}

int intake_local_year(const struct intake *in)
{
	return day_civil(zone_day(office_zone(in), in->now)).year;
}

static void add_part(json_object *to, const char *name, json_object *part)
{
	if (part)
		json_object_object_add(to, name, json_object_get(part));
}

/* For the slip, now and later: a ground of the standard and the clerk's own words. */
static json_object *refusal_of(const struct intake *in)
{
	json_object *refusal = json_made(json_object_new_object());

	json_put(refusal, "ground", json_made(json_object_new_string(in->refuse_ground)));
	if (in->refuse_reason)
		json_put(refusal, "reason", json_made(json_object_new_string(in->refuse_reason)));
	return refusal;
}

json_object *intake_content(const struct intake *in)
{
	json_object *content = json_object_new_object();

	add_part(content, "applicant", in->applicant);
	add_part(content, "form", in->form);
	if (in->documents)
		add_part(content, "documents", in->documents);
	else
		json_object_object_add(content, "documents", json_object_new_array());
	if (in->external_ref)
		json_object_object_add(
			content, "external_ref", json_object_new_string(in->external_ref));
	if (in->code[0])
		json_object_object_add(content, "code", json_object_new_string(in->code));
	if (in->refuse_ground)
		json_put(content, "refusal", refusal_of(in));
	return content;
}

static unsigned facts_of(const struct intake *in, const struct dossier *d)
{
	const struct document_standard *missing[1];
	unsigned facts = 0;

	if (dossier_missing(d, missing, 1))
		facts |= FACT_MISSING;
	if (in->service->incomplete == INCOMPLETE_PAUSE)
		facts |= FACT_PAUSES;
	if (in->service->payment == PAYMENT_BEFORE && in->variant->fee_tyiyn > 0)
		facts |= FACT_FEE;
	return facts;
}

/* The register deadline runs from receipt and stops with this registration. */
static void register_deadline(struct dossier *d)
{
	const struct stage *stage = service_stage_find(d->service, KEZEK_DEADLINE_register);
	const struct term_rule *rule = stage ? stage_rule(stage, d->variant) : NULL;
	struct deadline_row *row =
		rule ? dossier_start(d, KEZEK_DEADLINE_register, rule, d->row.received_at, NULL)
		     : NULL;

	if (row)
		dossier_stop(d, row, d->now);
}

/* Registered at once, and the clock waits for the documents. */
static void pause_for_documents(struct dossier *d)
{
	static const char ground[] = "documents_missing";
	const struct stage *decide = service_stage_find(d->service, KEZEK_DEADLINE_decide);
	const struct pause_standard *standard = decide ? stage_pause_find(decide, ground) : NULL;
	struct term_pause pause = dossier_new_pause(standard, ground, d->now);
	struct deadline_row *row = dossier_deadline_find(d, "decide");

	if (row)
		dossier_pause(d, row, &pause);
	dossier_start_until(
		d, KEZEK_DEADLINE_cure, service_cure(d->service, d->variant), d->now, MOMENT_NONE);
}

static void start_deadlines(const struct intake *in, struct dossier *d)
{
	struct stage_facts facts;

	register_deadline(d);
	if (d->state == KEZEK_STATE_refused)
		return;
	if (d->state == KEZEK_STATE_incomplete) {
		dossier_start_until(d, KEZEK_DEADLINE_cure, service_cure(d->service, d->variant),
			d->now, MOMENT_NONE);
		return;
	}
	stage_facts_init(&facts);
	facts.received_at = d->row.received_at;
	facts.registered_at = facts.complete_at = d->now;
	facts.stopped_at[KEZEK_DEADLINE_register] = d->now;
	if (d->state != KEZEK_STATE_awaiting_payment && in->route)
		facts.forwarded_at = d->now;
	if (in->service->payment == PAYMENT_NONE || !in->variant->fee_tyiyn)
		facts.paid_at = d->now;
	dossier_start_stages(d, &facts);
	if (d->state == KEZEK_STATE_paused)
		pause_for_documents(d);
}

static void fill_row(const struct intake *in, struct dossier *d, int64_t number)
{
	struct request_row *row = &d->row;
	char text[NAME_SIZE + 32];

	snprintf(text, sizeof(text), "%s-%lld/%02d", in->office->code, (long long)number,
		intake_local_year(in) % 100);
	row->id = uuid_new(d->now);
	row->number = pool_copy(d->pool, text);
	row->version = 1;
	row->agency = in->route ? in->route->agency->code : UNROUTED;
	row->office = in->office->code;
	row->service = in->service->code;
	row->service_version = in->service->version;
	row->variant = in->variant->code;
	row->channel = in->channel;
	row->territory = in->territory ? in->territory : in->office->territory->code;
	row->language = in->language;
	row->received_at = in->received_at == MOMENT_NONE ? d->now : in->received_at;
	row->registered_at = d->now;
	row->backdate_reason = in->backdate_reason;
	row->responsible = book_head(d->book, row->agency);
	if (!row->responsible)
		row->responsible = book_head(d->book, in->office->agency->code);
	row->updated_at = d->now;
}

void intake_compose(const struct intake *in, struct dossier *d, int64_t number)
{
	const struct lifecycle_row *move;

	d->service = in->service;
	d->variant = in->variant;
	d->content = intake_content(in);
	fill_row(in, d, number);
	dossier_follow_priority(d);
	if (!in->route) {
		metric_add(METRIC_unrouted_total, NULL, 1);
		log_event(LOG_LEVEL_WARNING, "unrouted", LOG_S("service", in->service->code),
			LOG_S("territory", d->row.territory));
	}
	move = lifecycle_next(LIFECYCLE_NEW,
		in->refuse_ground ? KEZEK_ACT_refuse : KEZEK_ACT_submit, facts_of(in, d));
	dossier_move(d, move->to);
	start_deadlines(in, d);
	if (d->state == KEZEK_STATE_refused)
		d->row.outcome = "refused";
	dossier_mirror(d);
	d->row.promised_due_on = d->row.due_on;
}

void intake_journal(const struct intake *in, struct dossier *d, const struct call *c)
{
	struct event_row *e;
	_text_ t = TEXT_INIT;

	d->row.submitted_by = pool_copy(d->pool, c->who.name);
	d->row.submitted_actor = pool_copy(d->pool, call_actor(c));
	e = dossier_event(d, in->refuse_ground ? "refuse" : "submit", d->row.received_at, c);
	e->ground = in->refuse_ground;
	if (in->refuse_reason)
		seal_close(c->api->seal, d->key, &d->row.id, "reason", span_of(in->refuse_reason),
			&e->reason);
	text_addf(&t, "{\"state\":\"%s\",", d->row.state);
	text_add_member(&t, "agency", d->row.agency);
	text_add_char(&t, ',');
	text_add_moment(&t, "due_at", d->row.due_at, dossier_zone(d));
	text_add_char(&t, '}');
	e->after = pool_take(d->pool, &t);
}
