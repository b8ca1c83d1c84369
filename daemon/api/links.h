/* Requests that come of acts on others: opened by the daemon, from what the act left in kezek.link.
 */
#pragma once

#include <sys/queue.h>

struct api;
struct links;

/* Somebody who waits for what an act has left to be opened. Embedded. */
struct link_waiter {
	void (*on_open)(struct link_waiter *w); /* once, in a later turn; or it could not be now */
	TAILQ_ENTRY(link_waiter) link;
};

struct links *links_new(struct api *a);
void links_free(struct links *l);
/* Something is to be opened, or may be: looks now. */
void links_look(struct links *l);
/* The same; `w->on_open` is set. */
void links_await(struct links *l, struct link_waiter *w);
