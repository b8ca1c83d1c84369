/* Acts that give a request to others: forward, reassign, escalate; and reopen, which gives it back
 * to work. */
#include <stdio.h>

#include "daemon/api/act_input.h"
#include "daemon/api/deputies.h"

static const struct principal *find_principal(const struct api *a, const char *name)
{
	for (size_t i = 0; i < a->principal_count; i++) {
		if (strcmp(a->principals[i].name, name) == 0 && !a->principals[i].is_disabled)
			return &a->principals[i];
	}
	return NULL;
}

static void start_forwarded(struct act_run *r, int64_t at)
{
	struct stage_facts facts;

	act_facts_begin(&r->d, &facts);
	facts.forwarded_at = at;
	dossier_start_stages(&r->d, &facts);
}

void act_read_forward(struct act_run *r, struct act_input *in)
{
	struct dossier *d = &r->d;
	char max[16];
	int channel = json_get_enum(
		&in->reader, "channel", JSON_OPTIONAL, channel_wire, KEZEK_CHANNEL_COUNT);

	in->to = channel >= 0 ? channel_wire[channel] : NULL;
	act_read_part(r, in);

	in->to_agency = json_get_string(&in->reader, "to_agency", JSON_REQUIRED, NAME_SIZE - 1);
	if (!in->to_agency)
		return;
	if (!catalogue_agency_find(d->book->catalogue, in->to_agency))
		json_reader_fault(
			&in->reader, "to_agency", WORD_reason_not_found, in->to_agency, NULL);
	else if (strcmp(in->to_agency, d->row.agency) == 0)
		json_reader_fault(
			&in->reader, "to_agency", WORD_reason_has_it, in->to_agency, NULL);
	if (d->row.hops >= d->service->max_hops) {
		snprintf(max, sizeof(max), "%d", d->service->max_hops);
		json_reader_fault(
			&in->reader, "to_agency", WORD_reason_forwarded_enough, max, NULL);
	}
}

/* The applicant is to be told of it, unless that has been done: `channel` says how. */
static void start_notice(struct act_run *r, struct act_input *in)
{
	struct deadline_row *notify = dossier_deadline_find(&r->d, "notify");

	if (in->to && notify)
		dossier_stop(&r->d, notify, in->effective_at);
	else if (!in->to && !notify && r->d.service->forward_notice)
		dossier_start(&r->d, KEZEK_DEADLINE_notify, r->d.service->forward_notice,
			in->effective_at, NULL);
}

/* Where the standard says so, the receiver's term begins anew; else it goes on. A part leaves the
 * rest where it is. */
void act_apply_forward(struct act_run *r, struct act_input *in)
{
	struct dossier *d = &r->d;
	struct deadline_row *forward = dossier_deadline_find(d, "forward");
	struct deadline_row *decide = dossier_deadline_find(d, "decide");
	const struct term_rule *rule = NULL, *cap;

	if (forward)
		dossier_stop(d, forward, in->effective_at);
	start_notice(r, in);
	if (in->part) {
		act_apply_part(r, in);
		return;
	}
	d->row.hops++;
	d->row.agency = in->to_agency;
	d->row.body_number = NULL; /* kept in kezek.former */
	act_free_hold(r);
	act_leave_desk(r);
	if (decide && d->service->forward_clock == FORWARD_RESTARTS &&
		dossier_rule(d, decide, &rule, &cap)) {
		dossier_void(d, decide, in->effective_at);
		dossier_start(d, KEZEK_DEADLINE_decide, rule, in->effective_at, NULL);
	}
	start_forwarded(r, in->effective_at);
}

/* Nothing new is given to somebody on leave: the fault names who stands in. */
static void check_present(
	struct act_run *r, struct act_input *in, const char *member, const char *agency)
{
	const char *deputy = deputy_find(r->d.api, agency, in->to_principal);

	if (deputy)
		json_reader_fault(
			&in->reader, member, WORD_reason_on_leave, in->to_principal, deputy);
}

