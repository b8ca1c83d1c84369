/* The way to the server: from options, environment and profile to a handle, and calls through it.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/profile.h"

/* Where each setting comes from, and which option of libkezek it becomes. */
static const struct {
	const char *option, *variable, *name;
	bool is_path;
	enum kezek_option to;
} ways[] = {
	{"ca", "KEZEK_CA", "ca", true, KEZEK_OPTION_ca},
	{"cert", "KEZEK_CERT", "cert", true, KEZEK_OPTION_certificate},
	{"key", "KEZEK_KEY", "key", true, KEZEK_OPTION_key},
	{NULL, "KEZEK_TOKEN", "token", false, KEZEK_OPTION_token},
	{"actor", "KEZEK_ACTOR", "actor", false, KEZEK_OPTION_actor},
};

/* Option, then a profile that was named, then the environment, then the profile `default`. */
static char *setting_find(const struct cli *c, const struct profile *p, const char *option,
	const char *variable, const char *name, bool is_path)
{
	const char *value = option ? cli_option(c, option) : NULL;

	if (!value && p->is_named && profile_has(p, name))
		return profile_get(p, name, is_path);
	if (!value)
		value = getenv(variable);
	if ((!value || !*value) && profile_has(p, name))
		return profile_get(p, name, is_path);
	return value && *value ? strdup(value) : NULL;
}

static int url_open(struct cli *c, const struct profile *p)
{
	_free_ char *url = setting_find(c, p, "url", "KEZEK_URL", "url", false);
	_text_ whole = TEXT_INIT;

	if (!url)
		return cli_usage(c, SAY_usage_no_server, NULL);
	text_addf(&whole, "%s%s", strstr(url, "://") ? "" : "https://", url);
	if (kezek_new(whole.data, &c->kezek) < 0)
		return cli_usage(c, SAY_usage_bad_url, url);
	return 0;
}

/* A token in a file: its first line. */
static int token_read(struct cli *c, const char *path)
{
	_free_ char *line = NULL;
	size_t room = 0;
	FILE *f = fopen(path, "re");
	ssize_t len = f ? getline(&line, &room, f) : -1;

	if (f)
		fclose(f);
	if (len <= 0)
		return cli_usage(c, SAY_usage_file, path);
	line[strcspn(line, "\r\n")] = '\0';
	return kezek_set(c->kezek, KEZEK_OPTION_token, line) < 0
		       ? cli_usage(c, SAY_usage_file, path)
		       : 0;
}

static int limits_set(struct cli *c)
{
	char ms[32];
	long seconds;

	/* Somebody stands at the counter, and nothing is lost by giving up. */
	bool is_brief = cli_option(c, "spool") != NULL;

	if (!cli_option_number(c, "timeout", 1, 3600, is_brief ? 20 : 60, &seconds))
		return EXIT_USAGE;
	if (is_brief && kezek_set(c->kezek, KEZEK_OPTION_retries, "1") < 0)
		return cli_failure(c, -EINVAL);
	snprintf(ms, sizeof(ms), "%ld", seconds * 1000);
	if (kezek_set(c->kezek, KEZEK_OPTION_answer_ms, ms) < 0 ||
		kezek_set(c->kezek, KEZEK_OPTION_language, lang_code(c->lang)) < 0)
		return cli_failure(c, -EINVAL);
	if (atol(ms) < 10000 && kezek_set(c->kezek, KEZEK_OPTION_connect_ms, ms) < 0)
		return cli_failure(c, -EINVAL);
	return 0;
}

int session_open(struct cli *c)
{
	_cleanup_(profile_done)
	struct profile p = {0};
	const char *token_file = cli_option(c, "token-file");
	int rc;

	if (c->kezek)
		return 0;
	rc = profile_open(c, &p);
	rc = rc ? rc : url_open(c, &p);
	rc = rc ? rc : limits_set(c);
	if (rc)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		_free_ char *value = setting_find(
			c, &p, ways[i].option, ways[i].variable, ways[i].name, ways[i].is_path);

		if (value && kezek_set(c->kezek, ways[i].to, value) < 0)
			return cli_usage(c, SAY_usage_bad_setting, ways[i].variable);
		if (ways[i].to == KEZEK_OPTION_actor) {
			c->actor = value;
			value = NULL;
		}
	}
	return token_file ? token_read(c, token_file) : 0;
}

int session_spool(const struct cli *c, char **ret_folder)
{
	_cleanup_(profile_done)
	struct profile p = {0};
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	_text_ folder = TEXT_INIT;
	char *said;
	int rc = profile_open(c, &p);

	if (rc)
		return rc;
	said = setting_find(c, &p, "spool-dir", "KEZEK_SPOOL", "spool", true);
	if (state && *state == '/')
		text_addf(&folder, "%s/kezek/spool", state);
	else
		text_addf(&folder, "%s/.local/state/kezek/spool", home ? home : "");
	*ret_folder = said ? said : text_steal(&folder);
	return 0;
}

int cli_call(struct cli *c, const char *method, const char *path, const char *body,
	struct kezek_response **ret_response)
{
	struct kezek_body sent = {.data = body, .size = body ? strlen(body) : 0};
	const char *key = cli_option(c, "idempotency-key");
	char field[192];
	const char *headers[] = {field, NULL};
	int rc = session_open(c);

	if (rc)
		return rc;
	snprintf(field, sizeof(field), "Idempotency-Key: %s", key ? key : "");
	rc = kezek_call(c->kezek, method, path, key && strcmp(method, "POST") == 0 ? headers : NULL,
		body ? &sent : NULL, ret_response);
	return rc ? cli_failure(c, rc) : 0;
}

json_object *cli_response_json(struct cli *c, struct kezek_response *r)
{
	json_object *json = json_tokener_parse(kezek_response_body(r, NULL));

	if (!json)
		cli_refuse(c, SAY_not_json, NULL);
	return json;
}

int cli_get(struct cli *c, const char *path, json_object **ret_json)
{
	struct kezek_response *r;
	json_object *json;
	int rc = cli_call(c, "GET", path, NULL, &r);

	if (rc)
		return rc;
	json = cli_response_json(c, r);
	kezek_response_free(r);
	if (!json)
		return EXIT_REFUSED;
	*ret_json = json;
	return 0;
}

char *cli_path(const char *format, ...)
{
	struct text t = TEXT_INIT;
	va_list ap;

	va_start(ap, format);
	for (; *format; format++) {
		if (*format == '%') {
			_free_ char *escaped = kezek_escape(va_arg(ap, const char *));

			if (!escaped)
				abort();
			text_adds(&t, escaped);
		} else {
			text_add_char(&t, *format);
		}
	}
	va_end(ap);
	return text_steal(&t);
}

void query_add(struct text *path, const char *name, const char *value)
{
	_free_ char *escaped = value ? kezek_escape(value) : NULL;

	if (value && !escaped)
		abort();
	if (value)
		text_addf(path, "%c%s=%s", strchr(path->data, '?') ? '&' : '?', name, escaped);
}

void query_add_options(struct text *path, const struct cli *c, const char *names)
{
	while (*(names += strspn(names, " "))) {
		size_t len = strcspn(names, " ");
		_free_ char *option = strndup(names, len);
		_free_ char *member = strndup(names, len);
		const char *value;

		if (!option || !member)
			abort();
		for (char *s = member; *s; s++)
			*s = *s == '-' ? '_' : *s;
		value = cli_option(c, option);
		query_add(path, member, value && !*value ? "true" : value);
		names += len;
	}
}
