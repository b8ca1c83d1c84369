/* Handing a request back: to anybody, to oneself for a while, or to the supervisor's desk. */
#include "daemon/api/act_input.h"

#define KEEP_MAX_S 86400

void act_read_release(struct act_run *r, struct act_input *in)
{
	(void)r;
	json_get_int64(&in->reader, "keep_for_seconds", JSON_OPTIONAL, 1, KEEP_MAX_S,
		&in->keep_for_seconds);
}

/* Leases that run out count as well (kezek.expire_leases, which compares the same way). */
static bool is_for_desk(struct act_run *r)
{
	struct queue_place *place = &r->d.row.place;
	int limit = r->c->api->settings->hand_back_limit;

	if (place->handed_back < INT16_MAX)
		place->handed_back++;
	return limit > 0 && place->handed_back > limit;
}

void act_apply_release(struct act_run *r, struct act_input *in)
{
	struct request_row *row = &r->d.row;
	const char *person = row->holder_actor ? row->holder_actor : row->holder;

	act_free_hold(r);
	row->place.on_desk = is_for_desk(r);
	if (!in->keep_for_seconds || row->place.on_desk)
		return;
	row->place.kept_for = person;
	row->place.kept_until = r->d.now + in->keep_for_seconds * USEC_PER_SEC;
}

void act_leave_desk(struct act_run *r)
{
	r->d.row.place.handed_back = 0;
	r->d.row.place.on_desk = false;
}

void act_add_desk_event(struct act_run *r)
{
	struct dossier *d = &r->d;
	struct event_row *e = dossier_event(d, "desk", d->now, NULL);
	_text_ t = TEXT_INIT;

	text_addf(&t, "{\"state\":\"%s\",\"handed_back\":%d}", d->row.state,
		d->row.place.handed_back);
	e->after = pool_take(d->pool, &t);
}
