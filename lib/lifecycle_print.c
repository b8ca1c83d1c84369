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

void lifecycle_mermaid(struct text *t)
{
	size_t count;
	const struct lifecycle_row *rows = lifecycle_rows(&count);

	text_adds(t, "stateDiagram-v2\n");
	for (size_t i = 0; i < count; i++) {
		bool is_new = rows[i].from == LIFECYCLE_NEW;

		if (!is_new && rows[i].from == rows[i].to)
			continue; /* an act that stays would only blacken the picture */
		text_addf(t, "\t%s --> %s : %s%s\n", is_new ? "[*]" : state_name(rows[i].from),
			state_name(rows[i].to), act_name(rows[i].act),
			rows[i].is_built ? "" : " (planned)");
	}
	for (int state = 0; state < KEZEK_STATE_COUNT; state++) {
		if (state_is_final((enum kezek_state)state))
			text_addf(t, "\t%s --> [*]\n", state_name((enum kezek_state)state));
	}
}
