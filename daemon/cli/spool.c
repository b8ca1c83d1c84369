/* What lies in the spool, for people: listing it, showing an entry, taking one away. */
#include <stdio.h>

#include "daemon/cli/show.h"
#include "daemon/cli/spool.h"
#include "daemon/cli/verbs.h"

static void heads_add(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_slip_reference, SAY_head_received, SAY_head_service,
		SAY_head_office, SAY_head_applicant, SAY_head_state};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[4].may_shrink = true;
	t->columns[3].may_go = 1;
}

static void entry_add(const struct cli *c, struct table *t, json_object *entry)
{
	_tree_ *body = spool_body(entry);
	json_object *problem = tree_at(entry, "/problem");
	char moment[MOMENT_SIZE];

	table_cell(t, tree_text(entry, "/reference"));
	table_cell(t, moment_short(tree_text(entry, "/received_at"), moment));
	table_cell(t, tree_text(body, "/service"));
	table_cell(t, tree_text(entry, "/office"));
	table_cell(t, tree_text(body, "/applicant/name"));
	table_cell(t, say(problem    ? SAY_spool_is_refused
			      : body ? SAY_spool_waits
				     : SAY_spool_is_unreadable,
			      c->lang));
	if (!problem)
		return;
	table_mark(t);
	table_note(t, tree_text(problem, "/title"));
	for (size_t i = 0; i < tree_length(problem, "/invalid_params"); i++) {
		json_object *fault = tree_item(problem, "/invalid_params", i);
		_text_ line = TEXT_INIT;

		text_addf(&line, "%s: %s", tree_text(fault, "/name"), tree_text(fault, "/reason"));
		table_note(t, line.data);
	}
}

int spool_list_run(struct cli *c)
{
	_cleanup_(spool_done)
	struct spool s = {.fd = -1};
	_tree_ *all = NULL;
	_table_ t = {0};
	int rc = spool_open(c, false, &s);

	if (rc)
		return rc;
	all = spool_all(&s);
	if (c->json) {
		printf("{\"items\":%s}\n", tree_line(all));
		return EXIT_DONE;
	}
	heads_add(c, &t);
	for (size_t i = 0; i < json_object_array_length(all); i++)
		entry_add(c, &t, json_object_array_get_idx(all, i));
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
	else
		fprintf(stderr, "kezek: %s\n", say(SAY_spool_empty, c->lang));
	return EXIT_DONE;
}

/* Holds the entry that the line names. 0, or an exit code and the reason was printed. */
static int entry_hold(struct cli *c, struct spool *s, struct spool_entry *ret_entry)
{
	int rc = spool_open(c, false, s);

	if (rc)
		return rc;
	switch (spool_take(s, c->args[0], ret_entry)) {
	case 0:
		return 0;
	case SPOOL_BUSY:
		return cli_refuse(c, SAY_spool_busy, c->args[0]);
	case SPOOL_GONE:
		return cli_refuse(c, SAY_spool_no_entry, c->args[0]);
	default:
		return cli_refuse(c, SAY_spool_unreadable, s->folder);
	}
}

static void entry_print(const struct cli *c, json_object *entry)
{
	if (c->json) {
		printf("%s\n", tree_line(entry));
		return;
	}
	slip_print(c, entry);
	if (tree_at(entry, "/problem")) {
		printf("\n%s\n", say(SAY_spool_is_refused, c->lang));
		problem_print(tree_at(entry, "/problem"), stdout);
	}
}

int spool_show_run(struct cli *c)
{
	_cleanup_(spool_done)
	struct spool s = {.fd = -1};
	struct spool_entry e = {.fd = -1};
	int rc = entry_hold(c, &s, &e);

	if (rc)
		return rc;
	entry_print(c, e.json);
	spool_release(&e);
	return EXIT_DONE;
}

/* The last that is known of it goes to whoever takes it away. */
int spool_drop_run(struct cli *c)
{
	_cleanup_(spool_done)
	struct spool s = {.fd = -1};
	struct spool_entry e = {.fd = -1};
	int rc = entry_hold(c, &s, &e);

	if (rc)
		return rc;
	entry_print(c, e.json);
	if (fflush(stdout) != 0 || spool_remove(&s, &e) < 0)
		rc = cli_refuse(c, SAY_usage_file, s.folder);
	spool_release(&e);
	return rc;
}
