/*
 * Submissions that survive a server that is away. An entry is on the disk before the first byte is
 * sent, with one key and two bodies: `first` as it was entered, and `later`, which adds when it was
 * received and that an outage came between. The first attempt sends `first`. Every later one sends
 * `later` under the same key: either the server has nothing under that key and takes it, or it has
 * this very body and gives its stored answer, or it has `first`, whose answer was lost, and says
 * that the key was used; then `first` is sent again for the stored answer. Whatever happens in
 * between, there is one request, and none that was in time bears the mark of an outage.
 */
#include <errno.h>
#include <stdio.h>

#include "daemon/cli/show.h"
#include "daemon/cli/spool.h"
#include "daemon/cli/verbs.h"

bool spool_is_away(const struct cli *c, int failure)
{
	const struct kezek_refusal *f = kezek_refusal(c->kezek);

	switch (failure) {
	case KEZEK_FAILURE_refused:
		return f && (f->status >= 500 || f->status == 429 || f->status == 408);
	case KEZEK_FAILURE_no_such_host:
	case KEZEK_FAILURE_connection_refused:
	case KEZEK_FAILURE_host_unreachable:
	case KEZEK_FAILURE_timed_out:
	case KEZEK_FAILURE_connection_lost:
	case KEZEK_FAILURE_server_not_trusted: /* a captive portal answers in its stead */
	case KEZEK_FAILURE_server_expired:
	case KEZEK_FAILURE_server_revoked:
	case KEZEK_FAILURE_host_mismatch:
	case KEZEK_FAILURE_no_tls:
	case KEZEK_FAILURE_not_kezek:
	case -ENOMEM:
		return true;
	default: /* who we are, or what we wrote, is at fault */
		return false;
	}
}

/* The same key, whichever body the server knows it by. As kezek_submit. */
static int entry_send(struct cli *c, json_object *entry, struct kezek_response **ret_response)
{
	const char *key = tree_text(entry, "/key"), *actor = tree_text(entry, "/actor");
	const char *first = tree_text(entry, "/first"), *later = tree_text(entry, "/later");
	const struct kezek_refusal *f;
	int rc = kezek_set(c->kezek, KEZEK_OPTION_actor, *actor ? actor : NULL);

	rc = rc ? rc : kezek_submit(c->kezek, later, key, ret_response);
	f = kezek_refusal(c->kezek);
	if (rc == KEZEK_FAILURE_refused && f &&
		f->problem == KEZEK_PROBLEM_idempotency_key_reused && strcmp(first, later) != 0)
		rc = kezek_submit(c->kezek, first, key, ret_response);
	return rc;
}

/* One round over the spool, and what came of it. */
struct round {
	struct cli *c;
	struct spool spool;
	char credential[KEZEK_DIGEST_SIZE];
	bool is_aside; /* beside another answer on stdout: a line on stderr each */
	size_t sent, refused, elsewhere, unreadable;
	int rc; /* EXIT_DONE, or why the round ended early */
};

static void sent_print(const struct round *o, json_object *entry, struct kezek_response *r)
{
	FILE *out = o->is_aside ? stderr : stdout;
	_tree_ *answer = json_tokener_parse(kezek_response_body(r, NULL));
	_tree_ *body = spool_body(entry);
	const char *due = tree_text(answer, "/due_on"), *code = tree_text(answer, "/receipt/code");
	char moment[MOMENT_SIZE];
	_text_ t = TEXT_INIT;

	if (o->c->json && !o->is_aside) {
		printf("{\"reference\":\"%s\",\"request\":%s}\n", tree_text(entry, "/reference"),
			kezek_response_body(r, NULL));
		return;
	}
	text_addf(&t, "%s → %s  %s", tree_text(entry, "/reference"), tree_text(answer, "/number"),
		tree_text(answer, "/state"));
	if (*due)
		text_addf(&t, "  %s %s", say(SAY_line_due, o->c->lang), due);
	if (*code)
		text_addf(&t, "  %s %s", say(SAY_look_up_code, o->c->lang), code);
	text_addf(&t, "\n  %s  %s\n", moment_short(tree_text(entry, "/received_at"), moment),
		tree_text(body, "/applicant/name"));
	put_clean(out, t.data, t.len);
}

/* The counter's clock runs ahead of the server's: the same bytes are right a little later. */
static bool is_early(const struct kezek_refusal *f)
{
	return f->invalid_param_count == 1 && strcmp(f->invalid_params[0].code, "in_future") == 0;
}

