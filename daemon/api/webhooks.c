/* Webhooks: their administration: adding, looking, rotating secrets, removing. */
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"
#include "daemon/api/webhooks.h"
#include "daemon/log.h"
#include "lib/webhook.h"

#define KINDS_MAX       64
#define OVERLAP_SECONDS 86400
#define OVERLAP_MAX     604800

/* Adding and rotating. */
struct making {
	struct uuid id;
	struct text wrapped, secret;
	int master, status;
};

static void making_free(void *state)
{
	struct making *m = state;

	if (m->secret.data)
		secret_forget(m->secret.data, m->secret.len);
	text_done(&m->secret);
	text_done(&m->wrapped);
	free(m);
}

/* The hook's secret is a key that the master key wraps. */
static void make_secret(struct call *c, struct making *m)
{
	uint8_t key[SEAL_KEY_SIZE];

	seal_make_key(c->api->seal, &m->id, key, &m->wrapped, &m->master);
	secret_forget(key, sizeof(key));
}

/* Told by the call that made it, and by its repeats. */
static bool tell_secret(struct call *c, struct making *m, struct row r)
{
	uint8_t key[SEAL_KEY_SIZE];
	struct hook hook;

	hook.name = row_text(&r);
	hook_read(&r, &hook);
	if (seal_open_key(c->api->seal, &hook.id, hook.master, hook.wrapped, key) < 0) {
		log_event(
			LOG_LEVEL_ERROR, "webhook_secret_unreadable", LOG_S("webhook", hook.name));
		return false;
	}
	text_adds(&m->secret, WEBHOOK_SECRET_TAG);
	text_add_base64(&m->secret, (struct span){(const char *)key, sizeof(key)});
	secret_forget(key, sizeof(key));
	return true;
}

static void add_kinds(struct text *t, const char *lines)
{
	text_adds(t, ",\"kinds\":[");
	for (const char *at = lines; at && *at;) {
		size_t len = strcspn(at, "\n");

		if (at != lines)
			text_add_char(t, ',');
		text_add_json_span(t, (struct span){at, len});
		at += len + (at[len] == '\n');
	}
	text_add_char(t, ']');
}

static void add_last(struct text *t, struct row *r)
{
	int status;

	text_add_char(t, ',');
	text_add_moment(t, "last_at", row_moment(r), NULL);
	status = row_int(r);
	if (status)
		text_addf(t, ",\"last_status\":%d,", status);
	else
		text_adds(t, ",\"last_status\":null,");
	text_add_member(t, "last_why", row_text(r));
}

static void add_webhook(struct text *t, struct row r, const char *secret)
{
	struct hook hook;

	hook.name = row_text(&r);
	hook_read(&r, &hook);
	text_add_char(t, '{');
	text_add_member(t, "name", hook.name);
	text_add_char(t, ',');
	text_add_member(t, "url", hook.url);
	text_add_char(t, ',');
	text_add_member(t, "principal", row_text(&r));
	add_kinds(t, row_text(&r));
	text_addf(t, ",\"position\":%lld,", (long long)row_int64(&r));
	text_add_moment(t, "created_at", row_moment(&r), NULL);
	text_add_char(t, ',');
	text_add_member(t, "created_by", row_text(&r));
	text_add_char(t, ',');
	text_add_moment(t, "failing_since", row_moment(&r), NULL);
	add_last(t, &r);
	text_add_char(t, ',');
	text_add_moment(t, "disabled_at", row_moment(&r), NULL);
	text_add_char(t, ',');
	text_add_member(t, "disabled_why", row_text(&r));
	text_add_char(t, ',');
	text_add_moment(t, "former_secret_until", row_moment(&r), NULL);
	text_addf(t, ",\"pending\":%d", row_int(&r));
	text_addf(t, ",\"dead\":%d", row_int(&r));
	if (secret) {
		text_add_char(t, ',');
		text_add_member(t, "secret", secret);
	}
	text_add_char(t, '}');
}

void webhook_ask(struct call *c, const char *name)
{
	struct params *p = call_read(c, SQL_WEBHOOKS);

	params_text(p, c->who.name);
	params_text(p, name);
}

struct params *webhook_change(struct call *c, enum statement statement)
{
	struct params *p = call_read(c, statement);

	params_text(p, c->who.name);
	params_text(p, c->key[0] ? c->key : NULL);
	params_bytes(p, c->fingerprint, FINGERPRINT_SIZE);
	return p;
}

bool webhook_is_done(struct call *c, enum unit_how how, int statement)
{
	const char *result;
	struct row r;

	if (!call_entered(c, how))
		return false;
	if (statement >= 0) {
		r = row_of(&c->unit, statement, 0);
		result = row_text(&r);
		if (strcmp(result, "replayed") == 0 || strcmp(result, "replaced") == 0) {
			exchange_header(c->x, "Idempotent-Replayed", "true");
			return true;
		}
		if (strcmp(result, "done") != 0) {
			answer_problem(c,
				strcmp(result, "exists") == 0 ? KEZEK_PROBLEM_already_exists
				: strcmp(result, "reused") == 0
					? KEZEK_PROBLEM_idempotency_key_reused
				: strcmp(result, "missing") == 0 ? KEZEK_PROBLEM_not_found
								 : KEZEK_PROBLEM_role_not_allowed,
				NULL);
			return false;
		}
		log_event(LOG_LEVEL_INFO, "webhook_changed", LOG_S("route", c->route->path),
			LOG_S("request_id", c->x->request_id), LOG_S("by", c->who.name));
	}
	courier_nudge(c->api->courier);
	return true;
}

