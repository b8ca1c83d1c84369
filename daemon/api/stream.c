/*
 * GET /v1/stream: the feed, pushed (Server-Sent Events). A stream first catches up in its own
 * scope, page by page as its client drains; then it lives on what one reader of the whole daemon
 * brings. A client that does not keep up is dropped, and resumes by the id of its last event.
 */
#include "daemon/api/dossier.h"
#include "daemon/api/feed.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/net/server.h"

#define PAGE_ROWS 500
#define POLL_US   (250 * 1000LL) /* what others committed */
#define NUDGE_US  (20 * 1000LL)  /* what came of our own commit, with those behind it */

struct stream {
	struct call *c;
	const char *member;  /* that said where to begin */
	int64_t position;    /* all up to here has been told, or is none of its business */
	unsigned principals; /* the load of them that its own was looked at by */
	int64_t until;       /* by that load: how long it may be told */
	struct text rows;    /* of a page of catching up, written out up to `out` */
	size_t out;
	bool is_open, is_live, is_new, is_waiting, is_asking, has_more;
	TAILQ_ENTRY(stream) link;
};

struct feed {
	struct api *api;
	TAILQ_HEAD(stream_list, stream) live;
	int64_t tail; /* what the live ones have seen */
	struct unit unit;
	bool looking, again, nudged, draining;
	struct timer timer, heartbeat;
};

static void stream_free(void *state)
{
	struct stream *s = state;

	if (s->is_live)
		TAILQ_REMOVE(&s->c->api->feed->live, s, link);
	text_done(&s->rows);
	free(s);
}

static void end(struct stream *s, bool whole)
{
	if (s->is_live)
		TAILQ_REMOVE(&s->c->api->feed->live, s, link);
	s->is_live = false;
	exchange_stream_close(s->c->x, whole);
}

static void add_event(struct text *t, struct book *b, const struct feed_row *row)
{
	text_addf(t, "id: %lld\nevent: kezek.request.%s\ndata: ", (long long)row->position,
		row->kind);
	feed_write(t, row, book_zone(b, row->agency));
	text_adds(t, "\n\n");
}

/* Disabled, given another scope, or what it came with counts no longer: it may come again, and is
 * judged anew. */
static bool is_still_allowed(struct stream *s)
{
	const struct api *a = s->c->api;

	if (s->principals != a->principals_loads) {
		s->principals = a->principals_loads;
		s->until = call_lasts_until(s->c);
	}
	return s->until > loop_now(a->loop);
}

/* Catching up. */

static void ask(struct stream *s);

static void live(struct stream *s)
{
	struct feed *f = s->c->api->feed;

	if (TAILQ_EMPTY(&f->live) && !f->looking) /* what is looked for lies behind the tail */
		f->tail = s->position;
	if (s->position < f->tail) { /* the others went on meanwhile */
		ask(s);
		return;
	}
	s->is_live = true;
	s->is_new = f->looking;
	TAILQ_INSERT_TAIL(&f->live, s, link);
	if (!timer_is_set(&f->timer))
		timer_set(&f->timer, POLL_US);
	if (!timer_is_set(&f->heartbeat))
		timer_set(&f->heartbeat, f->api->settings->stream_heartbeat);
}

/* Event by event, as the client drains; then the next page. */
static void write_on(struct stream *s)
{
	s->is_waiting = false;
	while (s->out < s->rows.len) {
		const char *at = s->rows.data + s->out, *rest = strstr(at, "\n\n");
		size_t len = rest ? (size_t)(rest - at) + 2 : s->rows.len - s->out;

		if (!exchange_stream_write(s->c->x, (struct span){at, len})) {
			s->is_waiting = true;
			return;
		}
		s->out += len;
	}
	text_reset(&s->rows);
	s->out = 0;
	if (s->c->x->gone || s->c->api->feed->draining)
		end(s, true);
	else if (s->has_more)
		ask(s);
	else
		live(s);
}

