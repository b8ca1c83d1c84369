/* The handle: where the server is, who we are, and every option as text. */
#include <ctype.h>
#include <errno.h>

#include "lib/client/client.h"

static const char *const standards[KEZEK_OPTION_COUNT] = {
#define X(name, standard, meaning) [KEZEK_OPTION_##name] = standard,
	KEZEK_OPTIONS(X)
#undef X
};

static bool url_is_good(const char *url)
{
	if (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || url[8] == '/')
		return false;
	for (const char *c = url; *c; c++) {
		if (!isgraph((unsigned char)*c) || strchr("?#@\"<>\\", *c))
			return false;
	}
	return true;
}

KEZEK_PUBLIC int kezek_new(const char *url, struct kezek **ret_kezek)
{
	struct kezek *k;
	size_t len;

	if (!url || !url_is_good(url))
		return -EINVAL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->url = strdup(url);
	k->curl = curl_easy_init();
	if (!k->url || !k->curl) {
		kezek_free(k);
		return -ENOMEM;
	}
	for (len = strlen(k->url); k->url[len - 1] == '/'; len--)
		k->url[len - 1] = '\0';
	for (int i = 0; i < KEZEK_OPTION_COUNT; i++) {
		if (kezek_set(k, (enum kezek_option)i, NULL) < 0) {
			kezek_free(k);
			return -ENOMEM;
		}
	}
	*ret_kezek = k;
	return 0;
}

KEZEK_PUBLIC void kezek_free(struct kezek *k)
{
	if (!k)
		return;
	client_refusal_forget(k);
	if (k->curl)
		curl_easy_cleanup(k->curl);
	for (int i = 0; i < KEZEK_OPTION_COUNT; i++)
		free(k->options[i]);
	free(k->url);
	free(k);
	curl_global_cleanup();
}

static bool option_is_number(enum kezek_option option)
{
	return option == KEZEK_OPTION_connect_ms || option == KEZEK_OPTION_answer_ms ||
	       option == KEZEK_OPTION_retries;
}

static bool value_is_good(enum kezek_option option, const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return false;
	}
	if (option_is_number(option))
		return len > 0 && len < 9 && strspn(value, "0123456789") == len;
	if (option == KEZEK_OPTION_language)
		return strcmp(value, "ky") == 0 || strcmp(value, "ru") == 0 ||
		       strcmp(value, "en") == 0;
	return true;
}

KEZEK_PUBLIC int kezek_set(struct kezek *k, enum kezek_option option, const char *value)
{
	char *copy = NULL;

	if ((int)option < 0 || option >= KEZEK_OPTION_COUNT)
		return -EINVAL;
	if (!value)
		value = standards[option];
	if (value) {
		if (!value_is_good(option, value))
			return -EINVAL;
		copy = strdup(value);
		if (!copy)
			return -ENOMEM;
	}
	free(k->options[option]);
	k->options[option] = copy;
	return 0;
}

KEZEK_PUBLIC const char *kezek_failure_detail(const struct kezek *k)
{
	return k->error;
}

KEZEK_PUBLIC const char *kezek_url(const struct kezek *k)
{
	return k->url;
}
