/* The keys that rows stand under, looked at once at the start: a daemon that cannot read them would
 * answer wrong, and must not serve. */
#include "daemon/api/inside.h"
#include "daemon/api/keys.h"
#include "daemon/log.h"

const char *key_use_kind(const struct key_use *k)
{
	return k->is_master ? "master" : "index";
}

static int add_ring(const struct keyring *ring, bool is_master, struct key_use *ret)
{
	for (int i = 0; i < ring->count; i++)
		ret[i] = (struct key_use){is_master, ring->id[i], i ? KEY_RETIRED : KEY_PRESENT};
	return ring->count;
}

static bool is_lost(const struct settings *settings, int32_t id)
{
	char text[KEY_ID_TEXT_SIZE];

	key_id_format(id, text);
	return strcasestr(settings->lost_keys, text);
}

/* What was made before keys had ids: whether a master of ours opens it is tried; of a hash nothing
 * can be. */
static bool is_ours(struct seal *s, const struct key_use *k, struct row *sample)
{
	uint8_t key[SEAL_KEY_SIZE];
	struct uuid request;
	bool opens;

	if (!k->is_master)
		return k->id == SEAL_INDEX_UNNAMED;
	if (k->id != SEAL_MASTER_UNNAMED || !row_uuid(sample, &request))
		return false;
	opens = seal_open_key(s, &request, k->id, row_bytes(sample), key) == 0;
	secret_forget(key, sizeof(key));
	return opens;
}

int key_uses_read(const struct unit *u, struct seal *s, const struct settings *settings,
	struct key_use ret[KEY_USES_MAX])
{
	int n = add_ring(seal_masters(s), true, ret), rows = rows_count(u, 0);

	n += add_ring(seal_indexes(s), false, ret + n);
	for (int i = 0; i < rows && n < KEY_USES_MAX; i++) {
		struct row r = row_of(u, 0, i);
		struct key_use *k = &ret[n];

		k->is_master = span_is(row_span(&r), "master");
		k->id = row_int(&r);
		if (keyring_find(k->is_master ? seal_masters(s) : seal_indexes(s), k->id) >= 0)
			continue;
		k->standing = is_ours(s, k, &r)          ? KEY_RETIRED
			      : is_lost(settings, k->id) ? KEY_LOST
							 : KEY_MISSING;
		n++;
	}
	return n;
}

static void on_counted(struct unit *u, enum unit_how how)
{
	struct api *a = container_of(u, struct api, beat);
	const struct key_use *k = &a->missing_key;
	char id[KEY_ID_TEXT_SIZE];
	int64_t rows = -1;

	if (how == UNIT_DONE && rows_count(u, 0)) {
		struct row r = row_of(u, 0, 0);

		rows = row_int64(&r);
	}
	unit_done(u);
	key_id_format(k->id, id);
	log_event(LOG_LEVEL_ERROR, "key_missing", LOG_S("kind", key_use_kind(k)), LOG_S("id", id),
		LOG_N("rows", rows),
		LOG_S("why", "rows stand under it; put it into the key file, see kezekd(8)"));
	a->hooks.on_unfit(a->hooks.arg);
}

/* How much hangs on it is said with it. */
static void count_missing(struct api *a)
{
	struct params *p;

	unit_init(&a->beat, on_counted);
	p = unit_add(&a->beat, SQL_COUNT_KEY);
	params_text(p, key_use_kind(&a->missing_key));
	params_int(p, a->missing_key.id);
	if (pg_submit(a->reads, &a->beat) < 0)
		on_counted(&a->beat, UNIT_LOST);
}

static void on_keys(struct unit *u, enum unit_how how)
{
	struct api *a = container_of(u, struct api, beat);
	struct key_use uses[KEY_USES_MAX];
	int n = how == UNIT_DONE ? key_uses_read(u, a->seal, a->settings, uses) : 0;

	unit_done(u);
	for (int i = 0; i < n; i++) {
		if (uses[i].standing == KEY_MISSING) {
			a->missing_key = uses[i];
			count_missing(a);
			return;
		}
	}
	a->keys_fit = how == UNIT_DONE;
	api_beat_again(a, a->keys_fit);
}

void keys_check(struct api *a)
{
	unit_init(&a->beat, on_keys);
	unit_add(&a->beat, SQL_KEYS_IN_USE);
	if (pg_submit(a->reads, &a->beat) < 0) {
		unit_done(&a->beat);
		api_beat_again(a, false);
	}
}