static void on_drained(struct exchange *x)
{
	struct call *c = x->context;
	struct stream *s = c->state;

	if (s->is_waiting)
		write_on(s);
}

static void on_gone(struct call *c)
{
	struct stream *s = c->state;

	if (s->is_open && !s->is_asking)
		end(s, false);
}

static bool open_stream(struct stream *s, enum unit_how how, int64_t head)
{
	struct call *c = s->c;

	if (!call_entered(c, how))
		return false;
	if (!feed_knows(c, s->member, s->position, head))
		return false;
	s->is_open = true;
	c->x->on_drained = on_drained;
	exchange_header(c->x, "Cache-Control", "no-store");
	exchange_stream_open(c->x, 200, "text/event-stream");
	return true;
}

static void on_page(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct stream *s = c->state;
	int64_t head = how == UNIT_DONE ? feed_head(u, 1) : 0;
	struct feed_row row;
	int at = 0, n = 0;

	s->is_asking = false;
	if (s->position < 0) /* from now on */
		s->position = head;
	if (!s->is_open && !open_stream(s, how, head))
		return;
	if (how != UNIT_DONE || !rows_count(u, 0) || s->position > head || c->x->gone ||
		!is_still_allowed(s)) {
		end(s, false);
		return;
	}
	while (feed_next(u, 1, &at, &row)) {
		if (row.position <= s->position)
			continue;
		add_event(&s->rows, c->book, &row);
		n++;
	}
	if (n == PAGE_ROWS)
		s->position = row.position;
	else
		s->position = s->position + FEED_SPAN < head ? s->position + FEED_SPAN : head;
	s->has_more = s->position < head;
	unit_done(u);
	write_on(s);
}

static void ask(struct stream *s)
{
	struct call *c = s->c;

	s->is_asking = true;
	feed_ask(call_read(c, SQL_FEED), s->position < 0 ? 0 : s->position,
		s->position < 0 ? 0 : PAGE_ROWS);
	c->unit.on_done = on_page;
	if (pg_submit(c->api->reads, &c->unit) == 0)
		return;
	unit_done(&c->unit);
	s->is_asking = false;
	if (s->is_open)
		end(s, false);
	else
		answer_away(c, -1);
}

static bool read_place(struct stream *s)
{
	_text_ after = TEXT_INIT;
	struct span last;

	s->position = -1;
	if (exchange_field(s->c->x, "last-event-id", &last)) {
		s->member = "Last-Event-ID";
		if (feed_position_parse(last, &s->position))
			return true;
		answer_bad_parameter(s->c, s->member, WORD_reason_bad_format, "id");
		return false;
	}
	s->member = "after";
	if (!call_query(s->c, "after", &after) ||
		feed_position_parse(text_span(&after), &s->position))
		return true;
	answer_bad_parameter(s->c, s->member, WORD_reason_bad_format, "end_cursor");
	return false;
}

void stream_begin(struct call *c)
{
	static const char *const names[] = {"after", NULL};
	struct stream *s;

	if (!call_query_check(c, names))
		return;
	s = call_state(c, sizeof(*s), stream_free);
	s->c = c;
	s->principals = c->api->principals_loads - 1; /* none yet */
	if (!read_place(s))
		return;
	if (!server_count_stream(c->x)) {
		answer_problem(c, KEZEK_PROBLEM_too_many_connections, NULL);
		return;
	}
	c->on_gone = on_gone;
	ask(s);
}

/* The live ones. */

static void tell(struct stream *s, const struct unit *u, int64_t until)
{
	struct feed_row row;
	_text_ t = TEXT_INIT;
	int at = 0;

	while (feed_next(u, 1, &at, &row)) {
		if (row.position > s->position && feed_sees(s->c, &row))
			add_event(&t, s->c->api->book, &row);
	}
	if (until > s->position)
		s->position = until;
	if (t.len && !exchange_stream_write(s->c->x, text_span(&t))) {
		metric_add(METRIC_streams_dropped_total, NULL, 1);
		log_event(LOG_LEVEL_INFO, "stream_dropped", LOG_S("principal", s->c->who.name));
		end(s, false);
	}
}

