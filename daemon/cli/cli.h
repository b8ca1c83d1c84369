/* One run of the command: what was asked, in which language, and the way to the server. */
#pragma once

#include <json-c/json.h>
#include <stdio.h>

#include "daemon/cli/words.h"
#include "kezek/kezek.h"
#include "lib/text.h"

/* What the command's exit tells a script. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,     /* by the server, or by what was found; the reason is on stderr */
	EXIT_USAGE = 2,       /* the command line is wrong; nothing was sent */
	EXIT_UNREACHABLE = 3, /* no server there, or none that trusts us and we trust */
};

struct option;
struct phrase;

struct given {
	const struct option *option;
	const char *value; /* borrowed from argv; NULL for a flag */
};

struct cli {
	const struct phrase *phrase;
	const char **args; /* what stands for the phrase's arguments; borrowed from argv */
	size_t arg_count;
	struct given *given;
	size_t given_count;
	enum lang lang;
	bool json;           /* --json: answers for programs */
	bool quiet;          /* nothing on stderr: what is tried may fail */
	bool colour;         /* stdout is a terminal that may show it */
	struct kezek *kezek; /* NULL until the first call */
	char *actor;         /* the person a system acts for, once there is a way; NULL: none */
	int away; /* why a call of this run found no server (enum kezek_failure); 0: none did */
};

/* The value of an option, the last one given; NULL when it was not. A flag's value is "". */
const char *cli_option(const struct cli *c, const char *name);
/* The index-th value of an option that may be repeated; NULL beyond the last. */
const char *cli_option_at(const struct cli *c, const char *name, size_t index);
/* A number in [least, most], or `standard` when not given. False: usage was printed. */
bool cli_option_number(
	const struct cli *c, const char *name, long least, long most, long standard, long *ret);
/* "kezek: <sentence>" on stderr; returns EXIT_USAGE, with a pointer to --help. */
int cli_usage(const struct cli *c, enum say say, const char *detail);
/* The same without the pointer; returns EXIT_REFUSED. */
int cli_refuse(const struct cli *c, enum say say, const char *detail);

/* 0 with c->kezek ready to call; else an exit code, and the reason was printed (session.c). */
int session_open(struct cli *c);
/* The folder of the spool, there or not; free() it. 0, or an exit code and the reason was printed.
 */
int session_spool(const struct cli *c, char **ret_folder);

/*
 * A call: 0 with the response (free it), else an exit code; the problem was printed. `body` may be
 * NULL. With `key` NULL the option --key, if given, is the Idempotency-Key.
 */
int cli_call(struct cli *c, const char *method, const char *path, const char *body,
	struct kezek_response **ret_response);
/* GET whose answer is JSON; the caller puts the object. */
int cli_get(struct cli *c, const char *path, json_object **ret_json);
/* The whole body as JSON; NULL and a line on stderr: it is not. The caller puts it. */
json_object *cli_response_json(struct cli *c, struct kezek_response *r);
/* Prints why a libkezek function returned `failure` (not 0); returns the exit code (failure.c). */
int cli_failure(struct cli *c, int failure);

/* The path with each % replaced by the next argument, escaped. free() it. */
char *cli_path(const char *format, ...);
/* Adds ?name=value or &name=value; nothing when value is NULL. */
void query_add(struct text *path, const char *name, const char *value);
/* For each name in the space-separated list, the option of that name as a parameter. */
void query_add_options(struct text *path, const struct cli *c, const char *names);

/* The id of the request that a person named by id or by number; free() it (find.c). */
int request_find(struct cli *c, const char *name, char **ret_id);
/* The answer of GET /v1/requests/{id}<rest> for the request that `name` names. 0 or an exit code.
 */
int request_get(
	struct cli *c, const char *name, const char *rest, struct kezek_response **ret_response);
