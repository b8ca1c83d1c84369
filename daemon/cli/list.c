/* Lists: the first page, all pages, or the server's own stream of them. */
#include <stdio.h>

#include "daemon/cli/list.h"

#define BLOCK 1000 /* rows that are aligned together when all pages are printed */

const struct list_look requests_look = {requests_start, requests_add};

/* A stream on its way to stdout; `is_json` where the server gave JSON though something else was
 * asked for. */
struct stream {
	bool has_begun, is_json;
};

static int stream_on_bytes(const void *data, size_t size, void *context)
{
	struct stream *s = context;

	if (!s->has_begun && size)
		s->is_json = memcmp(data, "{\"items\"", size < 8 ? size : 8) == 0;
	s->has_begun = true;
	if (s->is_json)
		return -1;
	return fwrite(data, 1, size, stdout) == size ? 0 : -1;
}

static int stream_print(struct cli *c, const char *path, const char *accept)
{
	struct stream s = {0};
	struct kezek_response *r;
	int rc = kezek_download(c->kezek, path, accept, stream_on_bytes, &s, &r);

	if (s.is_json)
		return cli_refuse(c, SAY_no_stream, accept);
	if (rc)
		return cli_failure(c, rc);
	kezek_response_free(r);
	return EXIT_DONE;
}

static void block_print(
	const struct cli *c, struct table *t, const struct list_look *look, bool first)
{
	t->is_plain = !first;
	table_print(t, stdout, c->colour);
	table_done(t);
	look->start(c, t);
}

/* Every page, as one JSON document or as one table. */
static int pages_print(struct cli *c, const char *path, const struct list_look *look)
{
	struct kezek_list *l;
	const char *item = NULL;
	_table_ t = {0};
	size_t count = 0;
	int rc = kezek_list_open(c->kezek, path, &l);

	if (rc)
		return cli_failure(c, rc);
	look->start(c, &t);
	fputs(c->json ? "{\"items\":[" : "", stdout);
	while ((rc = kezek_list_next(l, &item)) == 0 && item) {
		_tree_ *parsed = c->json ? NULL : json_tokener_parse(item);

		if (c->json)
			printf("%s%s", count ? ",\n" : "\n", item);
		else
			look->add(c, &t, parsed);
		if (++count % BLOCK == 0 && !c->json)
			block_print(c, &t, look, count == BLOCK);
	}
	if (c->json)
		printf("%s],\"page\":{\"end_cursor\":null,\"has_more\":%s}}\n", count ? "\n" : "",
			rc ? "true" : "false");
	else if (table_rows(&t) || count == 0)
		block_print(c, &t, look, count < BLOCK);
	kezek_list_free(l);
	return rc ? cli_failure(c, rc) : EXIT_DONE;
}

void items_print(const struct cli *c, json_object *answer, const struct list_look *look)
{
	const char *at = json_object_is_type(answer, json_type_array) ? "" : "/items";
	_table_ t = {0};

	look->start(c, &t);
	for (size_t i = 0; i < tree_length(answer, at); i++)
		look->add(c, &t, tree_item(answer, at, i));
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
	else
		fprintf(stderr, "%s\n", say(SAY_nothing, c->lang));
}

void more_print(const struct cli *c, json_object *answer)
{
	_free_ char *more = NULL;

	if (!tree_is_true(answer, "/page/has_more"))
		return;
	more = say_with(SAY_more, c->lang, tree_text(answer, "/page/end_cursor"));
	fprintf(stderr, "%s\n", more);
}

static int page_print(struct cli *c, const char *path, const struct list_look *look)
{
	struct kezek_response *r;
	_tree_ *answer = NULL;
	int rc = cli_call(c, "GET", path, NULL, &r);

	if (rc)
		return rc;
	if (c->json)
		return answer_print(c, r, NULL);
	answer = cli_response_json(c, r);
	kezek_response_free(r);
	if (!answer)
		return EXIT_REFUSED;
	items_print(c, answer, look);
	if (*tree_text(answer, "/page/total"))
		fprintf(stderr, "%s %s\n", say(SAY_total, c->lang),
			tree_text(answer, "/page/total"));
	more_print(c, answer);
	return EXIT_DONE;
}

int list_run(struct cli *c, const char *path, const struct list_look *look)
{
	_text_ whole = TEXT_INIT;
	bool all = cli_option(c, "all") != NULL;
	long limit;
	int rc;

	if (!cli_option_number(c, "limit", 1, 500, all ? 500 : 0, &limit))
		return EXIT_USAGE;
	rc = session_open(c);
	if (rc)
		return rc;
	text_adds(&whole, path);
	if (cli_option(c, "csv"))
		return stream_print(c, path, "text/csv");
	if (cli_option(c, "ndjson"))
		return stream_print(c, path, "application/x-ndjson");
	if (limit)
		text_addf(&whole, "%climit=%ld", strchr(path, '?') ? '&' : '?', limit);
	query_add_options(&whole, c, "after count");
	return all ? pages_print(c, whole.data, look) : page_print(c, whole.data, look);
}