static void on_list(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	text_adds(&t, "{\"items\":[");
	for (int i = 0; i < rows_count(u, 1); i++) {
		if (i)
			text_add_char(&t, ',');
		add_webhook(&t, row_of(u, 1, i), NULL);
	}
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void webhooks_list_begin(struct call *c)
{
	webhook_ask(c, NULL);
	call_send(c, on_list);
}

static void on_got(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	add_webhook(&t, row_of(u, 1, 0), NULL);
	answer_json(c, 200, &t);
}

void webhook_get_begin(struct call *c)
{
	webhook_ask(c, c->segment[0]);
	call_send(c, on_got);
}

static void on_made(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct making *m = c->state;
	struct text t = TEXT_INIT;
	struct row r;

	if (!webhook_is_done(c, how, 1))
		return;
	if (!rows_count(u, 2)) { /* removed since, and this is a repeat */
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	r = row_of(u, 1, 0);
	if (strcmp(row_text(&r), "replaced") != 0 && !tell_secret(c, m, row_of(u, 2, 0))) {
		answer_problem(c, KEZEK_PROBLEM_internal, NULL);
		return;
	}
	add_webhook(&t, row_of(u, 2, 0), m->secret.data);
	answer_json(c, m->status, &t);
}

/* Its principal is named in the body: a fault there, and not of the path. */
static void on_added(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	_faults_ faults = {0};

	if (how == UNIT_DONE && rows_count(u, 1)) {
		struct row r = row_of(u, 1, 0);

		if (strcmp(row_text(&r), "missing") == 0) {
			faults_add(&faults, "/principal", WORD_reason_not_found,
				json_object_get_string(
					json_object_object_get(c->body, "principal")),
				NULL);
			answer_faults(c, &faults);
			return;
		}
	}
	on_made(u, how);
}

static void read_kinds(struct json_reader *r, struct columns *ret)
{
	json_object *array =
		json_get_array(r, "kinds", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, KINDS_MAX);

	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		const char *kind = json_item_string(r, "kinds", array, i, 63);

		if (kind && webhook_kind_is_sound(span_of(kind)))
			cell_text(ret, kind);
		else if (kind)
			json_reader_fault(r, "kinds", WORD_reason_bad_format, "a-z _", NULL);
	}
}

void webhook_add_begin(struct call *c)
{
	struct making *m = call_state(c, sizeof(*m), making_free);
	const char *name, *principal, *url;
	struct columns kinds;
	struct json_reader r;
	_faults_ faults = {0};
	struct params *p;

	columns_init(&kinds, "t");
	json_reader_init(&r, c->body, "", &faults);
	name = json_get_string(&r, "name", JSON_REQUIRED, NAME_SIZE - 1);
	if (name && !principal_name_is_sound(name))
		json_reader_fault(&r, "name", WORD_reason_bad_format, "A-Z a-z 0-9 . _ -", NULL);
	principal = json_get_string(&r, "principal", JSON_REQUIRED, NAME_SIZE - 1);
	url = json_get_string(&r, "url", JSON_REQUIRED, WEBHOOK_URL_MAX);
	if (url && !webhook_url_is_sound(span_of(url)))
		json_reader_fault(&r, "url", WORD_reason_bad_format, "https://…", NULL);
	read_kinds(&r, &kinds);
	json_reader_end(&r);
	if (faults.count) {
		columns_done(&kinds);
		answer_faults(c, &faults);
		return;
	}
	m->id = uuid_new(loop_now(c->api->loop));
	m->status = 201;
	make_secret(c, m);
	p = webhook_change(c, SQL_ADD_WEBHOOK);
	params_text(p, name);
	params_uuid(p, &m->id);
	params_text(p, principal);
	params_text(p, url);
	params_columns(p, &kinds);
	params_int(p, m->master);
	params_bytes(p, m->wrapped.data, m->wrapped.len);
	webhook_ask(c, name);
	call_send(c, on_added);
}

static void on_removed(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;

	if (!webhook_is_done(c, how, 2))
		return;
	add_webhook(&t, row_of(u, 1, 0), NULL);
	answer_json(c, 200, &t);
}

void webhook_remove_begin(struct call *c)
{
	struct params *p;

	webhook_ask(c, c->segment[0]);
	p = call_read(c, SQL_REMOVE_WEBHOOK);
	params_text(p, c->who.name);
	params_text(p, c->segment[0]);
	call_send(c, on_removed);
}

/* What is wrapped for the hook's id cannot be made before the id is known. */
static void on_rotated(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct making *m = c->state;
	struct hook hook;
	struct params *p;
	struct row r;
	int overlap = m->status;

	if (!call_entered(c, how))
		return;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	r = row_of(u, 1, 0);
	hook.name = row_text(&r);
	hook_read(&r, &hook);
	m->id = hook.id;
	m->status = 200;
	make_secret(c, m);
	unit_done(u);
	memset(u, 0, sizeof(*u));
	p = webhook_change(c, SQL_ROTATE_WEBHOOK);
	params_uuid(p, &m->id);
	params_int(p, m->master);
	params_bytes(p, m->wrapped.data, m->wrapped.len);
	params_int(p, overlap);
	webhook_ask(c, c->segment[0]);
	call_send(c, on_made);
}

void webhook_rotate_begin(struct call *c)
{
	struct making *m = call_state(c, sizeof(*m), making_free);
	int64_t overlap = OVERLAP_SECONDS;
	struct json_reader r;
	_faults_ faults = {0};

	json_reader_init(&r, c->body, "", &faults);
	json_get_int64(&r, "overlap_seconds", JSON_OPTIONAL, 0, OVERLAP_MAX, &overlap);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	m->status = (int)overlap;
	webhook_ask(c, c->segment[0]);
	call_send(c, on_rotated);
}
