/* Work from the queues: taking it, keeping it, handing it back. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli/body.h"
#include "daemon/cli/list.h"
#include "daemon/cli/phrase.h"
#include "daemon/cli/verbs.h"

/* The same name at every run of one person on one computer. */
static char *worker_name(const struct cli *c)
{
	const char *given = cli_option(c, "worker"), *user = getenv("USER");
	char host[64] = "";
	char *name = NULL;

	if (given)
		return strdup(given);
	gethostname(host, sizeof(host) - 1);
	if (asprintf(&name, "%s@%s", user && *user ? user : "kezek", host) < 0)
		abort();
	return name;
}

/* The agency named, else one's own. free() it; NULL: the reason was printed and *ret_rc says which.
 */
static char *agency_find(struct cli *c, int *ret_rc)
{
	_tree_ *me = NULL;

	if (c->arg_count)
		return strdup(c->args[0]);
	*ret_rc = cli_get(c, "/v1/me", &me);
	if (*ret_rc)
		return NULL;
	if (*tree_text(me, "/agency"))
		return strdup(tree_text(me, "/agency"));
	*ret_rc = cli_usage(c, SAY_usage_agency, NULL);
	return NULL;
}

static void claims_print_json(const struct kezek_claims *claims)
{
	fputs("{\"claims\":[", stdout);
	for (size_t i = 0; i < kezek_claims_count(claims); i++) {
		const struct kezek_claim *k = kezek_claims_at(claims, i);
		_text_ t = TEXT_INIT;

		text_addf(&t, "%s{\"claim\":", i ? "," : "");
		text_add_json(&t, k->claim);
		text_addf(&t, ",\"fence\":%lld,\"lease_until\":", (long long)k->fence);
		text_add_json(&t, *k->lease_until ? k->lease_until : NULL);
		text_adds(&t, ",\"request\":");
		if (*k->request)
			text_adds(&t, k->request);
		else
			text_add_json(&t, k->request_id);
		text_adds(&t, "}");
		fwrite(t.data, 1, t.len, stdout);
	}
	fputs("]}\n", stdout);
}

