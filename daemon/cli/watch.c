/* The live view: redrawn on a terminal, a line a round in a pipe. */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/oversee.h"
#include "daemon/cli/verbs.h"
#include "lib/day.h"

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
	(void)number;
	asked_to_stop = 1;
}

/* What one round brought; a part that one may not see, or that did not come, stays NULL. */
struct round {
	json_object *overview, *overdue, *today, *queues;
	char moment[MOMENT_SIZE];
	int failure; /* the first that was not a refusal of the role; 0: none */
};

static json_object *part_get(struct cli *c, struct round *round, const char *path)
{
	struct kezek_response *r;
	json_object *json;
	int failure;

	if (round->failure)
		return NULL;
	failure = kezek_call(c->kezek, "GET", path, NULL, NULL, &r);
	if (failure == KEZEK_FAILURE_refused &&
		(kezek_refusal(c->kezek)->status == 403 || kezek_refusal(c->kezek)->status == 404))
		return NULL;
	round->failure = failure;
	if (failure)
		return NULL;
	json = json_tokener_parse(kezek_response_body(r, NULL));
	kezek_response_free(r);
	return json;
}

static void round_done(struct round *round)
{
	json_object_put(round->overview);
	json_object_put(round->overdue);
	json_object_put(round->today);
	json_object_put(round->queues);
	*round = (struct round){0};
}

/* Is this request due today, on the calendar day of its own zone? */
static bool is_due_today(json_object *r, time_t now)
{
	const char *at = tree_text(r, "/due_at");
	size_t len = strlen(at);
	char day[DAY_TEXT_SIZE];
	int hours = 0, minutes = 0;

	if (len < 6 || sscanf(at + len - 6, "%d:%d", &hours, &minutes) != 2)
		hours = minutes = 0;
	now += hours * 3600 + (hours < 0 ? -minutes : minutes) * 60;
	day_format((int32_t)(now / 86400), day);
	return strcmp(tree_text(r, "/due_on"), day) == 0;
}

/* What is still to be done today: of what falls due within a day, that which is due on this one. */
static json_object *today_get(struct cli *c, struct round *round, time_t now)
{
	char until[32], path[128];
	struct tm utc;
	time_t end = now + 86400;
	_tree_ *soon = NULL;
	json_object *items, *today;

	gmtime_r(&end, &utc);
	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &utc);
	snprintf(path, sizeof(path),
		"/v1/requests?sort=due_at&overdue=false&limit=100&due_before=%s", until);
	soon = part_get(c, round, path);
	if (!soon)
		return NULL;
	today = json_object_new_object();
	items = json_object_new_array();
	json_object_object_add(today, "items", items);
	for (size_t i = 0; i < tree_length(soon, "/items"); i++) {
		json_object *r = tree_item(soon, "/items", i);

		if (is_due_today(r, now))
			json_object_array_add(items, json_object_get(r));
	}
	return today;
}

static void round_make(struct cli *c, struct round *round)
{
	_text_ path = TEXT_INIT;
	time_t now = time(NULL);
	struct tm local;

	text_adds(&path, "/v1/overview");
	query_add_options(&path, c, "by");
	round->overview = part_get(c, round, path.data);
	round->overdue = part_get(c, round, "/v1/overdue?limit=50");
	round->today = today_get(c, round, now);
	round->queues = part_get(c, round, "/v1/queues");
	localtime_r(&now, &local);
	strftime(round->moment, sizeof(round->moment), "%Y-%m-%d %H:%M:%S", &local);
}

static int64_t sum(json_object *answer, const char *pointer)
{
	int64_t total = 0;

	for (size_t i = 0; i < tree_length(answer, "/items"); i++)
		total += tree_count(tree_item(answer, "/items", i), pointer);
	return total;
}

static void totals_write(const struct cli *c, const struct round *round, struct text *t)
{
	static const struct {
		enum say head;
		const char *pointer;
	} parts[] = {{SAY_head_open, "/open"}, {SAY_head_due_today, "/due_today"},
		{SAY_head_due_soon, "/due_in_3_working_days"}, {SAY_head_overdue, "/overdue"},
		{SAY_head_paused, "/paused"}};

	for (size_t i = 0; round->overview && i < ARRAY_SIZE(parts); i++)
		text_addf(t, "  %s %lld", say(parts[i].head, c->lang),
			(long long)sum(round->overview, parts[i].pointer));
	if (round->queues)
		text_addf(t, "  %s %lld  %s %lld", say(SAY_head_waiting, c->lang),
			(long long)sum(round->queues, "/depth"), say(SAY_head_claimed, c->lang),
			(long long)sum(round->queues, "/claimed"));
}

