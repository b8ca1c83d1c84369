/* The access log: whose personal data a call tells, on record before it is told; and who has read
 * it. */
#include "daemon/api/access_log.h"
#include "daemon/api/dossier.h"
#include "daemon/api/export.h"
#include "daemon/api/resources.h"

void access_tells(struct call *c, const struct uuid *request)
{
	struct text *requests = &c->told.line.requests;
	char id[UUID_TEXT_SIZE];

	uuid_format(request, id);
	text_add_char(requests, requests->len ? ',' : '{');
	text_adds(requests, id);
}

static void on_logged(struct member *m, enum member_result result)
{
	struct call *c = container_of(m, struct call, told.line.base);

	if (result == MEMBER_DONE)
		c->told.then(c);
	else
		answer_member(c, result);
}

/* What was asked for, without the cursor: it names the request that the page before ended with,
 * which is nobody's business who may look up this one's readers. */
static void note_query(struct text *t, struct span query)
{
	_text_ value = TEXT_INIT;
	_text_ name = TEXT_INIT;
	const char *from;

	while (from = query.at, http1_query_next(&query, &name, &value) == 0) {
		struct span pair = {from, (size_t)(query.at - from)};

		if (span_is(text_span(&name), "after"))
			continue;
		if (t->len && t->data[t->len - 1] != '&')
			text_add_char(t, '&');
		text_add_span(t, pair);
	}
	while (t->len && t->data[t->len - 1] == '&')
		t->data[--t->len] = '\0';
}

void access_log(struct call *c, void (*then)(struct call *c))
{
	struct access_member *line = &c->told.line;
	int r;

	c->told.then = then;
	line->base.kind = &batch_access;
	line->base.on_done = on_logged;
	line->base.lock = uuid_new(loop_now(c->api->loop)); /* in nobody's way */
	line->principal = c->who.name;
	line->actor = call_actor(c);
	line->what = c->route->path;
	note_query(&c->told.query, c->x->head->query);
	line->query = c->told.query.len ? c->told.query.data : NULL;
	if (line->requests.len)
		text_add_char(&line->requests, '}');
	r = batcher_submit(c->api->writes, &line->base);
	if (r < 0)
		answer_away(c, r);
}

static void reply(struct call *c)
{
	exchange_reply(c->x, c->told.status, c->told.type, &c->told.body);
}

void access_reply(struct call *c, int status, const char *type, struct text *body)
{
	c->told.status = status;
	c->told.type = type;
	c->told.body = *body;
	*body = TEXT_INIT;
	if (c->told.always && !c->told.line.requests.len)
		text_add_char(&c->told.line.requests, '{');
	if (c->told.line.requests.len)
		access_log(c, reply);
	else
		reply(c);
}

void access_done(struct told *t)
{
	text_done(&t->line.requests);
	text_done(&t->query);
	text_done(&t->body);
}

/* GET /v1/requests/{id}/access */

static void add_access(struct text *t, struct call *c, struct row r, struct uuid *ret_id)
{
	static const char *const names[] = {"principal", "actor", "what", "query"};
	char s[UUID_TEXT_SIZE];

	(void)c;
	row_uuid(&r, ret_id);
	uuid_format(ret_id, s);
	text_addf(t, "{\"id\":\"%s\",", s);
	text_add_moment(t, "at", row_moment(&r), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		text_add_char(t, ',');
		text_add_member(t, names[i], row_text(&r));
	}
	text_add_char(t, '}');
}

static bool has_request(struct call *c)
{
	if (rows_count(&c->unit, 1))
		return true;
	answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
	return false;
}

static void on_accesses(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (call_entered(c, how) && has_request(c))
		page_reply(c, 2, add_access);
}

struct accesses {
	struct page page; /* first: page_reply's */
	struct uuid id;
};

static void ask(struct call *c, const struct accesses *a, const struct page *page)
{
	struct params *p;

	params_uuid(call_read(c, SQL_REQUEST_IN_SCOPE), &a->id);
	p = call_read(c, SQL_REQUEST_ACCESSES);
	params_uuid(p, &a->id);
	params_uuid(p, page->has_after ? &page->after_id : NULL);
	params_int(p, page->limit + 1);
}

static void ask_export(struct call *c, const struct page *page)
{
	ask(c, export_filters(c), page);
}

static const struct export_list accesses_list = {.ask = ask_export,
	.add = export_add_item,
	.item = add_access,
	.head = "id,at,principal,actor,what,query",
	.statement = 2,
	.exists = has_request};

void request_access_begin(struct call *c)
{
	static const char *const names[] = {"limit", "after", NULL};
	struct accesses *a;
	struct uuid id;

	if (!call_id(c, &id) || !call_query_check(c, names))
		return;
	a = call_state(c, sizeof(*a), NULL);
	a->id = id;
	if (!page_read(c, &a->page))
		return;
	if (export_wanted(c)) {
		export_begin(c, &accesses_list, export_wanted(c));
		return;
	}
	ask(c, a, &a->page);
	call_send(c, on_accesses);
}
