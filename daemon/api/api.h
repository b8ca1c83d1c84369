/* What requests mean: routes, who may, and one file a resource. One per daemon. */
#pragma once

#include "daemon/net/exchange.h"
#include "daemon/settings.h"

struct api;

/*
 * Connects to PostgreSQL (and goes on trying), loads what it keeps in memory, starts the timers'
 * jobs. `settings` must outlive it. 0, or -errno with the reason logged.
 */
_must_check_ int api_new(struct loop *l, const struct settings *settings, struct api **ret);
/* Takes its part in long work and in webhooks, connected as kezek_jobs by `conninfo`. 0, or -errno.
 */
_must_check_ int api_work(struct api *a, const char *conninfo);
/* Timers live elsewhere: api tells them what it made. Set once, before the loop runs. */
struct api_hooks {
	void (*on_due)(void *arg, int64_t at);   /* a deadline will fire then */
	void (*on_lease)(void *arg, int64_t at); /* a lease will run out then */
	/* Rows stand under a key that this daemon was not given: it must not serve. */
	void (*on_unfit)(void *arg);
	void *arg;
};
void api_set_hooks(struct api *a, const struct api_hooks *hooks);
/* `count` requests of this agency wait again: as many parked polls try. */
void api_wake(struct api *a, const char *agency, int count);
/* Due moments have passed after which the daemon itself acts, or may have. */
void api_expire(struct api *a);
/* For server_new. */
const struct exchange_ops *api_ops(struct api *a);
/* Called once, when the first database round trip has worked and catalogue and calendars are
 * loaded. */
void api_on_ready(struct api *a, void (*on_ready)(void *arg), void *arg);
/*
 * Stopping: long-polls are answered empty at once, new work is refused with 503 `stopping`. Running
 * exchanges finish; then server_drain's on_empty comes.
 */
void api_drain(struct api *a);
/* After it: what exchanges have left behind is written, then the loop stops. */
void api_finish(struct api *a);
void api_free(struct api *a);
/* Ready to serve: database, schema version, caches. */
bool api_is_live(const struct api *a);
/* Something was recorded: look at the generations now, not at the next heartbeat. */
void api_refresh(struct api *a);
/* `kezekd --print-routes`: METHOD<tab>path a line. */
void api_print_routes(struct text *t);
