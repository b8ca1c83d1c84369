/* Problem details: codes, statuses and titles from their tables, and the JSON written from them. */
#include "lib/problem.h"

static const struct {
	const char *code;
	int status;
	enum word title;
} problems[KEZEK_PROBLEM_COUNT] = {
#define X(code, status) [KEZEK_PROBLEM_##code] = {#code, status, WORD_problem_##code},
	KEZEK_PROBLEMS(X)
#undef X
};

const char *problem_code(enum kezek_problem problem)
{
	return problems[problem].code;
}

int problem_status(enum kezek_problem problem)
{
	return problems[problem].status;
}

enum word problem_title(enum kezek_problem problem)
{
	return problems[problem].title;
}

bool problem_find(struct span code, enum kezek_problem *ret)
{
	for (int i = 0; i < KEZEK_PROBLEM_COUNT; i++) {
		if (span_is(code, problems[i].code)) {
			*ret = (enum kezek_problem)i;
			return true;
		}
	}
	return false;
}

static void write_faults(struct text *t, const struct faults *faults, enum lang lang)
{
	text_adds(t, ",\"invalid_params\":[");
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *f = &faults->items[i];
		_text_ reason = TEXT_INIT;

		text_add_fault(&reason, f, lang);
		text_adds(t, i ? ",{\"name\":" : "{\"name\":");
		text_add_json(t, f->pointer);
		text_addf(t, ",\"code\":\"%s\",\"reason\":", reason_code(f->reason));
		text_add_json_span(t, text_span(&reason));
		text_add_char(t, '}');
	}
	text_add_char(t, ']');
}

void problem_open(struct text *t, enum kezek_problem problem, enum lang lang, const char *detail,
	const char *request_id, const struct faults *faults)
{
	text_addf(t, "{\"type\":\"urn:kezek:problem:%s\",\"code\":\"%s\",\"title\":",
		problems[problem].code, problems[problem].code);
	text_add_json(t, word_text(problems[problem].title, lang));
	text_addf(t, ",\"status\":%d", problems[problem].status);
	if (detail) {
		text_adds(t, ",\"detail\":");
		text_add_json(t, detail);
	}
	if (request_id) {
		text_adds(t, ",\"trace_id\":");
		text_add_json(t, request_id);
	}
	if (faults && faults->count)
		write_faults(t, faults, lang);
}

void problem_write(struct text *t, enum kezek_problem problem, enum lang lang, const char *detail,
	const char *request_id, const struct faults *faults)
{
	problem_open(t, problem, lang, detail, request_id, faults);
	text_add_char(t, '}');
}
