/* What an act that is stored sets in motion. */
#include "daemon/api/act.h"
#include "daemon/api/feed.h"
#include "daemon/api/parking.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

/* A due moment passed while the state let nothing follow of it; now it may. */
static bool is_awaiting_effect(const struct dossier *d)
{
	for (int i = 0; i < d->deadline_count; i++) {
		const struct deadline_row *row = &d->deadlines[i];

		if (row->stopped_at == MOMENT_NONE && row->breached_at != MOMENT_NONE &&
			row->effect)
			return true;
	}
	return false;
}

/* Somebody else is to act on what this act means for linked requests: links.sql says who and how.
 */
static void spread_links(struct act_run *r)
{
	bool ended = state_is_final(r->d.state) || r->d.state == KEZEK_STATE_decided;

	if (r->act == KEZEK_ACT_answered || (ended && (r->d.link_count || r->d.parent.number)))
		api_expire(r->c->api);
}

static void spread_queued(struct api *a, const struct request_row *row)
{
	if (row->place.on_desk)
		return;
	if (!row->place.kept_for) {
		parking_wake(a->parking, row->agency, 1);
		return;
	}
	api_tell_lease(a, row->place.kept_until);
	parking_wake_person(a->parking, row->agency, row->place.kept_for);
}

void act_spread(struct act_run *r)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(&r->d.row.id, id);
	metric_add(METRIC_acts_total, act_name(r->act), 1);
	log_event(LOG_LEVEL_INFO, "act", LOG_S("request_id", r->c->x ? r->c->x->request_id : NULL),
		LOG_S("request", id), LOG_S("act", act_name(r->act)),
		LOG_S("state", r->d.row.state), LOG_S("principal", r->c->who.name));
	if (r->d.state == KEZEK_STATE_queued)
		spread_queued(r->c->api, &r->d.row);
	for (int i = 0; i < r->member.changes.deadline_count; i++)
		api_tell_due(r->c->api, r->member.changes.deadlines[i].fire_at);
	if (is_awaiting_effect(&r->d))
		api_expire(r->c->api);
	spread_links(r);
	feed_tell(r->c->api);
}
