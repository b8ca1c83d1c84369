/* What the api of one daemon holds: caches of rows, connections, and the rest of the daemon's ears.
 */
#pragma once

#include "daemon/api/api.h"
#include "daemon/api/book.h"
#include "daemon/api/keys.h"
#include "daemon/db/members.h"
#include "daemon/seal.h"
#include "daemon/signer.h"
#include "lib/wire.h"

#define NAME_SIZE 64 /* of principals, agencies, offices: 63 bytes and the NUL */

/* One row of kezek.principal, as cached. */
struct principal {
	char name[NAME_SIZE], office[NAME_SIZE], agency[NAME_SIZE];
	enum kezek_role role;
	bool is_system, is_disabled;
	bool has_certificate, has_token;
	bool has_former; /* the certificate before this one, taken until former_until */
	uint8_t certificate[32], former[32], token[32];
	int64_t token_expires_at, created_at, disabled_at, former_until;
};

struct numbers;
struct parking;
struct give_backs;
struct recompute;
struct past;
struct own_acts;
struct links;
struct feed;
struct readings;
struct shelf;
struct courier;
struct deputies;

/* Somebody whose dates were computed by calendars that have changed. Embedded. */
struct book_waiter {
	/* Once, in a later turn. `is_newer`: the api's book is newer than `generation` now; else
	 * none came in time. */
	void (*on_book)(struct book_waiter *w, bool is_newer);
	int64_t generation, until_mono;
	TAILQ_ENTRY(book_waiter) link;
};
TAILQ_HEAD(book_waiter_list, book_waiter);

struct api {
	struct exchange_ops ops;
	struct loop *loop;
	const struct settings *settings;
	struct seal *seal;
	struct signer *signer;
	struct pg *reads;
	struct batcher *writes;
	struct pg *documents; /* connections that nothing but documents waits behind */
	int transfers;        /* documents on their way in and out */
	struct book *book;    /* NULL before the first load */
	struct principal *principals;
	size_t principal_count;
	unsigned principals_loads; /* how often they were loaded */
	int64_t generation[3];     /* principal, catalogue, calendar: as loaded */
	int64_t wanted[3];         /* as last seen in the database */
	int64_t sought[3];         /* what the load on its way was begun for */
	/* When what is cached was asked for, and when a writer last brought its own: older answers
	 * are dropped. */
	int64_t principals_asked, principals_written, book_asked;
	bool keys_fit; /* looked at before anything is loaded */
	struct key_use missing_key;
	struct deputies *deputies;
	bool loading, has_principals, has_test_clock, schema_is_right, draining;
	struct unit beat, load;
	struct timer beat_timer;
	int64_t beat_sent_mono;
	struct book_waiter_list waiters;
	struct timer waiters_timer;
	struct numbers *numbers;
	struct parking *parking;
	struct give_backs *give_backs;
	struct recompute *recompute;
	struct past *past;
	struct own_acts *own_acts;
	struct links *links;
	struct feed *feed;
	struct readings *readings;
	struct shelf *shelf;
	struct courier *courier; /* NULL until api_work */
	struct api_hooks hooks;
	void (*on_ready)(void *arg);
	void *on_ready_arg;
};

static inline void api_tell_due(const struct api *a, int64_t at)
{
	a->hooks.on_due(a->hooks.arg, at);
}

static inline void api_tell_lease(const struct api *a, int64_t at)
{
	a->hooks.on_lease(a->hooks.arg, at);
}

/* caches.c */
void caches_init(struct api *a);
void caches_done(struct api *a);
/* The beat's unit is free again. */
void api_beat_again(struct api *a, bool at_once);
/* `w->on_book` is set: see there. */
void book_await(struct api *a, struct book_waiter *w, int64_t generation);
/* Principals, catalogue, calendars and delegations anew: four statements, and what their rows are
 * for. */
void register_ask(struct unit *u);
void register_adopt(struct api *a, const struct unit *u);
/* who.c */
/* `wrote`: the unit changed them itself. An answer that was overtaken by a newer one is dropped. */
void principals_read(struct api *a, const struct unit *u, int statement, bool wrote);
