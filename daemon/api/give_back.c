/*
 * Claims whose answer could not be delivered: back to their queue, where another may wait for them.
 * Nobody else knows that they are held, so where PostgreSQL cannot be told now it is told later,
 * as long as the lease runs.
 */
#include "daemon/api/claims.h"
#include "daemon/api/parking.h"

#define AGAIN_US    (1000 * 1000LL)
#define FAREWELL_US (2 * 1000 * 1000LL) /* for the last of them, once nobody is served any more */

struct give_back {
	struct release_member m;
	struct give_backs *all;
	char principal[NAME_SIZE], agency[NAME_SIZE];
	int64_t lease_until;
	bool is_sent;
	TAILQ_ENTRY(give_back) link;
};

struct give_backs {
	struct api *api;
	TAILQ_HEAD(, give_back) list;
	struct timer again, farewell;
	bool is_stopping;
};

static void on_farewell(struct timer *t)
{
	struct give_backs *all = container_of(t, struct give_backs, farewell);

	loop_stop(all->api->loop);
}

static void again(struct give_backs *all)
{
	if (!timer_is_set(&all->again))
		timer_set(&all->again, AGAIN_US);
}

static void end(struct give_back *g)
{
	struct give_backs *all = g->all;

	TAILQ_REMOVE(&all->list, g, link);
	free(g);
	if (all->is_stopping && TAILQ_EMPTY(&all->list))
		timer_set(&all->farewell, 0);
}

static void on_given_back(struct member *base, enum member_result result)
{
	struct give_back *g = container_of(base, struct give_back, m.base);

	g->is_sent = false;
	switch (result) {
	case MEMBER_AWAY:
	case MEMBER_UNKNOWN:
	case MEMBER_DISK_FULL:
		again(g->all);
		return;
	case MEMBER_DONE:
		parking_wake(g->all->api->parking, g->agency, 1);
		_fallthrough_;
	default: /* no longer held, or not to be told at all: then the lease runs out */
		end(g);
	}
}

static void hand_in(struct give_back *g)
{
	g->is_sent = batcher_submit(g->all->api->writes, &g->m.base) == 0;
	if (!g->is_sent)
		again(g->all);
}

static void on_again(struct timer *t)
{
	struct give_backs *all = container_of(t, struct give_backs, again);
	struct give_back *g, *next;

	for (g = TAILQ_FIRST(&all->list); g; g = next) {
		next = TAILQ_NEXT(g, link);
		if (!g->is_sent && g->lease_until <= loop_now(all->api->loop))
			end(g);
		else if (!g->is_sent)
			hand_in(g);
	}
}

void claim_give_back(struct api *a, const struct principal *who, const struct claimed_row *claimed)
{
	struct give_back *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->m.base.kind = &batch_release;
	g->m.base.on_done = on_given_back;
	g->m.base.lock = claimed->request;
	memcpy(g->principal, who->name, sizeof(g->principal));
	memcpy(g->agency, who->agency, sizeof(g->agency));
	g->m.principal = g->principal;
	g->m.claim = claimed->claim;
	g->m.fence = claimed->fence;
	g->lease_until = claimed->lease_until;
	g->all = a->give_backs;
	TAILQ_INSERT_TAIL(&g->all->list, g, link);
	hand_in(g);
}

struct give_backs *give_backs_new(struct api *a)
{
	struct give_backs *all = calloc(1, sizeof(*all));

	if (!all)
		abort();
	all->api = a;
	TAILQ_INIT(&all->list);
	timer_init(&all->again, a->loop, on_again);
	timer_init(&all->farewell, a->loop, on_farewell);
	return all;
}

void give_backs_finish(struct give_backs *all)
{
	all->is_stopping = true;
	timer_set(&all->farewell, TAILQ_EMPTY(&all->list) ? 0 : FAREWELL_US);
}

void give_backs_free(struct give_backs *all)
{
	struct give_back *g;

	if (!all)
		return;
	while ((g = TAILQ_FIRST(&all->list))) {
		TAILQ_REMOVE(&all->list, g, link);
		free(g);
	}
	timer_done(&all->again);
	timer_done(&all->farewell);
	free(all);
}
