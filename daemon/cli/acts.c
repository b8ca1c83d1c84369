/* Every act has its verb: finds the request, shows that it may, sends the act, tells what came of
 * it. */
#include <stdio.h>

#include "daemon/cli/body.h"
#include "daemon/cli/hold.h"
#include "daemon/cli/show.h"
#include "daemon/cli/verbs.h"

static int act_send(struct cli *c, const char *act, const char *id, json_object *body)
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

/* X(identifier of the verb, act in the path). */
#define ACTS(X)                                                                                    \
	X(complete, "complete")                                                                    \
	X(pay, "pay")                                                                              \
	X(correct, "correct")                                                                      \
	X(hand_over, "hand_over")                                                                  \
	X(withdraw, "withdraw")                                                                    \
	X(accept, "accept")                                                                        \
	X(pause, "pause")                                                                          \
	X(resume, "resume")                                                                        \
	X(extend, "extend")                                                                        \
	X(forward, "forward")                                                                      \
	X(consult, "consult")                                                                      \
	X(decide, "decide")                                                                        \
	X(notify, "notify")                                                                        \
	X(reassign, "reassign")                                                                    \
	X(escalate, "escalate")                                                                    \
	X(reopen, "reopen")

#define X(identifier, act)                                                                         \
	int identifier##_run(struct cli *c)                                                        \
	{                                                                                          \
		return act_run(c, act);                                                            \
	}
ACTS(X)
#undef X