static void put_aside(struct round *o, struct spool_entry *e, const struct kezek_refusal *f)
{
	const char *reference = tree_text(e->json, "/reference");

	o->refused++;
	if (is_early(f)) {
		cli_refuse(o->c, SAY_spool_early, reference);
		return;
	}
	cli_refuse(o->c, SAY_spool_refused, reference);
	json_object_object_add(e->json, "problem", json_tokener_parse(f->json));
	problem_print(tree_at(e->json, "/problem"), stderr);
	if (spool_rewrite(&o->spool, e) < 0)
		cli_refuse(o->c, SAY_usage_file, o->spool.folder);
}

/* The submission is in, a file of it is not. They stay together: asked for again, the one answers
 * the same, and files that are there already are no fault. */
static bool files_stay(struct round *o, struct spool_entry *e, int rc)
{
	const struct kezek_refusal *f = kezek_refusal(o->c->kezek);

	if (rc == EXIT_REFUSED && f && !spool_is_away(o->c, KEZEK_FAILURE_refused) &&
		f->status != 401 && f->status != 403) {
		put_aside(o, e, f);
		return true;
	}
	o->rc = rc == EXIT_REFUSED && spool_is_away(o->c, KEZEK_FAILURE_refused) ? EXIT_UNREACHABLE
										 : rc;
	return rc == EXIT_USAGE; /* a file of one is nothing to the others */
}

static int files_send(struct round *o, json_object *entry, struct kezek_response *r)
{
	_tree_ *answer = json_tokener_parse(kezek_response_body(r, NULL));

	return spool_files_send(o->c, &o->spool, entry, tree_text(answer, "/id"));
}

/* False: the round ends here. */
static bool round_send(struct round *o, struct spool_entry *e)
{
	struct kezek_response *r;
	const struct kezek_refusal *f;
	int rc = entry_send(o->c, e->json, &r);

	if (rc == 0) {
		sent_print(o, e->json, r);
		rc = files_send(o, e->json, r);
		kezek_response_free(r);
		if (rc)
			return files_stay(o, e, rc);
		/* It is taken away only once somebody has been told. */
		if (fflush(o->is_aside ? stderr : stdout) != 0 || spool_remove(&o->spool, e) < 0) {
			o->rc = cli_refuse(o->c, SAY_usage_file, o->spool.folder);
			return false;
		}
		o->sent++;
		return true;
	}
	f = kezek_refusal(o->c->kezek);
	if (rc != KEZEK_FAILURE_refused || !f || spool_is_away(o->c, rc) || f->status == 401 ||
		f->status == 403) {
		o->rc = cli_failure(o->c, rc);
		if (spool_is_away(o->c, rc))
			o->rc = EXIT_UNREACHABLE;
		return false;
	}
	put_aside(o, e, f);
	return true;
}

static bool is_ours(const struct round *o, json_object *entry)
{
	return strcmp(tree_text(entry, "/url"), kezek_url(o->c->kezek)) == 0 &&
	       strcmp(tree_text(entry, "/credential"), o->credential) == 0;
}

/* One that another process holds is that one's to send. */
static bool round_take(struct round *o, const char *reference, bool is_named)
{
	struct spool_entry e = {.fd = -1};
	int rc = spool_take(&o->spool, reference, &e);
	bool goes_on = true;

	if (rc == SPOOL_BROKEN)
		o->unreadable++;
	else if (rc < 0)
		o->rc = cli_refuse(o->c, SAY_usage_file, o->spool.folder);
	else if (rc == SPOOL_GONE && is_named)
		o->rc = cli_refuse(o->c, SAY_spool_no_entry, reference);
	else if (rc == SPOOL_BUSY && is_named)
		o->rc = cli_refuse(o->c, SAY_spool_busy, reference);
	else if (rc == 0 && !is_ours(o, e.json))
		o->elsewhere++;
	else if (rc == 0 && (is_named || !tree_at(e.json, "/problem")))
		goes_on = round_send(o, &e);
	spool_release(&e);
	return goes_on;
}

static void round_all(struct round *o)
{
	_tree_ *all = spool_all(&o->spool);
	bool goes_on = true;

	for (size_t i = 0; goes_on && i < json_object_array_length(all); i++)
		goes_on = round_take(
			o, tree_text(json_object_array_get_idx(all, i), "/reference"), false);
}

