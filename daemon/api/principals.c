/* Who may connect: listing, adding, disabling, a new token; and who one is oneself. */
#include "daemon/api/deputies.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"

#define TOKEN_DAYS 365 /* a token lasts a year */
#define KEEP_DAYS  90  /* how long a former certificate may be taken at most */

static void add_principal(struct text *t, const struct principal *p)
{
	text_add_char(t, '{');
	text_add_member(t, "name", p->name);
	text_addf(t, ",\"kind\":\"%s\",\"role\":\"%s\",", p->is_system ? "system" : "person",
		role_name(p->role));
	text_add_member(t, "office", p->office[0] ? p->office : NULL);
	text_add_char(t, ',');
	text_add_member(t, "agency", p->agency[0] ? p->agency : NULL);
}

static void add_hash(struct text *t, const char *name, const uint8_t hash[32])
{
	text_addf(t, ",\"%s\":", name);
	if (!hash) {
		text_adds(t, "null");
		return;
	}
	text_add_char(t, '"');
	text_add_hex(t, hash, 32);
	text_add_char(t, '"');
}

/* A former certificate is told while it is taken. */
static void add_details(struct text *t, const struct principal *p, int64_t now)
{
	bool has_former = p->has_former && p->former_until > now;

	text_addf(t, ",\"disabled\":%s,\"has_token\":%s", p->is_disabled ? "true" : "false",
		p->has_token ? "true" : "false");
	add_hash(t, "certificate_sha256", p->has_certificate ? p->certificate : NULL);
	add_hash(t, "former_certificate_sha256", has_former ? p->former : NULL);
	text_add_char(t, ',');
	text_add_moment(t, "former_until", has_former ? p->former_until : MOMENT_NONE, NULL);
	text_add_char(t, ',');
	text_add_moment(t, "token_expires_at", p->token_expires_at, NULL);
	text_add_char(t, ',');
	text_add_moment(t, "created_at", p->created_at, NULL);
	text_add_char(t, ',');
	text_add_moment(t, "disabled_at", p->disabled_at, NULL);
}

