/* The members that every act takes: why, by what law, and when it happened. */
#include "daemon/api/act_input.h"

#define TEXT_MAX 2000

static int64_t later(int64_t at, int64_t now, int64_t than)
{
	return at > than && at - now < USEC_PER_SEC ? at : than;
}

/* Now; not before what is known already, though another daemon's reckoning of the clock wrote it.
 */
static int64_t now_of(struct dossier *d)
{
	int64_t at = later(d->row.updated_at, d->now, d->now);
	struct term_pause open;

	at = later(d->row.registered_at, d->now, at);
	for (int i = 0; i < d->deadline_count; i++)
		at = later(d->deadlines[i].started_at, d->now, at);
	return dossier_paused_find(d, &open) ? later(open.from_at, d->now, at) : at;
}

void act_read_common(struct act_run *r, struct act_input *in)
{
	const char *at;
	int reason;

	json_get_any(&in->reader, "claim", JSON_OPTIONAL);
	json_get_any(&in->reader, "fence", JSON_OPTIONAL);
	in->reason = json_get_string(&in->reader, "reason", JSON_OPTIONAL, TEXT_MAX);
	in->legal_basis = json_get_string(&in->reader, "legal_basis", JSON_OPTIONAL, 500);
	in->effective_at = now_of(&r->d);
	reason = json_get_enum(&in->reader, "backdate_reason", JSON_OPTIONAL, backdate_reason_wire,
		KEZEK_BACKDATE_REASON_COUNT);
	in->backdate_reason = reason >= 0 ? backdate_reason_wire[reason] : NULL;
	at = json_get_string(&in->reader, "effective_at", JSON_OPTIONAL, 40);
	if (!at)
		return;
	if (!moment_parse(span_of(at), &in->effective_at, NULL)) {
		json_reader_fault(
			&in->reader, "effective_at", WORD_reason_bad_format, "RFC 3339", NULL);
		in->effective_at = r->d.now;
	} else if (in->effective_at > r->d.now) {
		json_reader_fault(&in->reader, "effective_at", WORD_reason_in_future, NULL, NULL);
	} else if (r->d.now - in->effective_at > 2 * USEC_PER_MIN) {
		const struct calendar *c = book_agency_calendar(r->d.book, r->d.row.agency);

		if (!json_object_object_get(r->body, "backdate_reason"))
			json_reader_fault(
				&in->reader, "backdate_reason", WORD_reason_missing, NULL, NULL);
		if (!c || !r->d.service->max_backdate ||
			in->effective_at < r->d.row.registered_at ||
			!term_is_within(c, r->d.service->max_backdate, in->effective_at, r->d.now))
			json_reader_fault(
				&in->reader, "effective_at", WORD_reason_too_far_back, NULL, NULL);
	}
}