/* The items of one part as a table of at most `rows` rows; returns the lines it took. */
static int part_print(const struct cli *c, json_object *answer, const struct list_look *look,
	enum say title, int rows)
{
	size_t total = tree_length(answer, "/items");
	_table_ t = {0};

	if (total == 0 || rows < 1)
		return 0;
	look->start(c, &t);
	for (size_t i = 0; i < total && i < (size_t)rows; i++)
		look->add(c, &t, tree_item(answer, "/items", i));
	printf("\n%s%s%s", c->colour ? "\033[1m" : "", say(title, c->lang),
		c->colour ? "\033[0m" : "");
	if (total > (size_t)rows)
		printf(" (%d/%zu)", rows, total);
	putchar('\n');
	table_print(&t, stdout, c->colour);
	return (int)table_rows(&t) + 3;
}

static void round_draw(struct cli *c, const struct round *round)
{
	int room = terminal_height(stdout) - 3, part = room > 16 ? room / 4 - 3 : 1;
	_text_ totals = TEXT_INIT;

	fputs("\033[H\033[2J", stdout);
	totals_write(c, round, &totals);
	printf("kezek  %s%s\n", round->moment, totals.data ? totals.data : "");
	if (round->failure) {
		fflush(stdout);
		cli_failure(c, round->failure);
		return;
	}
	room -= part_print(c, round->overview, &overview_look, SAY_watch_overview, part);
	room -= part_print(c, round->queues, &queues_look, SAY_watch_queues, part);
	room -= part_print(c, round->today, &requests_look, SAY_watch_today, part);
	part_print(c, round->overdue, &overdue_look, SAY_watch_overdue, room - 3);
}

static void round_append(struct cli *c, const struct round *round)
{
	_text_ t = TEXT_INIT;

	if (round->failure) {
		cli_failure(c, round->failure);
	} else if (c->json) {
		text_adds(&t, "{\"overview\":");
		text_adds(&t, round->overview ? tree_line(round->overview) : "null");
		text_adds(&t, ",\"overdue\":");
		text_adds(&t, round->overdue ? tree_line(round->overdue) : "null");
		text_adds(&t, ",\"today\":");
		text_adds(&t, round->today ? tree_line(round->today) : "null");
		text_adds(&t, ",\"queues\":");
		text_adds(&t, round->queues ? tree_line(round->queues) : "null");
		printf("%s}\n", t.data);
	} else {
		totals_write(c, round, &t);
		printf("%s%s\n", round->moment, t.data ? t.data : "");
	}
	fflush(stdout);
}

static void pause_make(long seconds)
{
	struct timespec left = {seconds, 0};

	nanosleep(&left, NULL);
}

int watch_run(struct cli *c)
{
	struct sigaction stop = {.sa_handler = on_signal};
	bool drawn = isatty(STDOUT_FILENO) && !c->json;
	long interval, times;
	int rc = session_open(c), failure = 0;

	if (rc || !cli_option_number(c, "interval", 1, 3600, 2, &interval) ||
		!cli_option_number(c, "times", 0, 1000000000, 0, &times))
		return rc ? rc : EXIT_USAGE;
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	fputs(drawn ? "\033[?1049h\033[?25l" : "", stdout);
	for (long i = 0; !asked_to_stop && (times == 0 || i < times); i++) {
		struct round round = {0};

		if (i)
			pause_make(interval);
		if (asked_to_stop)
			break;
		round_make(c, &round);
		if (drawn)
			round_draw(c, &round);
		else
			round_append(c, &round);
		fflush(stdout);
		failure = round.failure;
		round_done(&round);
	}
	fputs(drawn ? "\033[?25h\033[?1049l" : "", stdout);
	if (!failure)
		return EXIT_DONE;
	return failure == KEZEK_FAILURE_refused ? EXIT_REFUSED : EXIT_UNREACHABLE;
}