static void claims_print(const struct cli *c, const struct kezek_claims *claims)
{
	static const enum say heads[] = {SAY_head_number, SAY_head_service, SAY_head_applicant,
		SAY_head_due, SAY_head_lease_until, SAY_head_claim, SAY_head_fence, SAY_head_flags};
	_table_ t = {0};

	if (kezek_claims_count(claims) == 0) {
		fprintf(stderr, "%s\n", say(SAY_no_work, c->lang));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(&t, say(heads[i], c->lang));
	t.columns[2].may_shrink = true;
	for (size_t i = 0; i < kezek_claims_count(claims); i++) {
		const struct kezek_claim *k = kezek_claims_at(claims, i);
		_tree_ *r = *k->request ? json_tokener_parse(k->request) : NULL;
		bool overdue = tree_is_true(r, "/overdue");
		char moment[MOMENT_SIZE];

		table_cell(&t, r ? tree_text(r, "/number") : k->request_id);
		table_cell(&t, tree_text(r, "/service/code"));
		table_cell(&t, tree_text(r, "/applicant/name"));
		table_cell(&t, tree_text(r, "/due_on"));
		table_cell(&t, moment_short(k->lease_until, moment));
		table_cell(&t, k->claim);
		table_cellf(&t, "%lld", (long long)k->fence);
		table_cell(&t, overdue ? say(SAY_flag_overdue, c->lang) : " ");
		if (overdue)
			table_mark(&t);
	}
	table_print(&t, stdout, c->colour);
}

static int claims_tell(struct cli *c, struct kezek_claims *claims)
{
	if (c->json)
		claims_print_json(claims);
	else
		claims_print(c, claims);
	kezek_claims_free(claims);
	return EXIT_DONE;
}

static int wish_read(struct cli *c, struct kezek_wish *wish, char **ret_request)
{
	long max, wait, lease;
	const char *request = cli_option(c, "request");
	int rc = 0;

	if (!cli_option_number(c, "max", 1, 100, 1, &max) ||
		!cli_option_number(c, "wait", 0, 60, 0, &wait) ||
		!cli_option_number(c, "lease", 10, 86400, 900, &lease))
		return EXIT_USAGE;
	wish->max = (int)max;
	wish->wait_seconds = (int)wait;
	wish->lease_seconds = (int)lease;
	if (request)
		rc = request_find(c, request, ret_request);
	wish->request = *ret_request;
	return rc;
}

int claim_run(struct cli *c)
{
	struct kezek_wish wish = {0};
	struct kezek_claims *claims;
	_free_ char *worker = worker_name(c), *agency = NULL, *request = NULL;
	_free_ const char **services = calloc(c->given_count + 1, sizeof(*services));
	const char *one;
	int rc = session_open(c);

	if (!services)
		abort();
	rc = rc ? rc : wish_read(c, &wish, &request);
	if (rc)
		return rc;
	agency = agency_find(c, &rc);
	if (!agency)
		return rc;
	for (size_t i = 0; (one = cli_option_at(c, "service", i)); i++)
		services[i] = one;
	wish.worker = worker;
	wish.services = services[0] ? services : NULL;
	rc = kezek_claim(c->kezek, agency, &wish, &claims);
	return rc ? cli_failure(c, rc) : claims_tell(c, claims);
}

int claims_run(struct cli *c)
{
	struct kezek_claims *claims;
	int rc = session_open(c);

	if (rc)
		return rc;
	rc = kezek_claims_held(c->kezek, cli_option(c, "worker"), &claims);
	return rc ? cli_failure(c, rc) : claims_tell(c, claims);
}

/* Those of the held claims that the line names (--all: every one); unheld ones are told and
 * counted. */
static int claims_choose(struct cli *c, const struct kezek_claims *held,
	const struct kezek_claim **chosen, size_t *ret_count)
{
	size_t total = kezek_claims_count(held), count = 0;
	int worst = 0;

	for (size_t i = 0; i < total && cli_option(c, "all"); i++)
		chosen[count++] = kezek_claims_at(held, i);
	for (size_t a = 0; a < c->arg_count; a++) {
		_free_ char *id = NULL;
		size_t i = 0;
		int rc = request_find(c, c->args[a], &id);

		while (rc == 0 && i < total &&
			strcmp(kezek_claims_at(held, i)->request_id, id) != 0)
			i++;
		if (rc == 0 && i < total)
			chosen[count++] = kezek_claims_at(held, i);
		else if (rc == 0)
			rc = cli_refuse(c, SAY_no_claim, c->args[a]);
		worst = rc > worst ? rc : worst;
	}
	*ret_count = count;
	return worst;
}

/* What people call the request of a claim. free() it. */
static char *claim_number(const struct kezek_claim *claim)
{
	_tree_ *r = *claim->request ? json_tokener_parse(claim->request) : NULL;
	const char *number = tree_text(r, "/number");

	return strdup(*number ? number : claim->request_id);
}

/* One result a member: the refused ones go to stderr, each with its request. */
static int results_tell(
	struct cli *c, struct kezek_response *r, const struct kezek_claim *const *chosen)
{
	_tree_ *answer = cli_response_json(c, r);
	const char *at = tree_at(answer, "/results")  ? "/results"
			 : tree_at(answer, "/claims") ? "/claims"
						      : "/items";
	int worst = EXIT_DONE;

	for (size_t i = 0; i < tree_length(answer, at); i++) {
		json_object *one = tree_item(answer, at, i);
		json_object *problem = tree_at(one, "/problem");
		_free_ char *number = claim_number(chosen[i]);

		if (!problem && *tree_text(one, "/code"))
			problem = one;
		if (problem) {
			fprintf(stderr, "kezek: %s: %s (%s)\n", number,
				tree_text(problem, "/title"), tree_text(problem, "/code"));
			worst = EXIT_REFUSED;
		} else if (!c->json) {
			const char *until = *tree_text(one, "/lease_until")
						    ? tree_text(one, "/lease_until")
						    : NULL;
			char moment[MOMENT_SIZE];

			printf("%s  %s %s\n", number,
				say(until ? SAY_until : SAY_released, c->lang),
				moment_short(until ? until : "", moment));
		}
	}
	if (c->json)
		printf("%s\n", kezek_response_body(r, NULL));
	kezek_response_free(r);
	return worst;
}

static int batch_run(struct cli *c, const char *verb, json_object *members)
{
	struct kezek_claims *held;
	struct kezek_response *r;
	_free_ const struct kezek_claim **chosen = NULL;
	size_t count;
	int rc, worst;

	if (c->arg_count == 0 && !cli_option(c, "all"))
		return cli_usage(c, SAY_usage_or_all, c->phrase->pattern);
	rc = session_open(c);
	if (rc)
		return rc;
	rc = kezek_claims_held(c->kezek, cli_option(c, "worker"), &held);
	if (rc)
		return cli_failure(c, rc);
	chosen = calloc(kezek_claims_count(held) + c->arg_count + 1, sizeof(*chosen));
	if (!chosen)
		abort();
	worst = claims_choose(c, held, chosen, &count);
	if (count) {
		rc = kezek_claims_do(c->kezek, verb, chosen, count, tree_line(members),
			cli_option(c, "idempotency-key"), &r);
		rc = rc ? cli_failure(c, rc) : results_tell(c, r, chosen);
		worst = rc > worst ? rc : worst;
	}
	kezek_claims_free(held);
	return worst;
}

int renew_run(struct cli *c)
{
	_tree_ *members = json_object_new_object();
	long lease;

	if (!cli_option_number(c, "lease", 10, 86400, 900, &lease))
		return EXIT_USAGE;
	json_object_object_add(members, "lease_seconds", json_object_new_int64(lease));
	return batch_run(c, "renew", members);
}

int release_run(struct cli *c)
{
	_tree_ *members = json_object_new_object();
	int rc = body_fill(c, "release", members);
	long keep;

	if (!cli_option_number(c, "keep-for", 1, 86400, 0, &keep))
		return EXIT_USAGE;
	if (keep)
		json_object_object_add(members, "keep_for_seconds", json_object_new_int64(keep));
	return rc ? rc : batch_run(c, "release", members);
}

static void queue_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_agency, SAY_head_waiting, SAY_head_claimed,
		SAY_head_in_work, SAY_head_kept, SAY_head_on_desk, SAY_head_overdue,
		SAY_head_oldest, SAY_head_next_due};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	for (size_t i = 1; i < 7; i++)
		t->columns[i].is_right = true;
	t->columns[7].may_go = 1;
}

