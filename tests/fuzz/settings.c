/*
 * The configuration file: whatever it holds, every option keeps a value of its kind; and what was
 * read, written out as a file, is read again without fault and says the same.
 */
#include "daemon/settings.h"
#include "tests/fuzz/target.h"

/* What settings can be written as; the numbers in their smallest unit. */
static void write_path(struct text *t, const char *name, const char *value)
{
	text_addf(t, "%s = %s\n", name, value);
}

#define write_string write_path
#define write_list   write_path

static void write_count(struct text *t, const char *name, int value)
{
	must(value >= 0);
	text_addf(t, "%s=%d\n", name, value);
}

#define write_port write_count

static void write_bytes(struct text *t, const char *name, int64_t value)
{
	must(value >= 0);
	text_addf(t, "\t%s = %jdB\r\n", name, (intmax_t)value);
}

static void write_seconds(struct text *t, const char *name, int64_t value)
{
	must(value >= 0);
	text_addf(t, "# %s\n%s = %jd.%06jd\n", name, name, (intmax_t)(value / 1000000),
		(intmax_t)(value % 1000000));
}

static void write_all(const struct settings *s, struct text *t)
{
	text_reset(t);
#define X(name, kind, standard, doc) write_##kind(t, #name, s->name);
	SETTINGS(X)
#undef X
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_faults_ faults = {0}, none = {0};
	_text_ before = TEXT_INIT, after = TEXT_INIT;
	struct settings s, again;

	settings_init(&s);
	settings_parse(&s, (struct span){(const char *)data, size}, &faults);
	for (size_t i = 0; i < faults.count; i++)
		must(faults.items[i].pointer[0] == '/');
	write_all(&s, &before);
	settings_init(&again);
	settings_parse(&again, text_span(&before), &none);
	must(none.count == 0);
	write_all(&again, &after);
	must(before.len == after.len && memcmp(before.data, after.data, before.len) == 0);
	settings_check(&s, &faults);
	settings_resolve(&s, "/etc/kezek");
	settings_done(&again);
	settings_done(&s);
	return 0;
}
