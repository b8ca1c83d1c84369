/* Units, and pools of connections: which unit goes where, and when. */
#include <errno.h>

#include "daemon/db/link.h"
#include "daemon/metrics.h"

void unit_init(struct unit *u, void (*on_done)(struct unit *, enum unit_how))
{
	memset(u, 0, sizeof(*u));
	u->on_done = on_done;
}

struct params *unit_add(struct unit *u, enum statement statement)
{
	if (u->count == UNIT_STATEMENTS)
		abort();
	u->statement[u->count] = statement;
	return &u->params[u->count++];
}

void unit_done(struct unit *u)
{
	for (int i = 0; i < UNIT_STATEMENTS; i++) {
		params_done(&u->params[i]);
		PQclear(u->result[i]);
		u->result[i] = NULL;
	}
	u->count = u->answered = 0;
}

struct pg_result *unit_take(struct unit *u, int statement)
{
	struct pg_result *result = u->result[statement];

	u->result[statement] = NULL;
	return result;
}

size_t result_bytes(const struct pg_result *result)
{
	return PQresultMemorySize(result);
}

void result_free(struct pg_result *result)
{
	PQclear(result);
}

void pg_changed(struct pg *pg)
{
	int ready = 0;

	for (int i = 0; i < pg->link_count; i++)
		ready += pg->links[i].state == LINK_READY;
	metric_set(METRIC_database_connections, pg->options.name, ready);
	if (pg->options.on_change)
		pg->options.on_change(pg->options.arg);
}

static struct link *roomiest(const struct pg *pg)
{
	struct link *best = NULL;

	for (int i = 0; i < pg->link_count; i++) {
		struct link *k = &pg->links[i];

		if (k->state == LINK_READY && !k->broken && k->in_flight < pg->options.depth &&
			(!best || k->in_flight < best->in_flight))
			best = k;
	}
	return best;
}

void pg_pump(struct pg *pg)
{
	struct link *k;
	struct unit *u;

	while ((u = TAILQ_FIRST(&pg->waiting)) && (k = roomiest(pg))) {
		TAILQ_REMOVE(&pg->waiting, u, link);
		pg->waiting_count--;
		link_send(k, u);
	}
}

int pg_submit(struct pg *pg, struct unit *u)
{
	u->submitted_mono = loop_mono();
	if (!pg_is_ready(pg))
		return -ENOTCONN;
	if (pg->waiting_count >= pg->options.queue)
		return -EBUSY;
	TAILQ_INSERT_TAIL(&pg->waiting, u, link);
	pg->waiting_count++;
	pg_pump(pg);
	return 0;
}

bool pg_is_ready(const struct pg *pg)
{
	for (int i = 0; i < pg->link_count; i++) {
		if (pg->links[i].state == LINK_READY && !pg->links[i].broken)
			return true;
	}
	return false;
}

int64_t pg_waited(const struct pg *pg)
{
	const struct unit *u = TAILQ_FIRST(&pg->waiting);

	return u ? loop_mono() - u->submitted_mono : 0;
}

bool pg_has_room(const struct pg *pg)
{
	return TAILQ_EMPTY(&pg->waiting) && roomiest(pg);
}

int pg_new(struct loop *l, const struct pg_options *options, struct pg **ret)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	if (!pg)
		return -ENOMEM;
	pg->loop = l;
	pg->options = *options;
	pg->conninfo = strdup(options->conninfo);
	pg->links = calloc((size_t)options->connections, sizeof(*pg->links));
	TAILQ_INIT(&pg->waiting);
	if (!pg->conninfo || !pg->links) {
		pg_free(pg);
		return -ENOMEM;
	}
	pg->link_count = options->connections;
	for (int i = 0; i < pg->link_count; i++)
		link_init(&pg->links[i], pg);
	*ret = pg;
	return 0;
}

void pg_free(struct pg *pg)
{
	if (!pg)
		return;
	for (int i = 0; i < pg->link_count; i++)
		link_done(&pg->links[i]);
	free(pg->links);
	free(pg->conninfo);
	free(pg);
}
