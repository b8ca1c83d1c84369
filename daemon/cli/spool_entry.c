/* Making an entry of the spool: its reference, its key, the moment, and the two bodies. */
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "daemon/cli/show.h"
#include "daemon/cli/spool.h"
#include "lib/lookup_code.h"

/* The counter's own clock, in its own offset: "2026-11-20T16:40:00+06:00". */
static void moment_write(char ret_text[MOMENT_SIZE * 2])
{
	time_t now = time(NULL);
	struct tm local;
	char offset[8];

	localtime_r(&now, &local);
	strftime(ret_text, MOMENT_SIZE, "%Y-%m-%dT%H:%M:%S", &local);
	strftime(offset, sizeof(offset), "%z", &local);
	snprintf(ret_text + strlen(ret_text), MOMENT_SIZE, "%.3s:%.2s", offset, offset + 3);
}

/* "S-7K2MX-9QD4T": no look-up code of a receipt, but as easily said on the telephone. */
static bool reference_write(char ret_reference[SPOOL_REFERENCE_SIZE])
{
	uint8_t chance[LOOKUP_CODE_CHANCE];
	char code[LOOKUP_CODE_SIZE];

	if (getrandom(chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		return false;
	lookup_code_make(chance, code);
	snprintf(ret_reference, SPOOL_REFERENCE_SIZE, "S-%s", code);
	return true;
}

static void put(json_object *json, const char *member, const char *value)
{
	if (value && *value)
		json_object_object_add(json, member, json_object_new_string(value));
}

static void put_missing(json_object *json, const char *member, const char *value)
{
	if (!json_object_object_get_ex(json, member, NULL))
		put(json, member, value);
}

/* `later`: what the first body leaves open, and nothing that it says. */
static void bodies_put(const struct cli *c, json_object *entry, json_object *body)
{
	_tree_ *first = NULL, *later = NULL;

	json_object_deep_copy(body, &first, NULL);
	put_missing(first, "language", lang_code(c->lang));
	put_missing(first, "external_ref", tree_text(entry, "/reference"));
	put(entry, "first", tree_line(first));
	json_object_deep_copy(first, &later, NULL);
	put_missing(later, "received_at", tree_text(entry, "/received_at"));
	put_missing(later, "backdate_reason", "outage");
	put(entry, "later", tree_line(later));
}

json_object *spool_make(struct cli *c, json_object *body)
{
	const char *given = cli_option(c, "idempotency-key");
	char reference[SPOOL_REFERENCE_SIZE], key[KEZEK_KEY_SIZE], credential[KEZEK_DIGEST_SIZE];
	char now[MOMENT_SIZE * 2];
	_free_ char *path = cli_path("/v1/services/%", tree_text(body, "/service"));
	_tree_ *standard = known_look(c, path), *me = known_look(c, "/v1/me");
	json_object *entry;

	if (!reference_write(reference) || kezek_key_make(key) ||
		kezek_credential_digest(c->kezek, credential))
		return NULL;
	moment_write(now);
	entry = json_object_new_object();
	put(entry, "reference", reference);
	put(entry, "key", given ? given : key);
	put(entry, "url", kezek_url(c->kezek));
	put(entry, "credential", credential);
	put(entry, "actor", c->actor);
	put(entry, "received_at",
		*tree_text(body, "/received_at") ? tree_text(body, "/received_at") : now);
	put(entry, "office",
		*tree_text(body, "/office") ? tree_text(body, "/office")
					    : tree_text(me, "/office"));
	if (tree_at(standard, "/name"))
		json_object_object_add(
			entry, "service_name", json_object_get(tree_at(standard, "/name")));
	bodies_put(c, entry, body);
	return entry;
}
