/* Who is asking: certificates and tokens to principals, and the headers that go with it. */

#include "daemon/api/call.h"
#include "daemon/log.h"
#include "daemon/net/server.h"

static void copy_name(char to[NAME_SIZE], const char *from)
{
	size_t len = from ? strnlen(from, NAME_SIZE - 1) : 0;

	memcpy(to, from ? from : "", len);
	to[len] = '\0';
}

static bool copy_hash(uint8_t to[32], struct span bytes)
{
	if (bytes.len == 32)
		memcpy(to, bytes.at, 32);
	return bytes.len == 32;
}

void principals_read(struct api *a, const struct unit *u, int statement, bool wrote)
{
	int n = rows_count(u, statement);
	struct principal *all;

	if (!wrote && (u->submitted_mono < a->principals_asked ||
			      u->submitted_mono < a->principals_written))
		return;
	if (wrote)
		a->principals_written = loop_mono();
	else
		a->principals_asked = u->submitted_mono;
	all = calloc((size_t)n + 1, sizeof(*all));
	if (!all)
		abort();
	for (int i = 0; i < n; i++) {
		struct row r = row_of(u, statement, i);
		struct principal *p = &all[i];

		copy_name(p->name, row_text(&r));
		p->is_system = span_is(row_span(&r), "system");
		if (!role_parse(row_span(&r), &p->role))
			p->is_disabled = true;
		copy_name(p->office, row_text(&r));
		copy_name(p->agency, row_text(&r));
		p->has_certificate = copy_hash(p->certificate, row_bytes(&r));
		p->has_token = copy_hash(p->token, row_bytes(&r));
		p->token_expires_at = row_moment(&r);
		p->is_disabled = row_bool(&r) || p->is_disabled;
		p->created_at = row_moment(&r);
		p->disabled_at = row_moment(&r);
		p->has_former = copy_hash(p->former, row_bytes(&r));
		p->former_until = row_moment(&r);
	}
	free(a->principals);
	a->principals = all;
	a->principals_loads++;
	a->principal_count = (size_t)n;
	a->has_principals = true;
}

static const struct principal *by_certificate(const struct api *a, const struct peer *peer)
{
	const struct principal *named = NULL;

	for (size_t i = 0; i < a->principal_count; i++) {
		const struct principal *p = &a->principals[i];

		if (p->has_certificate && secret_is(p->certificate, peer->certificate_sha256, 32))
			return p;
		if (p->has_former && p->former_until > loop_now(a->loop) &&
			secret_is(p->former, peer->certificate_sha256, 32))
			return p;
		/* A name counts only for one who is not tied to another certificate. */
		if (!p->has_certificate && peer->name[0] && strcmp(p->name, peer->name) == 0)
			named = p;
	}
	return named;
}

static const struct principal *by_token(const struct api *a, const uint8_t hash[32])
{
	const struct principal *found = NULL;

	for (size_t i = 0; i < a->principal_count; i++) {
		if (a->principals[i].has_token && secret_is(a->principals[i].token, hash, 32))
			found = &a->principals[i];
	}
	return found;
}

static const struct principal *find(struct call *c)
{
	const struct peer *peer = c->x->peer;
	struct span value;
	uint8_t hash[32];

	if (peer->has_certificate) {
		const struct principal *p = by_certificate(c->api, peer);

		if (!p)
			answer_problem(c, KEZEK_PROBLEM_principal_unknown, NULL);
		return p;
	}
	if (!exchange_field(c->x, "authorization", &value) || value.len < 8 ||
		strncasecmp(value.at, "bearer ", 7) != 0) {
		answer_problem(c, KEZEK_PROBLEM_unauthenticated, NULL);
		return NULL;
	}
	value.at += 7;
	value.len -= 7;
	digest_bytes(value, hash);
	const struct principal *p = by_token(c->api, hash);

	if (!p)
		answer_problem(c, KEZEK_PROBLEM_principal_unknown, NULL);
	else if (p->token_expires_at != MOMENT_NONE &&
		 p->token_expires_at <= loop_now(c->api->loop)) {
		answer_problem(c, KEZEK_PROBLEM_token_expired, NULL);
		return NULL;
	}
	return p;
}

