/* Claims whose answer could not be delivered: back to their queue, where another may wait for them.
 */
#include "daemon/api/claims.h"
#include "daemon/api/parking.h"

struct give_back {
	struct release_member m;
	struct api *api;
	char principal[NAME_SIZE], agency[NAME_SIZE];
};

static void on_given_back(struct member *base, enum member_result result)
{
	struct give_back *g = container_of(base, struct give_back, m.base);

	if (result == MEMBER_DONE) /* else the lease runs out */
		parking_wake(g->api->parking, g->agency, 1);
	free(g);
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
	g->api = a;
	if (batcher_submit(a->writes, &g->m.base) < 0)
		free(g);
}
