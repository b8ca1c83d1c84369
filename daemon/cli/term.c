/* `kezek term`: cases from stdin, or one term worked out and shown to a person. */
#include <errno.h>
#include <unistd.h>

#include "daemon/calendar_files.h"
#include "daemon/cli/term.h"
#include "daemon/cli/term_line.h"
#include "daemon/zoneinfo.h"

enum { EXIT_OK, EXIT_REFUSES, EXIT_WRONG_USAGE };

static const char usage[] =
	"Usage: kezek term [--calendars DIR] < cases.ndjson\n"
	"       kezek term AMOUNT UNIT --from DAY|MOMENT [--calendar CODE] [OPTION]...\n"
	"\n"
	"Works out when a term ends, without a server. From standard input it reads one case a\n"
	"line and answers each with one line of JSON; a bad case answers with its error.\n"
	"With AMOUNT and UNIT (hour, working_hour, day, working_day, week, month, year) it says\n"
	"in one sentence when that term ends, and shows the days that counted.\n"
	"\n"
	"  --calendars DIR         calendar files; default: the installed ones\n"
	"  --calendar CODE         which of them; default: kg-state\n"
	"  --from DAY|MOMENT       2025-12-26, or 2025-12-26T10:00:00+06:00\n"
	"  --offset WHAT           next_day or same_day\n"
	"  --after-hours WHAT      as_is or next_working_day\n"
	"  --end WHAT              end_of_day or close\n"
	"  --roll WHAT             forward, none or backward\n"
	"  --min-working-days N\n"
	"  --pause FROM..UNTIL     may be repeated; without UNTIL it is still open\n"
	"  --restart FROM..UNTIL   the same, and the term begins anew at its end\n"
	"  --extend 'AMOUNT UNIT'  may be repeated\n"
	"  --cap 'AMOUNT UNIT'     all within this\n"
	"  --cap-from DAY|MOMENT   what the cap counts from, where that is not --from\n"
	"  --rung AT               a rung of the ladder: 75%, '-3 working_day', '+4 hour', 0\n"
	"  --lang ky|ru|en         default: by the environment\n"
	"  --json                  the answer of the calculator instead\n"
	"  --help\n";

/* The calendars of the source tree where the command runs from its build, else the installed ones.
 */
static const char *usual_calendars(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *build = KEZEK_BUILD_ROOT "/";

	if (n > 0) {
		exe[n] = '\0';
		if (strncmp(exe, build, strlen(build)) == 0)
			return KEZEK_SOURCE_ROOT "/config/calendars";
	}
	return KEZEK_DATADIR "/calendars";
}

static int load_calendars(const struct term_line *l, struct calendars *set)
{
	const char *dir = l->calendars ? l->calendars : usual_calendars();
	int r = calendar_files_load(dir, set, stderr);

	if (r < 0) {
		fprintf(stderr, "kezek term: %s: %s\n", dir, strerror(-r));
		return EXIT_WRONG_USAGE;
	}
	return r ? EXIT_REFUSES : EXIT_OK;
}

static int answer_lines(const struct calendars *set)
{
	_free_ char *line = NULL;
	_text_ answer = TEXT_INIT;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		struct span s = {line, (size_t)len};

		while (s.len && strchr("\r\n \t", s.at[s.len - 1]))
			s.len--;
		if (s.len == 0)
			continue;
		text_reset(&answer);
		term_case_answer(set, s, &answer);
		text_add_char(&answer, '\n');
		fwrite(answer.data, 1, answer.len, stdout);
		/* Somebody may wait for this answer before the next case is asked. */
		if (fflush(stdout) != 0)
			break;
	}
	if (ferror(stdin) || ferror(stdout)) {
		fprintf(stderr, "kezek term: %s\n", strerror(errno));
		return EXIT_REFUSES;
	}
	return EXIT_OK;
}

static bool wants_colour(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

static void print_ladder(const struct term_case *c, const struct term *term, enum lang lang)
{
	for (size_t i = 0; i < c->ladder.count; i++) {
		char name[RUNG_TEXT_SIZE], at[MOMENT_TEXT_SIZE];
		int64_t instant;
		int r = ladder_instant(
			c->calendar, &c->rule, &c->facts, term, &c->ladder.rungs[i], &instant);

		rung_format(&c->ladder.rungs[i], name);
		if (r == 0)
			moment_format(instant, calendar_zone(c->calendar), at);
		printf("%s%16s  %s\n", i ? "" : "\n", name,
			r == 0 ? at
			       : word_text(r == RUNG_VOID ? WORD_term_rung_void
							  : WORD_term_rung_waiting,
					 lang));
	}
}

static int show_case(const struct term_line *l, const struct calendars *set, json_object *object)
{
	_term_case_ c = {0};
	_term_trace_ trace = {0};
	_faults_ faults = {0};
	_text_ t = TEXT_INIT;
	struct term term;

	if (term_case_read(object, set, &faults, &c) == 0 &&
		term_compute(c.calendar, &c.rule, &c.facts, &term))
		faults_add(&faults, "/rule/amount", WORD_reason_out_of_range, "0001-01-01",
			"9999-12-30");
	for (size_t i = 0; i < faults.count; i++) {
		text_reset(&t);
		text_add_fault(&t, &faults.items[i], l->lang);
		fprintf(stderr, "kezek term: %s: %s\n", faults.items[i].pointer, t.data);
	}
	if (faults.count)
		return EXIT_REFUSES;
	term_trace(c.calendar, &c.rule, &c.facts, &term, &trace);
	text_add_term_sentence(&t, c.calendar, &c.rule, 0, &c.facts, &term, &trace, l->lang);
	printf("%s\n", t.data);
	term_months_print(stdout, &c, &term, l->lang, wants_colour());
	print_ladder(&c, &term, l->lang);
	return EXIT_OK;
}

static int answer_line(struct term_line *l, const struct calendars *set, char **operands)
{
	_json_ *object = term_line_case(l, set, operands);
	_text_ answer = TEXT_INIT;
	bool good;

	if (!l->json)
		return show_case(l, set, object);
	good = term_case_answer(set, span_of(json_object_to_json_string(object)), &answer);
	printf("%s\n", answer.data);
	return good ? EXIT_OK : EXIT_REFUSES;
}

int cli_term(int argc, char **argv)
{
	_cleanup_(calendars_freep)
	struct calendars *set = calendars_new(zoneinfo_loader());
	_cleanup_(term_line_done)
	struct term_line l = {0};
	int operands, r;

	term_line_init(&l);
	operands = term_line_take(&l, argc, argv);
	if (l.help && operands >= 0) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	/* At a terminal nobody types cases: who gave nothing wants to know what to give. */
	if (operands == 0 ? isatty(STDIN_FILENO) : operands != 2 || !l.from) {
		fputs(usage, stderr);
		return EXIT_WRONG_USAGE;
	}
	r = load_calendars(&l, set);
	if (r == EXIT_OK)
		r = operands ? answer_line(&l, set, argv + optind) : answer_lines(set);
	return r;
}
