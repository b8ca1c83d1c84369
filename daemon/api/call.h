/* One request on its way through api: who asks, what for, and how it is answered. */
#pragma once

#include "daemon/api/answer.h"
#include "daemon/api/inside.h"
#include "daemon/api/route_table.h"
#include "lib/json.h"

struct call;

#define KEY_SIZE 129 /* Idempotency-Key: 1–128 visible ASCII */

/* What a call tells of persons: its line of the access log, and the reply that waits for it. */
struct told {
	struct access_member line;
	struct text query, body;
	const char *type;
	int status;
	bool always; /* a line even where nobody's data was told */
	void (*then)(struct call *c);
};

struct call {
	struct api *api;
	struct exchange *x;
	const struct route_entry *route;
	char segment[SEGMENTS_MAX][128]; /* what the braces matched, in order */
	struct principal who;            /* a copy: the cache may be reloaded meanwhile */
	char actor[NAME_SIZE];           /* "" where none was named */
	char key[KEY_SIZE];              /* "" where none was given */
	uint8_t fingerprint[FINGERPRINT_SIZE];
	struct book *book; /* held */
	json_object *body; /* NULL where there is none */
	size_t tree;       /* bytes that it takes, in the memory account */
	struct unit unit;  /* for handlers that read */
	struct told told;  /* access_log.h */
	void *state;       /* the handler's own */
	void (*free_state)(void *state);
	void (*on_gone)(struct call *c);        /* the client left while the handler waited */
	void (*on_undelivered)(struct call *c); /* at the end: it left before the reply was out */
	enum lang lang;
};

/* caches.c: what the call recorded is asked for at once; `on_done` adopts it. False: not now. */
bool register_reload(struct call *c, void (*on_done)(struct unit *u, enum unit_how how));
/* The call goes on by the api's newest book. What it borrowed of the former one is gone. */
void call_renew_book(struct call *c);
/* services.c: the day by which services and routes are in force, where no office tells another. */
int32_t call_today(const struct call *c);
const char *call_actor(const struct call *c); /* NULL where none */
/* Who acts: the person, where a system does it for one; else the principal. */
const char *call_person(const struct call *c);
struct viewer call_viewer(const struct call *c);
/* state of `size` zeroed bytes, freed with the call by free() or `free_state`. */
void *call_state(struct call *c, size_t size, void (*free_state)(void *state));

/* Reading in the caller's scope: the unit begins with kezek.enter(). */
struct params *call_read(struct call *c, enum statement statement);
/* Submits the unit; on failure the call is answered. `on_done` gets the unit; use call_of_unit. */
void call_send(struct call *c, void (*on_done)(struct unit *u, enum unit_how how));
struct call *call_of_unit(struct unit *u);
/* In on_done: true when the unit is done and the principal still may; else the call has been
 * answered. */
bool call_entered(struct call *c, enum unit_how how);

/* The id in the path; false: answered with 404. */
bool call_id(struct call *c, struct uuid *ret);
/* The query parameter, decoded into `ret`; false when absent. */
bool call_query(struct call *c, const char *name, struct text *ret);
/* 0, 1, false or true; false where it is not given. Returns false: answered. */
bool call_query_flag(struct call *c, const char *name, bool *ret);
/* Every query parameter must be one of these (NULL-terminated), given once; else the call is
 * answered. */
bool call_query_check(struct call *c, const char *const names[]);

/* who.c */
/* True, or the call is answered: 401 and 403. */
bool call_authenticate(struct call *c);
/* By the principals as they are known now: until when what the call came with is that principal's,
 * in the same scope. MOMENT_NONE: no end is known; INT64_MIN: it is not any more. */
int64_t call_lasts_until(const struct call *c);
/* The person behind a system, the key, the fingerprint's start: headers that routes ask for. */
bool call_headers(struct call *c);
