/* POST /v1/requests: decode, check against the standard, route, compute the deadlines, store,
 * answer. */
#include <errno.h>
#include <stdio.h>

#include "daemon/api/claims.h"
#include "daemon/api/feed.h"
#include "daemon/api/intake.h"
#include "daemon/api/numbers.h"
#include "daemon/api/parking.h"
#include "daemon/api/stored.h"
#include "daemon/api/submit.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define TRIES_MAX 4 /* the clock or the calendars were found to be others */

struct submission {
	struct call *c;
	struct intake in;
	struct dossier d;
	struct open_member m;
	struct number_waiter waiter;
	struct book_waiter calendars;
	struct text answer; /* plain, until it is sent */
	int64_t number;
	bool has_dossier;
	int tries;
};

static void submission_free(void *state)
{
	struct submission *s = state;

	intake_done(&s->in);
	open_member_done(&s->m);
	text_done(&s->answer);
	if (s->has_dossier)
		dossier_done(&s->d);
	free(s);
}

static void take_number(struct submission *s);
static void compose(struct submission *s, int64_t number);
static void decode(struct submission *s);

/* A repeat of what was stored is answered from the store even when it could not be submitted today.
 */
static void on_looked_up(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct submission *s = c->state;

	if (!call_entered(c, how))
		return;
	if (rows_count(u, 1)) {
		struct row r = row_of(u, 1, 0);

		stored_answer_read(&r, &s->m.stored);
		answer_stored(c, &s->m.stored);
		return;
	}
	answer_faults(c, &s->in.faults);
}

static void refuse_or_replay(struct submission *s)
{
	struct params *p = call_read(s->c, SQL_STORED_ANSWER);

	params_text(p, s->c->who.name);
	params_text(p, s->c->key);
	call_send(s->c, on_looked_up);
}

