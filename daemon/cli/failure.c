/* What to tell a person when a call fails: the problem with every fault on a line, or the way that
 * is barred. */
#include <errno.h>
#include <stdio.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/show.h"

static const enum say sentences[KEZEK_FAILURE_COUNT] = {
#define X(name, meaning) [KEZEK_FAILURE_##name] = SAY_failure_##name,
	KEZEK_FAILURES(X)
#undef X
};

void refusal_print(const struct cli *c, const struct kezek_refusal *f, FILE *out)
{
	_text_ t = TEXT_INIT;

	text_addf(&t, "kezek: %s (%s)\n", *f->title ? f->title : f->code, f->code);
	if (*f->detail && strcmp(f->detail, f->title) != 0)
		text_addf(&t, "  %s\n", f->detail);
	for (size_t i = 0; i < f->invalid_param_count; i++)
		text_addf(&t, "  %s: %s\n",
			*f->invalid_params[i].name ? f->invalid_params[i].name : "/",
			*f->invalid_params[i].reason ? f->invalid_params[i].reason
						     : f->invalid_params[i].code);
	if (f->open_act_count) {
		text_addf(&t, "  %s:", say(SAY_open_acts, c->lang));
		for (size_t i = 0; i < f->open_act_count; i++)
			text_addf(&t, "%s %s", i ? "," : "", f->open_acts[i]);
		text_adds(&t, "\n");
	}
	if (f->status >= 500 && *f->trace_id)
		text_addf(&t, "  %s %s\n", say(SAY_trace, c->lang), f->trace_id);
	put_clean(out, t.data, t.len);
}

int cli_failure(struct cli *c, int failure)
{
	const struct kezek_refusal *f = kezek_refusal(c->kezek);
	_free_ char *sentence = NULL;
	const char *detail = kezek_failure_detail(c->kezek);

	if (failure == KEZEK_FAILURE_refused && f) {
		if (c->json)
			fprintf(stderr, "%s\n", f->json);
		else
			refusal_print(c, f, stderr);
		return EXIT_REFUSED;
	}
	if (failure < 0) {
		fprintf(stderr, "kezek: %s\n", kezek_failure_text(failure));
		return failure == -EINVAL ? EXIT_USAGE : EXIT_REFUSED;
	}
	sentence = say_with(sentences[failure], c->lang,
		failure == KEZEK_FAILURE_certificate_file || failure == KEZEK_FAILURE_key_file ||
				failure == KEZEK_FAILURE_ca_file
			? detail
			: kezek_url(c->kezek));
	fprintf(stderr, "kezek: %s\n", sentence);
	if (*detail && !strstr(sentence, detail))
		fprintf(stderr, "  %s\n", detail);
	return failure == KEZEK_FAILURE_aborted ? EXIT_REFUSED : EXIT_UNREACHABLE;
}
