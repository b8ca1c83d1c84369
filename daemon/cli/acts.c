/* Every act has its verb: finds the request, shows that it may, sends the act, tells what came of
 * it. */
#include <stdio.h>

#include "daemon/cli/acts.h"
#include "daemon/cli/body.h"
#include "daemon/cli/hold.h"
#include "daemon/cli/show.h"
#include "daemon/cli/verbs.h"
#include "lib/term.h"

int act_send(struct cli *c, const char *act, const char *id, json_object *body)
{
	_cleanup_(hold_done)
	struct hold hold = {0};
	struct kezek_response *r;
	int rc = hold_find(c, id, &hold);

	if (rc)
		return rc;
	rc = kezek_act(c->kezek, id, act, &hold.hold, tree_line(body),
		cli_option(c, "idempotency-key"), &r);
	return rc ? cli_failure(c, rc) : answer_print(c, r, request_print_brief);
}

static int accept_send(struct cli *c, const char *id, json_object *body)
{
	_cleanup_(hold_done)
	struct hold hold = {0};
	struct kezek_response *r;
	int rc = hold_find(c, id, &hold);

	if (rc)
		return rc;
	if (!hold.hold.claim)
		return cli_refuse(c, SAY_no_claim, id);
	rc = kezek_accept(
		c->kezek, &hold.hold, tree_line(body), cli_option(c, "idempotency-key"), &r);
	return rc ? cli_failure(c, rc) : answer_print(c, r, request_print_brief);
}

/* The act on every request named; one that is refused does not keep the others from it. */
static int act_run(struct cli *c, const char *act)
{
	int worst = EXIT_DONE, rc = session_open(c);

	if (rc)
		return rc;
	for (size_t i = 0; i < c->arg_count; i++) {
		_tree_ *body = json_object_new_object();
		_free_ char *id = NULL;

		rc = body_fill(c, act, body);
		rc = rc ? rc : request_find(c, c->args[i], &id);
		if (rc == 0)
			rc = strcmp(act, "accept") == 0 ? accept_send(c, id, body)
							: act_send(c, act, id, body);
		if (rc && c->arg_count > 1 && !c->json)
			fprintf(stderr, "  (%s)\n", c->args[i]);
		worst = rc > worst ? rc : worst;
	}
	return worst;
}

/* AMOUNT UNIT behind the request: how much longer. 0 or EXIT_USAGE. */
static int extension_fill(const struct cli *c, json_object *body)
{
	const char *amount = c->args[1], *unit = c->args[2];
	char *end;
	long n = strtol(amount, &end, 10);
	_text_ units = TEXT_INIT;

	text_adds(&units, "UNIT:");
	if (!*amount || *end || n < 1 || n > TERM_AMOUNT_MAX)
		return cli_usage(c, SAY_usage_value, amount);
	for (int i = 0; i < TERM_UNIT_COUNT; i++) {
		const char *name = term_unit_name((enum term_unit)i);

		text_addf(&units, " %s", name);
		if (strcmp(unit, name) != 0)
			continue;
		json_object_object_add(body, "amount", json_object_new_int64(n));
		json_object_object_add(body, "unit", json_object_new_string(unit));
		return 0;
	}
	return cli_usage(c, SAY_usage_choices, units.data);
}

int extend_run(struct cli *c)
{
	_tree_ *body = json_object_new_object();
	_free_ char *id = NULL;
	int rc = extension_fill(c, body);

	rc = rc ? rc : body_fill(c, "extend", body);
	rc = rc ? rc : session_open(c);
	rc = rc ? rc : request_find(c, c->args[0], &id);
	return rc ? rc : act_send(c, "extend", id, body);
}

/* X(identifier of the verb, act in the path). */
#define ACTS(X)                                                                                    \
	X(complete, "complete")                                                                    \
	X(pay, "pay")                                                                              \
	X(hand_over, "hand_over")                                                                  \
	X(withdraw, "withdraw")                                                                    \
	X(accept, "accept")                                                                        \
	X(pause, "pause")                                                                          \
	X(resume, "resume")                                                                        \
	X(forward, "forward")                                                                      \
	X(consult, "consult")                                                                      \
	X(decide, "decide")                                                                        \
	X(notify, "notify")                                                                        \
	X(escalate, "escalate")                                                                    \
	X(reopen, "reopen")

#define X(identifier, act)                                                                         \
	int identifier##_run(struct cli *c)                                                        \
	{                                                                                          \
		return act_run(c, act);                                                            \
	}
ACTS(X)
#undef X
