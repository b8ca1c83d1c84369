/* One request on its way through api: who asks, what for, and how it is answered. */
#pragma once

#include "daemon/api/api.h"
#include "daemon/api/book.h"
#include "daemon/db/records.h"
#include "daemon/seal.h"
#include "lib/access.h"
#include "lib/json.h"
#include "lib/problem.h"

#define NAME_SIZE 64  /* of principals, agencies, offices: 63 bytes and the NUL */
#define KEY_SIZE  129 /* Idempotency-Key: 1–128 visible ASCII */

/* One row of kezek.principal, as cached. */
struct principal {
	char name[NAME_SIZE], office[NAME_SIZE], agency[NAME_SIZE];
	enum kezek_role role;
	bool is_system, is_disabled;
	bool has_certificate, has_token;
	uint8_t certificate[32], token[32];
	int64_t token_expires_at, created_at, disabled_at;
};

struct numbers;
struct parking;

struct api {
	struct exchange_ops ops;
	struct loop *loop;
	const struct settings *settings;
	struct seal *seal;
	struct pg *reads;
	struct batcher *writes;
	struct book *book; /* NULL before the first load */
	struct principal *principals;
	size_t principal_count;
	int64_t generation[3]; /* principal, catalogue, calendar: as loaded */
	int64_t wanted[3];     /* as last seen in the database */
	int64_t sought[3];     /* what the load on its way was begun for */
	bool loading, has_principals, has_test_clock, schema_is_right, draining;
	int64_t last_beat_mono; /* of the last heartbeat that came back */
	struct unit beat, load;
	struct timer beat_timer;
	int64_t beat_sent_mono;
	struct numbers *numbers;
	struct parking *parking;
	struct api_hooks hooks;
	void (*on_ready)(void *arg);
	void *on_ready_arg;
};

/* Path variables and flags of a route. */
enum route_flags {
	ROUTE_BODY = 1 << 0,         /* takes a JSON body */
	ROUTE_BULK = 1 << 1,         /* takes a large body: catalogue, calendars, imports */
	ROUTE_KEY = 1 << 2,          /* Idempotency-Key required */
	ROUTE_KEY_OPTIONAL = 1 << 3, /* may be given */
	ROUTE_ACTOR = 1 << 4,        /* a system names the person it acts for */
	ROUTE_OPEN = 1 << 5,         /* nobody needs to be known */
	ROUTE_NDJSON = 1 << 6,       /* the body is NDJSON, read by the handler */
	ROUTE_NO_BODY_OK = 1 << 7,   /* an empty body stands for {} */
};

struct call;

struct route_entry {
	enum http1_method method;
	const char *path; /* segments in braces match any one segment */
	enum access_action action;
	unsigned flags;
	void (*begin)(struct call *c);
};

#define SEGMENTS_MAX 3

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
	struct unit unit;  /* for handlers that read */
	void *state;       /* the handler's own */
	void (*free_state)(void *state);
	void (*on_gone)(struct call *c);        /* the client left while the handler waited */
	void (*on_undelivered)(struct call *c); /* at the end: it left before the reply was out */
	enum lang lang;
};

const char *call_actor(const struct call *c); /* NULL where none */
struct viewer call_viewer(const struct call *c);
/* state of `size` zeroed bytes, freed with the call by free() or `free_state`. */
void *call_state(struct call *c, size_t size, void (*free_state)(void *state));

/* Replies. Each ends the call: nothing may touch it afterwards. */
void answer_json(struct call *c, int status, struct text *body);
void answer_problem(struct call *c, enum kezek_problem problem, const char *detail);
/* The most telling code: that of the faults where they agree, else `malformed`; content faults give
 * way. */
enum kezek_problem faults_problem(const struct faults *faults);
/* 400 when a fault is of shape, else 422; more precise codes where all faults are of one kind. */
void answer_faults(struct call *c, const struct faults *faults);
/* A query parameter that is wrong: 400 bad_parameter naming it. */
void answer_bad_parameter(struct call *c, const char *name, enum word reason, const char *detail);
/* 409 act_not_open, with open_acts. */
void answer_not_open(struct call *c, enum kezek_state state);
/* 412 with the current version. */
void answer_stale(struct call *c, int version);
/* 503: `r` is what pg_submit or batcher_submit answered. */
void answer_away(struct call *c, int r);
/* A unit that did not end in UNIT_DONE. */
void answer_unit(struct call *c, enum unit_how how);
/* A member that did not end in MEMBER_DONE, MEMBER_DUPLICATE or MEMBER_CONFLICT. */
void answer_member(struct call *c, enum member_result result);
/* The stored answer, or 422 when the key was used with another body. */
void answer_stored(struct call *c, const struct stored_answer *stored);

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
/* Every query parameter must be one of these (NULL-terminated), given once; else the call is
 * answered. */
bool call_query_check(struct call *c, const char *const names[]);

static inline void api_tell_due(const struct api *a, int64_t at)
{
	a->hooks.on_due(a->hooks.arg, at);
}

static inline void api_tell_lease(const struct api *a, int64_t at)
{
	a->hooks.on_lease(a->hooks.arg, at);
}

/* api.c: principals, catalogue and calendars anew: three statements, and what their rows are for.
 */
void register_ask(struct unit *u);
void register_adopt(struct api *a, const struct unit *u);

/* who.c */
/* True, or the call is answered: 401 and 403. */
bool call_authenticate(struct call *c);
/* The person behind a system, the key, the fingerprint's start: headers that routes ask for. */
bool call_headers(struct call *c);
void principals_read(struct api *a, const struct unit *u, int statement);

/* route_table.c */
extern const struct route_entry routes[];
extern const size_t route_count;
/* The route of a path and method; *ret_known: the path exists with another method. */
const struct route_entry *route_match(enum http1_method method, const char *path,
	char ret_segments[SEGMENTS_MAX][128], bool *ret_known);
/* The methods that a known path takes, as the Allow field wants them (RFC 9110 section 10.2.1). */
void route_methods(const char *path, struct text *ret);
