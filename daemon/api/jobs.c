/* GET /v1/jobs: how far long work has come, and what came of it. */
#include "daemon/api/jobs.h"
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"

void job_row_read(struct row r, struct job_row *ret)
{
	row_uuid(&r, &ret->id);
	ret->kind = row_text(&r);
	ret->dry = row_bool(&r);
	ret->state = row_text(&r);
	ret->calendar = row_text(&r);
	ret->version = row_int(&r);
	ret->made_at = row_moment(&r);
	ret->made_by = row_text(&r);
	ret->looked = row_int64(&r);
	ret->total = row_int64(&r);
	ret->result = row_span(&r);
	ret->done_at = row_moment(&r);
}

/* From 0 to 1; the total is an estimate, so it is 1 only when the job is done. */
static double share_of(const struct job_row *j)
{
	double share;

	if (strcmp(j->state, "done") == 0)
		return 1;
	share = j->total > 0 ? (double)j->looked / (double)j->total : 0;
	return share < 0.99 ? share : 0.99;
}

static void write_job(struct text *t, const struct job_row *j)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(&j->id, id);
	text_add_char(t, '{');
	text_add_member(t, "id", id);
	text_add_char(t, ',');
	text_add_member(t, "kind", j->kind);
	text_addf(t, ",\"dry_run\":%s,", j->dry ? "true" : "false");
	text_add_member(t, "state", j->state);
	text_add_char(t, ',');
	text_add_member(t, "calendar", j->calendar);
	text_addf(t, ",\"version\":%d,", j->version);
	text_add_moment(t, "made_at", j->made_at, NULL);
	text_add_char(t, ',');
	text_add_member(t, "made_by", j->made_by);
	text_addf(t, ",\"looked\":%lld,\"total\":%lld,\"share\":%.4f,", (long long)j->looked,
		(long long)j->total, share_of(j));
	text_add_moment(t, "done_at", j->done_at, NULL);
	text_adds(t, ",\"result\":");
	if (j->result.at)
		text_add_span(t, j->result);
	else
		text_adds(t, "null");
	text_add_char(t, '}');
}

static void on_job(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);
	struct text t = TEXT_INIT;
	struct job_row job;

	if (!call_entered(c, how))
		return;
	if (!rows_count(u, 1)) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	job_row_read(row_of(u, 1, 0), &job);
	write_job(&t, &job);
	answer_json(c, 200, &t);
}

void job_get_begin(struct call *c)
{
	struct uuid id;

	if (!call_id(c, &id))
		return;
	params_uuid(call_read(c, SQL_JOB), &id);
	call_send(c, on_job);
}

static void add_job(struct text *t, struct call *c, struct row r, struct uuid *ret_id)
{
	struct job_row job;

	(void)c;
	job_row_read(r, &job);
	write_job(t, &job);
	*ret_id = job.id;
}

static void on_jobs(struct unit *u, enum unit_how how)
{
	struct call *c = call_of_unit(u);

	if (call_entered(c, how))
		page_reply(c, 1, add_job);
}

void jobs_list_begin(struct call *c)
{
	static const char *const names[] = {"limit", "after", NULL};
	struct page *page;
	struct params *p;

	if (!call_query_check(c, names))
		return;
	page = call_state(c, sizeof(*page), NULL);
	if (!page_read(c, page))
		return;
	p = call_read(c, SQL_JOBS_NEWEST);
	params_uuid(p, page->has_after ? &page->after_id : NULL);
	params_int(p, page->limit + 1);
	call_send(c, on_jobs);
}
