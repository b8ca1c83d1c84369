/* POST /v1/requests/{id}/erasure: a person's data is destroyed with the key that it is sealed
 * under. */
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"
#include "daemon/log.h"

static void reply_erased(struct call *c)
{
	struct text t = TEXT_INIT;

	log_event(LOG_LEVEL_INFO, "erased", LOG_S("request_id", c->x->request_id),
		LOG_S("request", c->segment[0]), LOG_S("by", c->who.name));
	text_add_char(&t, '{');
	text_add_member(&t, "request", c->segment[0]);
	text_adds(&t, ",\"erased\":true}");
	answer_json(c, 200, &t);
}

static void on_erased(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct row r;
	struct span result;

	if (!call_entered(c, how))
		return;
	r = row_of(u, 1, 0);
	result = row_span(&r);
	if (span_is(result, "done"))
		reply_erased(c);
	else if (span_is(result, "missing"))
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
	else if (span_is(result, "open"))
		answer_problem(c, KEZEK_PROBLEM_not_closed, NULL);
	else
		answer_problem(c, KEZEK_PROBLEM_role_not_allowed, NULL);
}

void erasure_begin(struct call *c)
{
	struct json_reader r;
	_faults_ faults = {0};
	const char *legal_basis;
	struct params *p;
	struct uuid id;

	if (!call_id(c, &id))
		return;
	json_reader_init(&r, c->body, "", &faults);
	legal_basis = json_get_string(&r, "legal_basis", JSON_REQUIRED, 500);
	json_reader_end(&r);
	if (faults.count) {
		answer_faults(c, &faults);
		return;
	}
	p = call_read(c, SQL_ERASE);
	params_text(p, c->who.name);
	params_text(p, call_actor(c));
	params_uuid(p, &id);
	params_text(p, legal_basis);
	call_send(c, on_erased);
}