bool call_authenticate(struct call *c)
{
	const struct principal *p;

	if (!c->api->has_principals) {
		answer_problem(c, KEZEK_PROBLEM_database_away, NULL);
		return false;
	}
	p = find(c);
	if (!p)
		return false;
	if (p->is_disabled) {
		answer_problem(c, KEZEK_PROBLEM_principal_disabled, NULL);
		return false;
	}
	c->who = *p;
	if (!server_count_principal(c->x, p->name)) {
		answer_problem(c, KEZEK_PROBLEM_too_many_connections, NULL);
		return false;
	}
	if (!access_may(p->role, c->route->action)) {
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
		return false;
	}
	return true;
}

int64_t call_lasts_until(const struct call *c)
{
	const struct peer *peer = c->x->peer;
	const struct principal *p = peer->has_certificate ? by_certificate(c->api, peer)
							  : by_token(c->api, c->who.token);

	if (!p || p->is_disabled || strcmp(p->name, c->who.name) != 0 || p->role != c->who.role ||
		strcmp(p->agency, c->who.agency) != 0 || strcmp(p->office, c->who.office) != 0)
		return INT64_MIN;
	if (!peer->has_certificate)
		return p->token_expires_at;
	return p->has_certificate && !secret_is(p->certificate, peer->certificate_sha256, 32)
		       ? p->former_until
		       : MOMENT_NONE;
}

/* Visible ASCII, 1 to size - 1 of it. */
static bool copy_visible(struct span s, char *to, size_t size)
{
	if (!s.len || s.len >= size)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < 0x21 || s.at[i] > 0x7e)
			return false;
	}
	memcpy(to, s.at, s.len);
	to[s.len] = '\0';
	return true;
}

/* A staff id, never a PIN: 14 digits are refused, so that none gets into journals by mistake. */
static bool actor_is_sound(const char *actor)
{
	return !(strlen(actor) == 14 && strspn(actor, "0123456789") == 14);
}

bool call_headers(struct call *c)
{
	unsigned flags = c->route->flags;
	struct span value;

	if (exchange_field(c->x, "kezek-actor", &value) &&
		(!copy_visible(value, c->actor, sizeof(c->actor)) || !actor_is_sound(c->actor))) {
		answer_bad_parameter(c, "Kezek-Actor", WORD_reason_bad_format, "staff id");
		return false;
	}
	if ((flags & ROUTE_ACTOR) && c->who.is_system && !c->actor[0]) {
		answer_problem(c, KEZEK_PROBLEM_actor_missing, NULL);
		return false;
	}
	if ((flags & (ROUTE_KEY | ROUTE_KEY_OPTIONAL)) &&
		exchange_field(c->x, "idempotency-key", &value)) {
		if (!copy_visible(value, c->key, sizeof(c->key))) {
			answer_problem(c, KEZEK_PROBLEM_idempotency_key_malformed, NULL);
			return false;
		}
	} else if (flags & ROUTE_KEY) {
		answer_problem(c, KEZEK_PROBLEM_idempotency_key_missing, NULL);
		return false;
	}
	return true;
}

const char *call_actor(const struct call *c)
{
	return c->who.is_system && c->actor[0] ? c->actor : NULL; /* a person is one himself */
}

const char *call_person(const struct call *c)
{
	const char *actor = call_actor(c);

	return actor ? actor : c->who.name;
}

struct viewer call_viewer(const struct call *c)
{
	return (struct viewer){
		.role = c->who.role,
		.agency = c->who.agency[0] ? c->who.agency : NULL,
		.office = c->who.office[0] ? c->who.office : NULL,
	};
}

void call_renew_book(struct call *c)
{
	book_unref(c->book);
	c->book = book_ref(c->api->book);
}

void *call_state(struct call *c, size_t size, void (*free_state)(void *state))
{
	c->state = calloc(1, size);
	if (!c->state)
		abort();
	c->free_state = free_state;
	return c->state;
}
