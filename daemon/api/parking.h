/*
 * Where long-polls wait for work, a bay an agency. Waiting costs nothing: a commit of ours wakes as
 * many as it brought work for; what other daemons committed is hinted at by them, and looked for
 * once a second behind that, in one small read for all.
 */
#pragma once

#include <sys/queue.h>

#include "daemon/api/inside.h"

struct bay;

/* A poll of work: embedded. It tries, and parks where it found nothing. */
struct parked {
	struct bay *bay;
	bool takes_anything; /* of its agency; else only some services, or one request */
	const char *person;  /* who is asking */
	void (*on_wake)(struct parked *p); /* parked no more: try again */
	/* Private. */
	enum { PARKED_AWAY, PARKED_WAITS, PARKED_TRIES } where;
	bool again; /* something came in while it tried: it may have looked before */
	TAILQ_ENTRY(parked) link;
};

struct parking *parking_new(struct api *a);
void parking_free(struct parking *lot);
void parked_init(struct parked *p, struct parking *lot, const char *agency, const char *person);
/* It looks for work now; parked_leave or parked_wait follows. */
void parked_try(struct parked *p);
/* It found nothing. False: something came in meanwhile, so that it is to try again. */
_must_check_ bool parked_wait(struct parked *p);
void parked_leave(struct parked *p);
/* `count` requests of this agency may wait now. */
void parking_wake(struct parking *lot, const char *agency, int count);
/* What this person had handed back waits for them alone. */
void parking_wake_person(struct parking *lot, const char *agency, const char *person);
/* A daemon that calls itself so has committed work: if it is another one, looks now. */
void parking_hint(struct parking *lot, const char *from);
/* All that wait are woken, to find that the daemon stops. */
void parking_drain(struct parking *lot);
