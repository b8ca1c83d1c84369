/* A request in the hand: its journal, its moves, and into a batch. */
#include "daemon/api/dossier_deadline.h"

void dossier_init(struct dossier *d, struct api *a, struct book *b, int64_t now)
{
	memset(d, 0, offsetof(struct dossier, deadlines));
	d->api = a;
	d->book = book_ref(b);
	d->pool = pool_new();
	d->now = now;
	d->row.due_at = d->row.closed_at = d->row.lease_until = MOMENT_NONE;
	d->row.due_on = d->row.promised_due_on = DAY_NONE;
	d->row.place.priority = KEZEK_PRIORITY_normal;
	d->row.place.kept_until = MOMENT_NONE;
}

void dossier_done(struct dossier *d)
{
	for (int i = 0; i < d->event_count; i++) {
		text_done(&d->events[i].reason);
		text_done(&d->events[i].text);
	}
	free(d->events);
	for (int i = 0; i < d->link_count; i++)
		text_done(&d->links[i].about);
	json_object_put(d->content);
	pool_free(d->pool);
	book_unref(d->book);
	secret_forget(d->key, sizeof(d->key));
	memset(d, 0, offsetof(struct dossier, deadlines));
}

struct event_row *dossier_event(
	struct dossier *d, const char *kind, int64_t occurred_at, const struct call *c)
{
	struct event_row *e;

	if (d->event_count == d->event_room) {
		d->event_room = d->event_room ? 2 * d->event_room : DOSSIER_EVENTS_MAX;
		d->events = realloc(d->events, (size_t)d->event_room * sizeof(*d->events));
		if (!d->events)
			abort();
	}
	e = &d->events[d->event_count++];
	*e = (struct event_row){
		.seq = ++d->row.seq,
		.id = uuid_new(d->now),
		.kind = kind,
		.occurred_at = occurred_at,
		.principal = c ? pool_copy(d->pool, c->who.name) : "kezekd",
		.actor = c ? pool_copy(d->pool, call_actor(c)) : NULL,
	};
	return e;
}

void dossier_move(struct dossier *d, enum kezek_state state)
{
	if (!state_is_final(state))
		d->row.closed_at = MOMENT_NONE;
	else if (d->row.closed_at == MOMENT_NONE)
		d->row.closed_at = d->now;
	d->state = state;
	d->row.state = state_name(state);
}

void dossier_open(struct dossier *d, struct open_member *m)
{
	const struct request_row *row = &d->row;

	m->id = row->id;
	m->number = row->number;
	m->service = row->service;
	m->service_version = row->service_version;
	m->variant = row->variant;
	m->channel = row->channel;
	m->office = row->office;
	m->territory = row->territory;
	m->language = row->language;
	m->received_at = row->received_at;
	m->registered_at = row->registered_at;
	m->backdate_reason = row->backdate_reason;
	m->promised_due_on = row->promised_due_on;
	m->generation = d->book->generation;
	dossier_state(d, &m->state);
	dossier_changes(d, &m->changes);
}

const struct deadline_row *dossier_main(const struct dossier *d)
{
	const struct deadline_row *decide = NULL, *consult = NULL;

	for (int i = 0; i < d->deadline_count; i++) {
		if (strcmp(d->deadlines[i].kind, "decide") == 0)
			decide = &d->deadlines[i];
		else if (strcmp(d->deadlines[i].kind, "consult") == 0)
			consult = &d->deadlines[i];
	}
	return decide ? decide : consult;
}

void dossier_mirror(struct dossier *d)
{
	const struct deadline_row *decide = dossier_main(d);

	d->row.due_at = decide ? decide->due_at : MOMENT_NONE;
	d->row.due_on = decide ? decide->due_on : DAY_NONE;
	d->row.provisional = decide && decide->provisional;
	d->row.decide = decide ? decide->state : NULL;
}

void dossier_state(const struct dossier *d, struct state_row *ret)
{
	*ret = (struct state_row){
		.version = d->row.version,
		.seq = d->row.seq,
		.state = d->row.state,
		.agency = d->row.agency,
		.responsible = d->row.responsible,
		.due_at = d->row.due_at,
		.due_on = d->row.due_on,
		.provisional = d->row.provisional,
		.decide = d->row.decide,
		.outcome = d->row.outcome,
		.body_number = d->row.body_number,
		.closed_at = d->row.closed_at,
		.hops = d->row.hops,
		.place = d->row.place,
	};
}

void dossier_changes(struct dossier *d, struct changes *ret)
{
	ret->deadline_count = 0;
	for (int i = 0; i < d->deadline_count; i++) {
		if (d->changed[i])
			ret->deadlines[ret->deadline_count++] = d->deadlines[i];
	}
	ret->events = d->events;
	ret->event_count = d->event_count;
	d->events = NULL;
	d->event_count = d->event_room = 0;
}

bool dossier_is_question(const struct dossier *d)
{
	return d->parent.number && strcmp(d->parent.kind, "consult") == 0;
}

bool dossier_is_overdue(const struct dossier *d)
{
	return !state_is_final(d->state) && d->row.decide &&
	       strcmp(d->row.decide, "running") == 0 && d->row.due_at <= d->now;
}

const struct zone *dossier_zone(const struct dossier *d)
{
	return book_zone(d->book, d->row.agency);
}
