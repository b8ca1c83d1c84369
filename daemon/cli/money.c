/* Amounts as people write them. */
#include <inttypes.h>

#include "daemon/cli/money.h"

void text_add_money(struct text *t, int64_t tyiyn, enum lang lang)
{
	text_addf(t, "%" PRId64, tyiyn / 100);
	if (tyiyn % 100)
		text_addf(t, ".%02d", (int)(tyiyn % 100));
	text_addf(t, " %s", say(SAY_som, lang));
}

void text_add_term(struct text *t, json_object *term, enum lang lang)
{
	static const struct {
		const char *unit;
		enum say one, many;
	} units[] = {
		{"hour", SAY_unit_hour, SAY_unit_hours},
		{"working_hour", SAY_unit_working_hour, SAY_unit_working_hours},
		{"day", SAY_unit_day, SAY_unit_days},
		{"working_day", SAY_unit_working_day, SAY_unit_working_days},
		{"week", SAY_unit_week, SAY_unit_weeks},
		{"month", SAY_unit_month, SAY_unit_months},
		{"year", SAY_unit_year, SAY_unit_years},
	};
	const char *unit = tree_text(term, "/unit"), *start = tree_text(term, "/start");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].unit, unit) == 0)
			unit = say(tree_count(term, "/amount") == 1 ? units[i].one : units[i].many,
				lang);
	}
	text_addf(t, "%s %s", tree_text(term, "/amount"), unit);
	if (*start)
		text_addf(t, " (%s)", start);
}
