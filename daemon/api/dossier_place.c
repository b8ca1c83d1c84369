/* How a request stands in its queue: priority, for whom it is kept, whether it lies on the desk. */
#include "daemon/api/dossier.h"

void dossier_follow_priority(struct dossier *d)
{
	d->row.place.priority = d->variant ? d->variant->priority : KEZEK_PRIORITY_normal;
}

void dossier_judge_place(struct dossier *d)
{
	struct queue_place *place = &d->row.place;

	if (!d->row.has_place)
		dossier_follow_priority(d);
	if (place->kept_until != MOMENT_NONE && place->kept_until > d->now)
		return;
	place->kept_for = NULL;
	place->kept_until = MOMENT_NONE;
}

void dossier_write_place(struct text *t, const struct dossier *d)
{
	const struct queue_place *place = &d->row.place;

	text_addf(t, ",\"priority\":\"%s\",\"on_desk\":%s,\"handed_back\":%d,\"kept\":",
		priority_name(place->priority), place->on_desk ? "true" : "false",
		place->handed_back);
	if (!place->kept_for) {
		text_adds(t, "null");
		return;
	}
	text_add_char(t, '{');
	text_add_member(t, "for", place->kept_for);
	text_add_char(t, ',');
	text_add_moment(t, "until", place->kept_until, dossier_zone(d));
	text_add_char(t, '}');
}
