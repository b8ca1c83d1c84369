/* A directory of calendar files, read into a set. */
#include <dirent.h>
#include <errno.h>

#include "daemon/calendar_files.h"
#include "lib/json.h"

#define CALENDAR_FILE_MAX (16 * 1024 * 1024) /* as much as PUT /v1/calendars takes */

static int is_calendar(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".json") == 0;
}

static int read_file(const char *path, struct text *ret)
{
	FILE *f = fopen(path, "rbe");
	size_t n;
	bool bad;

	if (!f)
		return -errno;
	do {
		n = fread(text_reserve(ret, 65536), 1, 65536, f);
		ret->len += n;
	} while (n && ret->len <= CALENDAR_FILE_MAX);
	bad = ferror(f) != 0;
	fclose(f);
	if (bad)
		return -EIO;
	return ret->len > CALENDAR_FILE_MAX ? -EFBIG : 0;
}

static void complain(FILE *out, const char *where, const struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		_text_ t = TEXT_INIT;

		text_add_fault(&t, &faults->items[i], LANG_EN);
		fprintf(out, "%s: %s: %s\n", where, faults->items[i].pointer, t.data);
	}
}

static int put_file(const char *path, struct calendars *set, FILE *complaints)
{
	_faults_ faults = {0};
	_text_ bytes = TEXT_INIT;
	_json_ *object = NULL;
	struct json_fault bad;
	int r = read_file(path, &bytes);

	if (r) {
		fprintf(complaints, "%s: %s\n", path, strerror(-r));
		return 1;
	}
	if (json_read(text_span(&bytes), NULL, &bad, &object)) {
		json_fault_report(&bad, &faults);
		r = 1;
	} else {
		r = calendars_put(set, object, NULL, 0, "", &faults);
	}
	complain(complaints, path, &faults);
	return r;
}

int calendar_files_load(const char *dir, struct calendars *set, FILE *complaints)
{
	_faults_ faults = {0};
	struct dirent **names;
	int n = scandir(dir, &names, is_calendar, alphasort);
	int r = 0;

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		_text_ path = TEXT_INIT;

		text_addf(&path, "%s/%s", dir, names[i]->d_name);
		r |= put_file(path.data, set, complaints);
		free(names[i]);
	}
	free(names);
	if (r == 0 && calendars_check(set, &faults))
		r = 1;
	complain(complaints, dir, &faults);
	return r;
}