static void seal_content(struct submission *s)
{
	struct open_member *m = &s->m;
	const char *plain = json_object_to_json_string_ext(
		s->d.content, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	text_reset(&m->content);
	seal_close(s->c->api->seal, s->d.key, &s->d.row.id, "content", span_of(plain), &m->content);
}

static void answer_write(struct submission *s)
{
	struct viewer viewer = call_viewer(s->c);

	text_reset(&s->answer);
	dossier_write(&s->answer, &s->d, &viewer, s->c->who.name, s->c->lang, true);
	s->answer.data[s->answer.len - 1] = ','; /* in place of the brace */
	intake_write_warnings(&s->answer, &s->in, s->c->lang);
	text_add_char(&s->answer, '}');
	stored_seal(s->c->api->seal, s->d.key, &s->d.row.id, text_span(&s->answer), &s->m.answer);
}

static void member_fill(struct submission *s)
{
	struct open_member *m = &s->m;

	dossier_open(&s->d, m);
	m->principal = s->c->who.name;
	m->actor = call_actor(s->c);
	m->key = s->c->key;
	memcpy(m->fingerprint, s->c->fingerprint, sizeof(m->fingerprint));
	m->registrar = s->in.office->agency->code;
	m->status = 201;
	m->lookups.count = 0;
	lookups_add(&m->lookups, s->d.content, s->c->api->seal);
	text_reset(&m->pin);
	if (s->in.pin && !s->in.has_open)
		lookup_add_each(&m->pin, s->c->api->seal, "pin", span_of(s->in.pin));
}

static void reply_created(struct submission *s)
{
	struct call *c = s->c;
	char id[UUID_TEXT_SIZE], location[64];

	uuid_format(&s->d.row.id, id);
	snprintf(location, sizeof(location), "/v1/requests/%s", id);
	exchange_header(c->x, "Location", location);
	exchange_header(c->x, "ETag", "\"1\"");
	metric_add(METRIC_requests_submitted_total, NULL, 1);
	log_event(LOG_LEVEL_INFO, "submitted", LOG_S("request_id", c->x->request_id),
		LOG_S("request", id), LOG_S("principal", c->who.name),
		LOG_S("service", s->d.row.service), LOG_S("state", s->d.row.state),
		LOG_N("us", loop_mono() - c->x->began_mono));
	if (s->d.state == KEZEK_STATE_queued)
		parking_wake(c->api->parking, s->d.row.agency, 1);
	feed_tell(c->api);
	for (int i = 0; i < s->m.changes.deadline_count; i++)
		api_tell_due(c->api, s->m.changes.deadlines[i].fire_at);
	answer_json(c, 201, &s->answer);
}

static void on_calendars(struct book_waiter *w, bool is_newer)
{
	struct submission *s = container_of(w, struct submission, calendars);

	if (is_newer) {
		call_renew_book(s->c);
		decode(s);
	} else {
		answer_problem(s->c, KEZEK_PROBLEM_overloaded, NULL);
	}
}

static void on_stored(struct member *base, enum member_result result)
{
	struct submission *s = container_of(base, struct submission, m.base);

	switch (result) {
	case MEMBER_DONE:
		reply_created(s);
		break;
	case MEMBER_DUPLICATE:
		answer_stored(s->c, &s->m.stored);
		break;
	case MEMBER_KNOWN: /* not stored yet: the answer that is stored shall say so */
		changes_done(&s->m.changes);
		s->in.has_open = true;
		compose(s, s->number);
		break;
	case MEMBER_CLOCK:
		if (++s->tries < TRIES_MAX) {
			changes_done(&s->m.changes);
			take_number(s);
			break;
		}
		answer_member(s->c, result);
		break;
	case MEMBER_CALENDARS:
		if (++s->tries < TRIES_MAX) {
			changes_done(&s->m.changes);
			s->calendars.on_book = on_calendars;
			book_await(s->c->api, &s->calendars, s->m.generation);
			break;
		}
		_fallthrough_;
	default:
		answer_member(s->c, result);
	}
}

/* Nobody can guess it: who has it was handed the receipt. */
static void make_code(struct intake *in)
{
	uint8_t chance[LOOKUP_CODE_CHANCE];

	random_bytes(chance, sizeof(chance));
	lookup_code_make(chance, in->code);
}

/* Everything that depends on the moment; done anew when the clock was found to be off. */
static void compose(struct submission *s, int64_t number)
{
	struct call *c = s->c;
	int r;

	if (s->has_dossier)
		dossier_done(&s->d);
	s->has_dossier = true;
	dossier_init(&s->d, c->api, c->book, s->in.now);
	s->number = number;
	s->in.open_number = s->m.known.len ? s->m.known.data : NULL;
	make_code(&s->in);
	intake_compose(&s->in, &s->d, number);
	text_reset(&s->m.wrapped);
	seal_make_key(c->api->seal, &s->d.row.id, s->d.key, &s->m.wrapped, &s->m.master);
	intake_journal(&s->in, &s->d, c);
	answer_write(s);
	seal_content(s);
	member_fill(s);
	s->m.base.kind = &batch_open;
	s->m.base.on_done = on_stored;
	r = batcher_submit(c->api->writes, &s->m.base);
	if (r < 0)
		answer_away(c, r);
}

static void on_number(struct number_waiter *w, bool there_is_one)
{
	struct submission *s = container_of(w, struct submission, waiter);

	if (there_is_one)
		take_number(s);
	else
		answer_away(s->c, -ENOTCONN);
}

static void take_number(struct submission *s)
{
	int64_t number;
	int r;

	s->in.now = loop_now(s->c->api->loop);
	s->waiter.on_number = on_number;
	r = numbers_take(s->c->api->numbers, s->in.office->code, intake_local_year(&s->in),
		&s->waiter, &number);
	if (r < 0)
		answer_away(s->c, r);
	else if (r == 0)
		compose(s, number);
}

/* By the book that the call has now. */
static void decode(struct submission *s)
{
	struct call *c = s->c;

	intake_done(&s->in);
	intake_init(&s->in, c->book, loop_now(c->api->loop));
	intake_read(&s->in, c->body, c->who.office, c->lang);
	if (s->in.faults.count && faults_are_of_shape(&s->in.faults))
		answer_faults(c, &s->in.faults);
	else if (s->in.faults.count)
		refuse_or_replay(s);
	else
		take_number(s);
}

void submit_begin(struct call *c)
{
	struct submission *s = call_state(c, sizeof(*s), submission_free);

	s->c = c;
	decode(s);
}