static void queue_add(const struct cli *c, struct table *t, json_object *q)
{
	char moment[MOMENT_SIZE];

	(void)c;
	table_cell(t, tree_text(q, "/agency"));
	table_cell(t, tree_text(q, "/depth"));
	table_cell(t, tree_text(q, "/claimed"));
	table_cell(t, tree_text(q, "/in_work"));
	table_cell(t, tree_text(q, "/kept"));
	table_cell(t, tree_text(q, "/on_desk"));
	table_cell(t, tree_text(q, "/overdue"));
	table_cell(t, moment_short(tree_text(q, "/oldest"), moment));
	table_cell(t, moment_short(tree_text(q, "/next_due"), moment));
	if (tree_count(q, "/overdue"))
		table_mark(t);
}

const struct list_look queues_look = {queue_start, queue_add};

static void queue_print(const struct cli *c, json_object *q)
{
	_table_ t = {0};

	queue_start(c, &t);
	queue_add(c, &t, q);
	table_print(&t, stdout, c->colour);
	if (tree_length(q, "/items"))
		items_print(c, q, &requests_look);
}

int queues_run(struct cli *c)
{
	_free_ char *path = NULL;
	struct kezek_response *r;
	int rc;

	if (c->arg_count == 0)
		return list_run(c, "/v1/queues", &queues_look);
	path = cli_path("/v1/queues/%", c->args[0]);
	rc = cli_call(c, "GET", path, NULL, &r);
	return rc ? rc : answer_print(c, r, queue_print);
}