void act_read_reassign(struct act_run *r, struct act_input *in)
{
	const char *agency;
	const struct principal *p;

	in->to_principal =
		json_get_string(&in->reader, "to_principal", JSON_OPTIONAL, NAME_SIZE - 1);
	in->to_agency = json_get_string(&in->reader, "to_agency", JSON_OPTIONAL, NAME_SIZE - 1);
	if (!in->to_principal && !in->to_agency)
		json_reader_fault(&in->reader, "to_principal", WORD_reason_missing, NULL, NULL);
	if (in->to_agency && !catalogue_agency_find(r->d.book->catalogue, in->to_agency))
		json_reader_fault(
			&in->reader, "to_agency", WORD_reason_not_found, in->to_agency, NULL);
	if (in->to_agency && r->c->who.agency[0] && strcmp(in->to_agency, r->c->who.agency) != 0)
		json_reader_fault(
			&in->reader, "to_agency", WORD_reason_not_yours, in->to_agency, NULL);
	if (!in->to_principal)
		return;
	agency = in->to_agency ? in->to_agency : r->d.row.agency;
	p = find_principal(r->c->api, in->to_principal);
	if (!p || p->role != KEZEK_ROLE_officer || strcmp(p->agency, agency) != 0)
		json_reader_fault(
			&in->reader, "to_principal", WORD_reason_not_found, in->to_principal, NULL);
	check_present(r, in, "to_principal", agency);
}

void act_apply_reassign(struct act_run *r, struct act_input *in)
{
	bool finds_its_way = !act_is_routed(&r->d);

	if (in->to_agency)
		r->d.row.agency = in->to_agency;
	act_free_hold(r);
	act_leave_desk(r);
	if (finds_its_way && act_is_routed(&r->d) && r->d.state != KEZEK_STATE_awaiting_payment)
		start_forwarded(r, in->effective_at);
	if (!in->to_principal)
		return;
	r->d.row.responsible = in->to_principal;
	if (r->d.state == KEZEK_STATE_in_work) {
		r->member.hold = HOLD_CUSTODY;
		r->member.holder = in->to_principal;
		r->member.holder_actor = NULL;
		r->d.row.has_claim = true;
		r->d.row.holder = in->to_principal;
		r->d.row.holder_actor = r->d.row.worker = NULL;
		r->d.row.lease_until = MOMENT_NONE;
	}
}

/* To a supervisor, or an officer of the agency (its head, its deputy): whom the standard does not
 * name. */
void act_read_escalate(struct act_run *r, struct act_input *in)
{
	const struct principal *p;

	in->to_principal = json_get_string(&in->reader, "to", JSON_REQUIRED, NAME_SIZE - 1);
	p = in->to_principal ? find_principal(r->c->api, in->to_principal) : NULL;
	if (in->to_principal &&
		(!p || (p->role != KEZEK_ROLE_officer && p->role != KEZEK_ROLE_supervisor) ||
			(p->agency[0] && strcmp(p->agency, r->d.row.agency) != 0)))
		json_reader_fault(&in->reader, "to", WORD_reason_not_found, in->to_principal, NULL);
	check_present(r, in, "to", r->d.row.agency);
}

/* Who holds it goes on holding it; somebody higher answers for it, and in a queue it comes first.
 */
void act_apply_escalate(struct act_run *r, struct act_input *in)
{
	r->d.row.responsible = in->to_principal;
	r->d.row.place.priority = KEZEK_PRIORITY_urgent;
	in->to = in->to_principal;
}

void act_read_reopen(struct act_run *r, struct act_input *in)
{
	(void)r;
	if (!in->reason)
		json_reader_fault(&in->reader, "reason", WORD_reason_missing, NULL, NULL);
}

/* What still ran is void; the term to decide begins anew, and what follows it with the new
 * decision. */
void act_apply_reopen(struct act_run *r, struct act_input *in)
{
	struct dossier *d = &r->d;
	const struct stage *stage = service_stage_find(d->service, KEZEK_DEADLINE_decide);
	const struct term_rule *rule = stage ? stage_rule(stage, d->variant) : NULL;

	dossier_void_all(d, in->effective_at);
	d->row.outcome = NULL;
	act_free_hold(r);
	act_leave_desk(r);
	dossier_follow_priority(d);
	if (rule)
		dossier_start(d, KEZEK_DEADLINE_decide, rule, in->effective_at, NULL);
	dossier_mirror(d);
}