static void round_named(struct round *o)
{
	bool goes_on = true;

	for (size_t i = 0; goes_on && i < o->c->arg_count; i++)
		goes_on = round_take(o, o->c->args[i], true);
}

static int round_end(struct round *o)
{
	if (o->elsewhere && !o->is_aside)
		cli_refuse(o->c, SAY_spool_elsewhere, o->spool.folder);
	if (o->unreadable)
		cli_refuse(o->c, SAY_spool_unreadable, o->spool.folder);
	spool_done(&o->spool);
	/* Entries were sent for those who took them in; what follows is ours again. */
	if (kezek_set(o->c->kezek, KEZEK_OPTION_actor, o->c->actor))
		return EXIT_REFUSED;
	if (o->refused || o->unreadable || (o->elsewhere && o->c->arg_count))
		return EXIT_REFUSED;
	return o->rc;
}

int spool_send_run(struct cli *c)
{
	struct round o = {.c = c};
	int rc = session_open(c);

	rc = rc ? rc : spool_open(c, false, &o.spool);
	if (rc)
		return rc;
	if (kezek_credential_digest(c->kezek, o.credential))
		o.credential[0] = '\0';
	if (c->arg_count)
		round_named(&o);
	else
		round_all(&o);
	if (o.sent && !c->json)
		printf("\n%s: kezek receipt %s\n", say(SAY_next_receipt, c->lang),
			say(SAY_head_number, c->lang));
	return round_end(&o);
}

/* The server is there again: what waits goes along, beside the answer that was asked for. */
static void spool_flush(struct cli *c, const struct spool_entry *just_sent)
{
	struct round o = {.c = c, .is_aside = true};

	if (spool_open(c, false, &o.spool))
		return;
	snprintf(o.credential, sizeof(o.credential), "%s",
		tree_text(just_sent->json, "/credential"));
	round_all(&o);
	round_end(&o);
}

/* What the next slip names, should the server be away by then. */
static void known_renew(struct cli *c, json_object *body)
{
	_free_ char *path = cli_path("/v1/services/%", tree_text(body, "/service"));

	json_object_put(known_get(c, "/v1/me"));
	json_object_put(known_get(c, path));
}

/* The answer has not come: it is away, or refuses. */
static int submit_end(struct cli *c, const struct spool *s, struct spool_entry *e, int failure)
{
	int rc = cli_failure(c, failure);

	if (!spool_is_away(c, failure)) {
		spool_remove(s, e);
		return rc;
	}
	if (cli_option(c, "attach") && spool_files_keep(c, s, e) < 0)
		cli_refuse(c, SAY_spool_no_files, NULL);
	if (c->json)
		printf("{\"provisional\":true,\"reference\":\"%s\",\"received_at\":\"%s\"}\n",
			tree_text(e->json, "/reference"), tree_text(e->json, "/received_at"));
	else
		slip_print(c, e->json);
	return EXIT_DONE;
}

int spool_submit(struct cli *c, json_object *body,
	int (*print)(struct cli *c, struct kezek_response *r, char **ret_id), char **ret_id)
{
	json_object *entry = spool_make(c, body);
	struct spool s = {.fd = -1};
	struct spool_entry e = {.fd = -1};
	struct kezek_response *r;
	int rc = entry ? spool_open(c, true, &s) : EXIT_REFUSED;

	if (rc == 0 && spool_add(&s, entry, &e) < 0)
		rc = cli_refuse(c, SAY_usage_file, s.folder);
	if (rc) {
		if (!s.folder)
			json_object_put(entry);
		spool_done(&s);
		cli_refuse(c, SAY_spool_cannot, NULL);
		rc = kezek_submit(c->kezek, tree_line(body), cli_option(c, "idempotency-key"), &r);
		return rc ? cli_failure(c, rc) : print(c, r, ret_id);
	}
	rc = c->away ? c->away
		     : kezek_submit(
			       c->kezek, tree_text(entry, "/first"), tree_text(entry, "/key"), &r);
	if (rc) {
		rc = submit_end(c, &s, &e, rc);
	} else {
		rc = print(c, r, ret_id);
		if (fflush(stdout) == 0 && rc == EXIT_DONE && spool_remove(&s, &e) == 0) {
			known_renew(c, body);
			spool_flush(c, &e);
		}
	}
	spool_release(&e);
	spool_done(&s);
	return rc;
}
