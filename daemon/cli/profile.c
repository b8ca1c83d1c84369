/* Profiles: reads one section of the configuration file. */
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/cli/profile.h"

static char *folder_find(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct text t = TEXT_INIT;

	if (base && *base == '/')
		text_addf(&t, "%s/kezek", base);
	else
		text_addf(&t, "%s/.config/kezek", home ? home : "");
	return text_steal(&t);
}

static char *trimmed(const char *from, const char *end)
{
	char *copy;

	while (from < end && strchr(" \t\r\n", *from))
		from++;
	while (end > from && strchr(" \t\r\n", end[-1]))
		end--;
	copy = strndup(from, (size_t)(end - from));
	if (!copy)
		abort();
	return copy;
}

/* "name = value" of the section; a line that is neither that, a head nor a comment is a fault. */
static bool line_read(struct profile *p, const char *line)
{
	const char *equals = strchr(line, '=');
	struct profile_line *more;

	if (!equals)
		return false;
	more = realloc(p->lines, (p->count + 1) * sizeof(*more));
	if (!more)
		abort();
	p->lines = more;
	p->lines[p->count].name = trimmed(line, equals);
	p->lines[p->count++].value = trimmed(equals + 1, equals + strlen(equals));
	return true;
}

/* The number of the first bad line, else 0. *ret_found: the section is there. */
static int section_read(struct profile *p, FILE *f, const char *name, bool *ret_found)
{
	_free_ char *line = NULL;
	size_t room = 0;
	bool inside = false;

	for (int number = 1; getline(&line, &room, f) > 0; number++) {
		const char *at = line + strspn(line, " \t\r\n");
		const char *end = strchr(at, ']');

		if (*at == '\0' || *at == '#' || *at == ';')
			continue;
		if (*at == '[' && end) {
			_free_ char *head = trimmed(at + 1, end);

			inside = strcmp(head, name) == 0;
			*ret_found = *ret_found || inside;
		} else if (inside && !line_read(p, at)) {
			return number;
		}
	}
	return 0;
}

int profile_open(const struct cli *c, struct profile *ret_profile)
{
	const char *name = cli_option(c, "profile");
	struct profile p = {.folder = folder_find()};
	_text_ path = TEXT_INIT;
	bool found = false;
	int bad = 0;
	struct stat st;
	FILE *f;

	if (!name)
		name = getenv("KEZEK_PROFILE");
	p.is_named = name && *name;
	text_addf(&path, "%s/config", p.folder);
	f = fopen(path.data, "re");
	if (f)
		bad = section_read(&p, f, p.is_named ? name : "default", &found);
	if (f && fstat(fileno(f), &st) == 0 && (st.st_mode & 077) && profile_has(&p, "token"))
		cli_refuse(c, SAY_warn_config_open, path.data);
	if (f)
		fclose(f);
	if (bad)
		text_addf(&path, ":%d", bad);
	if (bad || (p.is_named && !found)) {
		profile_done(&p);
		return bad ? cli_usage(c, SAY_usage_config_line, path.data)
			   : cli_usage(c, SAY_usage_no_profile, name);
	}
	*ret_profile = p;
	return 0;
}

static const char *profile_find(const struct profile *p, const char *name)
{
	for (size_t i = p->count; i-- > 0;) {
		if (strcmp(p->lines[i].name, name) == 0)
			return p->lines[i].value;
	}
	return NULL;
}

bool profile_has(const struct profile *p, const char *name)
{
	return profile_find(p, name) != NULL;
}

char *profile_get(const struct profile *p, const char *name, bool is_path)
{
	const char *value = profile_find(p, name), *home = getenv("HOME");
	struct text t = TEXT_INIT;

	if (is_path && strncmp(value, "~/", 2) == 0 && home)
		text_addf(&t, "%s%s", home, value + 1);
	else if (is_path && *value != '/')
		text_addf(&t, "%s/%s", p->folder, value);
	else
		text_adds(&t, value);
	return text_steal(&t);
}

void profile_done(struct profile *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->lines[i].name);
		free(p->lines[i].value);
	}
	free(p->lines);
	free(p->folder);
	*p = (struct profile){0};
}
