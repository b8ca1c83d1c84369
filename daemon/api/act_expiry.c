/* Acts of the daemon: what the law does when nobody did in time (deadlines.md, Expiry; casework.md,
 * lapse). */
#include "daemon/api/act_input.h"

/* The deadline whose breach is carried out: the one that has passed and says so. */
static struct deadline_row *find_breached(struct dossier *d, enum kezek_act act)
{
	for (int i = 0; i < d->deadline_count; i++) {
		struct deadline_row *row = &d->deadlines[i];

		if (row->stopped_at == MOMENT_NONE && row->breached_at != MOMENT_NONE &&
			row->effect && strcmp(row->effect, act_name(act)) == 0)
			return row;
	}
	return NULL;
}

/* Silence decides at the due moment, not when the daemon came to it. */
static void decide_by_silence(struct act_run *r, int64_t at, const char *outcome)
{
	struct dossier *d = &r->d;
	struct deadline_row *decide = dossier_deadline_find(d, "decide");
	struct stage_facts facts;

	d->row.outcome = outcome;
	act_free_hold(r);
	if (decide)
		dossier_stop(d, decide, at);
	dossier_void_all(d, at);
	act_facts_begin(d, &facts);
	facts.decided_at = facts.stopped_at[KEZEK_DEADLINE_decide] = at;
	dossier_start_stages(d, &facts);
}

/* The cure lapsed, and the standard lets the work go on without it. */
static void resume(struct act_run *r, int64_t at)
{
	struct term_pause open;
	struct deadline_row *row = dossier_paused_find(&r->d, &open);

	if (row)
		dossier_resume(&r->d, row, at);
	if (json_object_object_get(r->d.content, "documents_wanted"))
		act_want_documents(r, NULL);
}

void act_apply_expiry(struct act_run *r, struct act_input *in)
{
	struct deadline_row *row = find_breached(&r->d, r->act);
	int64_t at = row ? row->breached_at : in->effective_at;

	in->effective_at = at;
	if (row) {
		dossier_stop(&r->d, row, at);
		row->effect = act_name(r->act); /* for the record */
	}
	switch (r->act) {
	case KEZEK_ACT_approve_tacitly:
		in->outcome = "granted";
		decide_by_silence(r, at, in->outcome);
		break;
	case KEZEK_ACT_deem_refused:
		in->outcome = "refused";
		decide_by_silence(r, at, in->outcome);
		break;
	case KEZEK_ACT_lapse:
		act_free_hold(r);
		dossier_void_all(&r->d, at);
		break;
	default:
		resume(r, at);
	}
}