static void on_me(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	add_principal(&t, &c->who);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

/* Asks the database although the cache knows: the answer is how one learns of being disabled. */
void me_begin(struct call *c)
{
	unit_init(&c->unit, NULL);
	params_text(unit_add(&c->unit, SQL_ENTER), c->who.name);
	call_send(c, on_me);
}

static void on_list(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;

	if (!call_entered(c, how))
		return;
	principals_read(c->api, u, 1, false);
	text_adds(&t, "{\"items\":[");
	for (size_t i = 0; i < c->api->principal_count; i++) {
		if (i)
			text_add_char(&t, ',');
		add_principal(&t, &c->api->principals[i]);
		add_details(&t, &c->api->principals[i], loop_now(c->api->loop));
		text_add_char(&t, '}');
	}
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void principals_list_begin(struct call *c)
{
	call_read(c, SQL_PRINCIPALS);
	call_send(c, on_list);
}

/* Adding and changing. */

struct change {
	struct principal p;
	const char *what; /* NULL: a new one */
	char token[64];
	struct text name;
	int status;
};

static void change_free(void *state)
{
	struct change *ch = state;

	text_done(&ch->name);
	free(ch);
}

static void make_token(struct change *ch, int64_t expires_at)
{
	_text_ t = TEXT_INIT;
	uint8_t random[24];

	random_bytes(random, sizeof(random));
	text_adds(&t, "kz_");
	text_add_hex(&t, random, sizeof(random));
	memcpy(ch->token, t.data, t.len + 1);
	digest_bytes(text_span(&t), ch->p.token);
	ch->p.has_token = true;
	ch->p.token_expires_at = expires_at;
}

static void reply_changed(struct call *c, const struct change *ch, int released, int delegations)
{
	struct text t = TEXT_INIT;

	for (size_t i = 0; i < c->api->principal_count; i++) {
		if (strcmp(c->api->principals[i].name, ch->p.name) != 0)
			continue;
		add_principal(&t, &c->api->principals[i]);
		add_details(&t, &c->api->principals[i], loop_now(c->api->loop));
		if (ch->token[0]) {
			text_add_char(&t, ',');
			text_add_member(&t, "token", ch->token);
		}
		if (ch->what && strcmp(ch->what, "disable") == 0)
			text_addf(&t, ",\"released\":%d,\"delegations_ended\":%d", released,
				delegations);
		text_add_char(&t, '}');
	}
	answer_json(c, ch->status, &t);
}

static void on_changed(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct change *ch = c->state;
	struct row r;
	const char *result;
	int released;

	if (how == UNIT_REFUSED && strncmp(c->unit.sqlstate, "23", 2) == 0) {
		answer_problem(c, KEZEK_PROBLEM_already_exists, NULL);
		return;
	}
	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	result = row_text(&r);
	if (strcmp(result, "done") != 0) {
		answer_problem(c,
			strcmp(result, "exists") == 0    ? KEZEK_PROBLEM_already_exists
			: strcmp(result, "missing") == 0 ? KEZEK_PROBLEM_not_found
							 : KEZEK_PROBLEM_role_not_allowed,
			NULL);
		return;
	}
	principals_read(c->api, u, 2, true);
	deputies_read(c->api, u, 3, true);
	log_event(LOG_LEVEL_INFO, "principal_changed", LOG_S("request_id", c->x->request_id),
		LOG_S("name", ch->p.name), LOG_S("what", ch->what ? ch->what : "add"),
		LOG_S("by", c->who.name));
	released = ch->what ? row_int(&r) : 0;
	reply_changed(c, ch, released, ch->what ? row_int(&r) : 0);
}

static void change_send(struct call *c)
{
	unit_add(&c->unit, SQL_PRINCIPALS);
	unit_add(&c->unit, SQL_DELEGATIONS);
	call_send(c, on_changed);
}

static bool read_hash(struct json_reader *r, const char *name, uint8_t ret[32])
{
	const char *s = json_get_string(r, name, JSON_OPTIONAL, 95);
	size_t n = 0;
	int high = -1;

	if (!s)
		return false;
	for (; *s; s++) {
		const char *digits = "0123456789abcdef",
			   *at = *s == ':' ? NULL : strchr(digits, *s | 32);

		if (*s == ':')
			continue;
		if (!at || n == 32)
			break;
		if (high < 0) {
			high = (int)(at - digits);
		} else {
			ret[n++] = (uint8_t)(high << 4 | (int)(at - digits));
			high = -1;
		}
	}
	if (*s || n != 32 || high >= 0) {
		json_reader_fault(r, name, WORD_reason_bad_format, "64 hex digits", NULL);
		return false;
	}
	return true;
}

static void read_body_of(struct call *c, struct json_reader *r, struct principal *p)
{
	const char *office = json_get_string(r, "office", JSON_OPTIONAL, NAME_SIZE - 1);
	const char *agency = json_get_string(r, "agency", JSON_OPTIONAL, NAME_SIZE - 1);

	if (office && !catalogue_office_find(c->book->catalogue, office))
		json_reader_fault(r, "office", WORD_reason_not_found, office, NULL);
	if (agency && !catalogue_agency_find(c->book->catalogue, agency))
		json_reader_fault(r, "agency", WORD_reason_not_found, agency, NULL);
	if (!r->faults->count && !access_scope_is_sound(p->role, agency != NULL, office != NULL))
		json_reader_fault(r, p->role == KEZEK_ROLE_clerk ? "office" : "agency",
			(p->role == KEZEK_ROLE_clerk && !office) ||
					(p->role == KEZEK_ROLE_officer && !agency)
				? WORD_reason_missing
				: WORD_reason_conflict,
			"role", NULL);
	if (office)
		memcpy(p->office, office, strlen(office));
	if (agency)
		memcpy(p->agency, agency, strlen(agency));
}

bool principal_name_is_sound(const char *name)
{
	return name[0] != '.' && name[0] != '-' && name[0] != '_' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
		       strlen(name);
}

static bool read_new(struct call *c, struct change *ch)
{
	static const char *const kinds[] = {"person", "system"};
	struct json_reader r;
	_faults_ faults = {0};
	const char *name;
	int role;
	bool token = false;

	json_reader_init(&r, c->body, "", &faults);
	name = json_get_string(&r, "name", JSON_REQUIRED, NAME_SIZE - 1);
	if (name && !principal_name_is_sound(name))
		json_reader_fault(&r, "name", WORD_reason_bad_format, "A-Z a-z 0-9 . _ -", NULL);
	else if (name)
		memcpy(ch->p.name, name, strlen(name));
	ch->p.is_system = json_get_enum(&r, "kind", JSON_REQUIRED, kinds, ARRAY_SIZE(kinds)) == 1;
	role = json_get_enum(&r, "role", JSON_REQUIRED, role_wire, KEZEK_ROLE_COUNT);
	ch->p.role = role >= 0 ? (enum kezek_role)role : KEZEK_ROLE_auditor;
	read_body_of(c, &r, &ch->p);
	ch->p.has_certificate = read_hash(&r, "certificate_sha256", ch->p.certificate);
	json_get_bool(&r, "token", JSON_OPTIONAL, &token);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return false;
	}
	ch->p.token_expires_at = MOMENT_NONE;
	if (token)
		make_token(ch, loop_now(c->api->loop) + TOKEN_DAYS * USEC_PER_DAY);
	return true;
}

void principals_add_begin(struct call *c)
{
	struct change *ch = call_state(c, sizeof(*ch), change_free);
	struct params *p;

	if (!read_new(c, ch))
		return;
	ch->status = 201;
	p = call_read(c, SQL_ADD_PRINCIPAL);
	params_text(p, c->who.name);
	params_text(p, ch->p.name);
	params_text(p, ch->p.is_system ? "system" : "person");
	params_text(p, role_name(ch->p.role));
	params_text(p, ch->p.office[0] ? ch->p.office : NULL);
	params_text(p, ch->p.agency[0] ? ch->p.agency : NULL);
	params_bytes(p, ch->p.has_certificate ? ch->p.certificate : NULL, 32);
	params_bytes(p, ch->p.has_token ? ch->p.token : NULL, 32);
	params_moment(p, ch->p.token_expires_at);
	change_send(c);
}

static struct change *change_begin(struct call *c, const char *what)
{
	struct change *ch = call_state(c, sizeof(*ch), change_free);

	if (strlen(c->segment[0]) >= NAME_SIZE) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return NULL;
	}
	memcpy(ch->p.name, c->segment[0], strlen(c->segment[0]));
	ch->what = what;
	ch->status = 200;
	ch->p.token_expires_at = ch->p.former_until = MOMENT_NONE;
	return ch;
}

