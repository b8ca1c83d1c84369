/* The lifecycle for readers: the diagram and the table of the documentation. */
#include "lib/lifecycle.h"

static const struct {
	unsigned bit;
	const char *name;
} facts[] = {
	{FACT_MISSING, "missing"},
	{FACT_PAUSES, "pauses"},
	{FACT_FEE, "fee"},
	{FACT_HELD, "held"},
	{FACT_FOLLOWS, "follows"},
	{FACT_NAMED, "named"},
	{FACT_WAITS, "waits"},
	{FACT_PART, "part"},
	{FACT_OWES, "owes"},
};

static const char *from_name(const struct lifecycle_row *row)
{
	return row->from == LIFECYCLE_NEW ? "" : state_name(row->from);
}

static void add_roles(struct text *t, unsigned roles)
{
	const char *comma = "";

	for (int role = 0; role < KEZEK_ROLE_COUNT; role++) {
		if (!(roles & 1u << role))
			continue;
		text_addf(t, "%s%s", comma, role_name((enum kezek_role)role));
		comma = ",";
	}
	if (roles & LIFECYCLE_DAEMON)
		text_addf(t, "%sdaemon", comma);
}

static void add_guard(struct text *t, const struct lifecycle_row *row)
{
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if (!((row->needs | row->lacks) & facts[i].bit))
			continue;
		text_addf(
			t, "%s%s%s", comma, row->lacks & facts[i].bit ? "not " : "", facts[i].name);
		comma = ", ";
	}
	if (!*comma)
		text_add_char(t, '-');
}

void lifecycle_tsv(struct text *t)
{
	size_t count;
	const struct lifecycle_row *rows = lifecycle_rows(&count);

	for (size_t i = 0; i < count; i++) {
		text_addf(t, "%s\t%s\t%s\t", from_name(&rows[i]), act_name(rows[i].act),
			state_name(rows[i].to));
		add_roles(t, rows[i].roles);
		text_add_char(t, '\t');
		add_guard(t, &rows[i]);
		text_addf(t, "\t%s\t%s\n", rows[i].is_built ? "built" : "planned", rows[i].why);
	}
}

/* An act that stays would only blacken the picture; those that lead one way share an arrow. */
static void add_arrow(struct text *t, enum kezek_state from, enum kezek_state to)
{
	size_t count;
	const struct lifecycle_row *rows = lifecycle_rows(&count);
	bool is_new = from == LIFECYCLE_NEW, any = false;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].from != from || rows[i].to != to || (!is_new && from == to))
			continue;
		if (!any)
			text_addf(t, "    %s --> %s : ", is_new ? "[*]" : state_name(from),
				state_name(to));
		text_addf(t, "%s%s", any ? ", " : "", act_name(rows[i].act));
		any = true;
	}
	if (any)
		text_add_char(t, '\n');
}

static void add_diagram(struct text *t)
{
	text_adds(t, "```mermaid\nstateDiagram-v2\n");
	for (int to = 0; to < KEZEK_STATE_COUNT; to++)
		add_arrow(t, LIFECYCLE_NEW, (enum kezek_state)to);
	for (int from = 0; from < KEZEK_STATE_COUNT; from++) {
		for (int to = 0; to < KEZEK_STATE_COUNT; to++)
			add_arrow(t, (enum kezek_state)from, (enum kezek_state)to);
		if (state_is_final((enum kezek_state)from))
			text_addf(t, "    %s --> [*]\n", state_name((enum kezek_state)from));
	}
	text_adds(t, "```\n");
}

void lifecycle_page(struct text *t)
{
	size_t count;
	const struct lifecycle_row *rows = lifecycle_rows(&count);

	text_adds(t, "# The lifecycle of a request\n\nMade from lifecycle.def by "
		     "`lifecycle-table page`; a lint compares the two.\n\n");
	add_diagram(t);
	text_adds(t, "\n| from | act | to | who | where | |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < count; i++) {
		text_addf(t, "| %s | %s | %s | ",
			rows[i].from == LIFECYCLE_NEW ? "–" : from_name(&rows[i]),
			act_name(rows[i].act), state_name(rows[i].to));
		add_roles(t, rows[i].roles);
		text_adds(t, " | ");
		add_guard(t, &rows[i]);
		text_addf(t, " | %s%s |\n", rows[i].why, rows[i].is_built ? "" : " (planned)");
	}
}
