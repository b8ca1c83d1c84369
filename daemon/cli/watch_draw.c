/* Drawing a round of the live view: the totals, and of each part as many rows as the terminal has
 * room for. */
#include <stdio.h>

#include "daemon/cli/oversee.h"
#include "daemon/cli/watch.h"

#define PART_LINES 3 /* a part takes these beside its rows: a gap, its title, its heads */
#define PART_LEAST 2 /* a part that has not even so many rows leaves its room to the others */

static int64_t sum(json_object *answer, const char *pointer)
{
	int64_t total = 0;

	for (size_t i = 0; i < tree_length(answer, "/items"); i++)
		total += tree_count(tree_item(answer, "/items", i), pointer);
	return total;
}

/* "  OPEN 17"; goes on in a new line where `width` columns (0: any) are full. */
static void total_add(const struct cli *c, struct text *t, int width, enum say head, int64_t n)
{
	_text_ one = TEXT_INIT;
	const char *line = t->data ? strrchr(t->data, '\n') : NULL;

	text_addf(&one, "  %s %lld", say(head, c->lang), (long long)n);
	line = line ? line + 1 : t->data ? t->data : "";
	if (width && text_width(line) + text_width(one.data) > width)
		text_add_char(t, '\n');
	text_adds(t, one.data);
}

static void totals_write(const struct cli *c, const struct round *round, int width, struct text *t)
{
	static const struct {
		enum watch_part part;
		enum say head;
		const char *pointer;
		bool is_told; /* where there is any */
	} totals[] = {{WATCH_overview, SAY_head_open, "/open", false},
		{WATCH_overview, SAY_head_due_today, "/due_today", false},
		{WATCH_overview, SAY_head_due_soon, "/due_in_3_working_days", false},
		{WATCH_overview, SAY_head_overdue, "/overdue", false},
		{WATCH_overview, SAY_head_paused, "/paused", false},
		{WATCH_queues, SAY_head_waiting, "/depth", false},
		{WATCH_queues, SAY_head_claimed, "/claimed", false},
		{WATCH_overview, SAY_head_warned, "/warned", true},
		{WATCH_overview, SAY_head_escalated, "/escalated", true},
		{WATCH_overview, SAY_head_on_desk, "/on_desk", true}};

	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		json_object *answer = round->part[totals[i].part];
		int64_t n = sum(answer, totals[i].pointer);

		if (answer && (n || !totals[i].is_told))
			total_add(c, t, width, totals[i].head, n);
	}
}

/* Which rows of the overview matter when there is no room for all. */
static int by_trouble(const void *a, const void *b)
{
	static const char *const pointers[] = {
		"/overdue", "/escalated", "/on_desk", "/warned", "/due_today", "/open"};
	json_object *first = *(json_object *const *)a, *second = *(json_object *const *)b;

	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
		int64_t x = tree_count(first, pointers[i]), y = tree_count(second, pointers[i]);

		if (x != y)
			return x < y ? 1 : -1;
	}
	return strcmp(overview_key(first), overview_key(second));
}

/* Shares `room` lines: what matters least goes without where not all fit, the rest grow row by row.
 */
static void rows_share(const struct round *round, int room, int ret_rows[WATCH_COUNT])
{
	int total[WATCH_COUNT];
	bool grew = true;

	for (int i = 0; i < WATCH_COUNT; i++) {
		int least;

		total[i] = (int)tree_length(round->part[i], "/items");
		least = total[i] < PART_LEAST ? total[i] : PART_LEAST;
		ret_rows[i] = least && PART_LINES + least <= room ? least : 0;
		room -= ret_rows[i] ? PART_LINES + least : 0;
	}
	while (grew && room > 0) {
		grew = false;
		for (int i = 0; i < WATCH_COUNT && room > 0; i++) {
			if (!ret_rows[i] || ret_rows[i] == total[i])
				continue;
			ret_rows[i]++;
			room--;
			grew = true;
		}
	}
}

static void part_draw(const struct cli *c, json_object *answer, const struct list_look *look,
	enum say title, int rows)
{
	size_t total = tree_length(answer, "/items");
	_table_ t = {0};

	look->start(c, &t);
	for (size_t i = 0; i < (size_t)rows; i++)
		look->add(c, &t, tree_item(answer, "/items", i));
	printf("\n%s%s%s", c->colour ? "\033[1m" : "", say(title, c->lang),
		c->colour ? "\033[0m" : "");
	if (total > (size_t)rows)
		printf(" (%d/%zu%s)", rows, total,
			tree_is_true(answer, "/page/has_more") ? "+" : "");
	putchar('\n');
	table_print(&t, stdout, c->colour);
}

static int lines_of(const char *text)
{
	int lines = 1;

	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

void round_draw(struct cli *c, const struct round *round)
{
	const struct {
		const struct list_look *look;
		enum say title;
	} parts[WATCH_COUNT] = {
		[WATCH_overview] = {overview_look_of(round->part[WATCH_overview]),
			SAY_watch_overview},
		[WATCH_told] = {&notifications_look, SAY_watch_told},
		[WATCH_overdue] = {&overdue_look, SAY_watch_overdue},
		[WATCH_today] = {&requests_look, SAY_watch_today},
		[WATCH_queues] = {&queues_look, SAY_watch_queues},
	};
	json_object *items = tree_at(round->part[WATCH_overview], "/items");
	_text_ totals = TEXT_INIT;
	int rows[WATCH_COUNT];

	fputs("\033[H\033[2J", stdout);
	text_addf(&totals, "kezek  %s", round->moment);
	totals_write(c, round, terminal_width(stdout), &totals);
	printf("%s\n", totals.data);
	if (round->failure) {
		fflush(stdout);
		cli_failure(c, round->failure);
		return;
	}
	if (items)
		json_object_array_sort(items, by_trouble);
	rows_share(round, terminal_height(stdout) - 1 - lines_of(totals.data), rows);
	for (int i = 0; i < WATCH_COUNT; i++) {
		if (rows[i])
			part_draw(c, round->part[i], parts[i].look, parts[i].title, rows[i]);
	}
}

void round_append(struct cli *c, const struct round *round)
{
	static const char *const names[WATCH_COUNT] = {[WATCH_overview] = "overview",
		[WATCH_told] = "notifications",
		[WATCH_overdue] = "overdue",
		[WATCH_today] = "today",
		[WATCH_queues] = "queues"};
	_text_ t = TEXT_INIT;

	if (round->failure) {
		cli_failure(c, round->failure);
	} else if (c->json) {
		for (int i = 0; i < WATCH_COUNT; i++)
			text_addf(&t, "%c\"%s\":%s", i ? ',' : '{', names[i],
				round->part[i] ? tree_line(round->part[i]) : "null");
		printf("%s}\n", t.data);
	} else {
		text_adds(&t, round->moment);
		totals_write(c, round, 0, &t);
		printf("%s\n", t.data);
	}
	fflush(stdout);
}