/* Of a feed that was restored from an older copy; not who came while the newest was asked for. */
static bool is_ahead(struct stream *s, int64_t head)
{
	bool was_new = s->is_new;

	s->is_new = false;
	return s->position > head && !was_new;
}

static void look(struct feed *f);

static void on_looked(struct unit *u, enum unit_how how)
{
	struct feed *f = container_of(u, struct feed, unit);
	int64_t head = how == UNIT_DONE ? feed_head(u, 1) : f->tail, until = f->tail;
	struct feed_row row;
	struct stream *s, *next;
	int at = 0, n = 0;

	f->looking = false;
	while (how == UNIT_DONE && feed_next(u, 1, &at, &row))
		n++;
	if (n == PAGE_ROWS)
		until = row.position;
	else if (head > f->tail)
		until = f->tail + FEED_SPAN < head ? f->tail + FEED_SPAN : head;
	for (s = TAILQ_FIRST(&f->live); s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (is_ahead(s, how == UNIT_DONE ? head : INT64_MAX) || !is_still_allowed(s))
			end(s, true);
		else if (n)
			tell(s, u, until);
		else
			s->position = until > s->position ? until : s->position;
	}
	f->tail = until;
	unit_done(u);
	if (TAILQ_EMPTY(&f->live))
		return;
	timer_set(&f->timer, f->again || until < head ? NUDGE_US : POLL_US);
	f->again = false;
}

static void look(struct feed *f)
{
	f->looking = true;
	f->nudged = false;
	unit_init(&f->unit, on_looked);
	params_text(unit_add(&f->unit, SQL_ENTER), "kezekd");
	feed_ask(unit_add(&f->unit, SQL_FEED), f->tail, PAGE_ROWS);
	if (pg_submit(f->api->reads, &f->unit) == 0)
		return;
	unit_done(&f->unit);
	f->looking = false;
	timer_set(&f->timer, POLL_US);
}

static void on_timer(struct timer *t)
{
	struct feed *f = container_of(t, struct feed, timer);

	if (!TAILQ_EMPTY(&f->live) && !f->looking)
		look(f);
}

/* The id goes on where nothing else did, so that a client that resumes need not look at all of it.
 */
static void on_heartbeat(struct timer *t)
{
	struct feed *f = container_of(t, struct feed, heartbeat);
	struct stream *s, *next;

	for (s = TAILQ_FIRST(&f->live); s; s = next) {
		_text_ line = TEXT_INIT;

		next = TAILQ_NEXT(s, link);
		text_addf(&line, ": heartbeat\nid: %lld\n\n", (long long)s->position);
		if (!exchange_stream_write(s->c->x, text_span(&line)))
			end(s, false);
	}
	if (!TAILQ_EMPTY(&f->live))
		timer_set(t, f->api->settings->stream_heartbeat);
}

void feed_nudge(struct feed *f)
{
	if (TAILQ_EMPTY(&f->live))
		return;
	f->again = f->looking;
	if (!f->looking && !f->nudged)
		timer_set(&f->timer, NUDGE_US);
	f->nudged = true;
}

void feed_drain(struct feed *f)
{
	struct stream *s;

	f->draining = true;
	while ((s = TAILQ_FIRST(&f->live)))
		end(s, true);
}

struct feed *feed_new(struct api *a)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->api = a;
	TAILQ_INIT(&f->live);
	timer_init(&f->timer, a->loop, on_timer);
	timer_init(&f->heartbeat, a->loop, on_heartbeat);
	return f;
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	timer_done(&f->timer);
	timer_done(&f->heartbeat);
	if (f->looking)
		unit_done(&f->unit);
	free(f);
}
