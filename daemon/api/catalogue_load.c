/* Recording a catalogue: tried out in memory, then held against what rests on it, then
 * compare-and-set. */
#include "daemon/api/catalogue_use.h"
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"
#include "lib/catalogue_merge.h"

#define TRIES_MAX 4 /* another administrator was faster: what stands there now is what counts */

struct loading {
	json_object *merged, *diff;
	struct catalogue_use use;
	int64_t version;
	bool dry, replaces;
	int tries;
};

static void forget(struct loading *l)
{
	json_object_put(l->merged);
	json_object_put(l->diff);
	l->merged = l->diff = NULL;
	catalogue_use_done(&l->use);
}

static void loading_free(void *state)
{
	forget(state);
	free(state);
}

static const char *plain(json_object *o)
{
	return json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void reply_recorded(struct call *c)
{
	const struct loading *l = c->state;
	struct text t = TEXT_INIT;

	text_addf(&t, "{\"dry_run\":%s,", l->dry ? "true" : "false");
	text_addf(&t, "\"version\":%lld,\"changes\":%s}", (long long)l->version,
		l->diff ? plain(l->diff) : "null");
	answer_json(c, 200, &t);
}

/* What was recorded is in force here before the answer leaves; other daemons follow with their
 * heartbeat. */
static void on_reloaded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (how == UNIT_DONE)
		register_adopt(c->api, u);
	reply_recorded(c);
}

static void check(struct call *c);

/* This daemon was behind another: the load is judged by what stands there now. */
static void on_caught_up(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (how != UNIT_DONE) {
		answer_unit(c, how);
		return;
	}
	register_adopt(c->api, u);
	call_renew_book(c);
	unit_done(u);
	check(c);
}

/* Null: denied. 0: another was faster, or what was to go is used by now. */
static void on_recorded(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct loading *l = c->state;
	bool is_denied;
	struct row r;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	is_denied = row_is_null(&r);
	l->version = row_int64(&r);
	if (!is_denied && !l->version && ++l->tries < TRIES_MAX && register_reload(c, on_caught_up))
		return;
	if (is_denied || !l->version) {
		answer_problem(c,
			is_denied ? KEZEK_PROBLEM_role_not_allowed : KEZEK_PROBLEM_stale_version,
			NULL);
		return;
	}
	log_event(LOG_LEVEL_INFO, "catalogue_recorded", LOG_S("by", c->who.name),
		LOG_N("version", l->version));
	if (!register_reload(c, on_reloaded))
		reply_recorded(c);
}

static bool diff_is_empty(json_object *diff)
{
	static const char *const lists[] = {"added", "changed", "closed", "removed"};

	json_object_object_foreach (diff, kind, of_kind) {
		(void)kind;
		for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
			if (json_object_array_length(json_object_object_get(of_kind, lists[i])))
				return false;
		}
	}
	return true;
}

static void record(struct call *c)
{
	struct loading *l = c->state;
	struct params *p = call_read(c, SQL_PUT_CATALOGUE);

	params_text(p, c->who.name);
	params_int64(p, l->version);
	params_text(p, plain(l->merged));
	catalogue_use_params(&l->use, p);
	call_send(c, on_recorded);
}

static json_object *document_in_force(const struct call *c)
{
	return c->book->catalogue_version ? c->book->catalogue->doc : NULL;
}

/* Merged once more, by who knows what is used. True: that is refused, and answered. */
static bool answer_used(struct call *c)
{
	struct loading *l = c->state;
	const struct catalogue_checks checks = {.is_used = catalogue_use_find, .context = &l->use};
	_faults_ faults = {0};
	_json_ *merged = NULL;

	if (catalogue_merge(
		    document_in_force(c), c->body, l->replaces, &checks, &faults, &merged) == 0)
		return false;
	answer_faults(c, &faults);
	return true;
}

/* Now it is known what rests on what would change or go. */
static void on_looked(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct loading *l = c->state;

	if (!call_entered(c, how))
		return;
	catalogue_use_read(&l->use, u, 1);
	catalogue_use_count(u, 2, l->diff);
	if (catalogue_use_is_any(&l->use) && answer_used(c))
		return;
	if (l->dry || diff_is_empty(l->diff)) { /* nothing new needs no version */
		reply_recorded(c);
		return;
	}
	unit_done(u);
	record(c);
}

/* By the book of the call: every fault of the document itself, and what would differ. */
static void check(struct call *c)
{
	struct loading *l = c->state;
	const struct catalogue_checks checks = {.is_used = catalogue_use_note, .context = &l->use};
	_faults_ faults = {0};
	struct book *tried;
	struct params *p;

	forget(l);
	l->version = c->book->catalogue_version;
	if (catalogue_merge(document_in_force(c), c->body, l->replaces, &checks, &faults,
		    &l->merged) != 0) {
		answer_faults(c, &faults);
		return;
	}
	tried = book_make(
		l->merged, 0, book_calendars_with(c->book, NULL, NULL, 0, &faults), &faults);
	if (!tried) {
		answer_faults(c, &faults);
		return;
	}
	book_unref(tried);
	l->diff = catalogue_diff(document_in_force(c), l->merged);
	p = call_read(c, SQL_CATALOGUE_USE);
	params_text(p, c->who.name);
	catalogue_use_params(&l->use, p);
	p = call_read(c, SQL_CATALOGUE_OPEN);
	params_text(p, c->who.name);
	catalogue_use_touched(l->diff, p);
	call_send(c, on_looked);
}

void catalogue_put_begin(struct call *c)
{
	static const char *const names[] = {"dry_run", "replace", NULL};
	struct loading *l;

	if (!call_query_check(c, names))
		return;
	l = call_state(c, sizeof(*l), loading_free);
	if (call_query_flag(c, "dry_run", &l->dry) && call_query_flag(c, "replace", &l->replaces))
		check(c);
}
