/* The live view: redrawn on a terminal, a line a round in a pipe. */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/verbs.h"
#include "daemon/cli/watch.h"
#include "lib/day.h"

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
	(void)number;
	asked_to_stop = 1;
}

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
	for (int i = 0; i < WATCH_COUNT; i++)
		json_object_put(round->part[i]);
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
	round->part[WATCH_overview] = part_get(c, round, path.data);
	round->part[WATCH_told] = part_get(c, round, "/v1/notifications?unseen=1");
	round->part[WATCH_overdue] = part_get(c, round, "/v1/overdue?limit=50");
	round->part[WATCH_today] = today_get(c, round, now);
	round->part[WATCH_queues] = part_get(c, round, "/v1/queues");
	localtime_r(&now, &local);
	strftime(round->moment, sizeof(round->moment), "%Y-%m-%d %H:%M:%S", &local);
}

static void pause_make(long seconds)
{
	struct timespec left = {seconds, 0};

	nanosleep(&left, NULL);
}

int watch_run(struct cli *c)
{
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
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
		if (asked_to_stop) { /* in the middle of a call: that is no failure */
			round_done(&round);
			break;
		}
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