static void change(struct call *c, const struct change *ch)
{
	struct params *p = call_read(c, SQL_CHANGE_PRINCIPAL);

	params_text(p, c->who.name);
	params_text(p, ch->p.name);
	params_text(p, ch->what);
	params_bytes(p, ch->p.has_token ? ch->p.token : NULL, 32);
	params_moment(p, ch->p.token_expires_at);
	params_bytes(p, ch->p.has_certificate ? ch->p.certificate : NULL, 32);
	params_moment(p, ch->p.former_until);
	change_send(c);
}

void principals_disable_begin(struct call *c)
{
	struct change *ch = change_begin(c, "disable");

	if (ch)
		change(c, ch);
}

void principals_enable_begin(struct call *c)
{
	struct change *ch = change_begin(c, "enable");
	struct json_reader r;
	_faults_ faults = {0};

	if (!ch)
		return;
	json_reader_init(&r, c->body, "", &faults);
	json_reader_end(&r);
	if (faults.count)
		answer_faults(c, &faults);
	else
		change(c, ch);
}

/* How long the former certificate is taken beside the new one: not for ever. */
static void read_keep(struct call *c, struct json_reader *r, struct change *ch)
{
	const char *s = json_get_string(r, "keep_until", JSON_OPTIONAL, 40);
	int64_t now = loop_now(c->api->loop), most = now + KEEP_DAYS * USEC_PER_DAY;
	char limit[MOMENT_TEXT_SIZE];

	if (!s)
		return;
	if (!moment_parse(span_of(s), &ch->p.former_until, NULL)) {
		json_reader_fault(r, "keep_until", WORD_reason_bad_format, "RFC 3339", NULL);
	} else if (!ch->p.has_certificate) {
		json_reader_fault(r, "certificate_sha256", WORD_reason_missing, NULL, NULL);
	} else if (ch->p.former_until <= now || ch->p.former_until > most) {
		moment_format(ch->p.former_until <= now ? now : most, NULL, limit);
		json_reader_fault(r, "keep_until",
			ch->p.former_until <= now ? WORD_reason_too_small : WORD_reason_too_big,
			limit, NULL);
	}
}

/* A new certificate, or a new token, or both; with nothing said, a token. */
void principals_rotate_begin(struct call *c)
{
	struct change *ch = change_begin(c, "rotate");
	struct json_reader r;
	_faults_ faults = {0};
	bool token;

	if (!ch)
		return;
	json_reader_init(&r, c->body, "", &faults);
	ch->p.has_certificate = read_hash(&r, "certificate_sha256", ch->p.certificate);
	read_keep(c, &r, ch);
	token = !ch->p.has_certificate;
	json_get_bool(&r, "token", JSON_OPTIONAL, &token);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	if (token)
		make_token(ch, loop_now(c->api->loop) + TOKEN_DAYS * USEC_PER_DAY);
	change(c, ch);
}
