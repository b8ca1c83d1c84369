/* `kezek receipt verify`: whether a receipt is what the office handed out, without a server. */
#include <openssl/evp.h>
#include <stdio.h>

#include "daemon/cli/load.h"
#include "daemon/cli/money.h"
#include "daemon/cli/tree.h"
#include "daemon/cli/verbs.h"
#include "lib/base64.h"
#include "lib/json.h"
#include "lib/receipt_text.h"

#define SIZE_MAX_READ (1 << 20) /* bytes; a receipt has some thousand */

static int file_read(const struct cli *c, const char *name, struct text *ret)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	size_t n;

	if (!f)
		return cli_usage(c, SAY_usage_file, name);
	do {
		n = fread(text_reserve(ret, BUFSIZ), 1, BUFSIZ, f);
		ret->len += n;
	} while (n && ret->len < SIZE_MAX_READ);
	text_adds(ret, "");
	if (f != stdin)
		fclose(f);
	return 0;
}

static void add_digest(struct text *t, json_object *receipt)
{
	uint8_t hash[RECEIPT_HASH_SIZE];
	_text_ canonical = TEXT_INIT;

	text_add_receipt_canonical(&canonical, receipt);
	if (EVP_Digest(canonical.data, canonical.len, hash, NULL, EVP_sha256(), NULL) != 1)
		abort();
	text_add_receipt_digest(t, hash);
}

/* The verifiable text of a receipt's JSON; it may stand in the answer to a submission. The digest
 * is made anew: so all that the JSON says is proved. False: it has no signature. */
static bool json_proof(json_object *json, struct text *line)
{
	json_object *r = tree_at(json, "/receipt") ? tree_at(json, "/receipt") : json;
	json_object *version = tree_at(r, "/signature/version");
	_text_ digest = TEXT_INIT;
	_text_ fee = TEXT_INIT;
	struct receipt_text said;

	add_digest(&digest, r);
	text_addf(&fee, "%lld", (long long)json_object_get_int64(tree_at(r, "/fee_tyiyn")));
	said = (struct receipt_text){
		.version = version ? json_object_get_int(version) : 1,
		.number = span_of(tree_text(r, "/number")),
		.registered_at = span_of(tree_text(r, "/registered_at")),
		.office = span_of(tree_text(r, "/office/code")),
		.service = span_of(tree_text(r, "/service/code")),
		.variant = span_of(tree_text(r, "/variant/code")),
		.state = span_of(tree_text(r, "/state")),
		.ground = span_of(tree_text(r, "/refusal/ground")),
		.due_on = span_of(tree_text(r, "/due_on")),
		.fee = text_span(&fee),
		.code = span_of(tree_text(r, "/code")),
		.digest = text_span(&digest),
	};
	if (!text_add_receipt_text(line, &said))
		return false;
	text_addf(line, " %s %s", tree_text(r, "/signature/key"), tree_text(r, "/signature/value"));
	return true;
}

/* The line of a printed text, or of a scanned QR code, that is the verifiable text. */
static void printed_proof(const struct text *text, struct text *line)
{
	for (const char *at = text->data, *end; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\r\n");
		if (strncmp(at, "kezek", 5) == 0 && memchr(at, ' ', (size_t)(end - at))) {
			text_add(line, at, (size_t)(end - at));
			return;
		}
	}
}

/* The public key that signed it. False: it is not in the key file. */
static bool key_find(json_object *keys, struct span id, uint8_t ret_key[RECEIPT_KEY_SIZE])
{
	for (size_t i = 0; i < tree_length(keys, "/keys"); i++) {
		json_object *key = tree_item(keys, "/keys", i);

		if (span_is(id, tree_text(key, "/kid")) &&
			strcmp(tree_text(key, "/crv"), "Ed25519") == 0)
			return base64url_parse(
				span_of(tree_text(key, "/x")), ret_key, RECEIPT_KEY_SIZE);
	}
	return false;
}

static bool signature_is_true(
	const uint8_t key[RECEIPT_KEY_SIZE], const struct receipt_proof *proof)
{
	EVP_PKEY *public =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, RECEIPT_KEY_SIZE);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_true = public && context &&
		       EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
		       EVP_DigestVerify(context, proof->signature, sizeof(proof->signature),
			       (const uint8_t *)proof->signed_text.at, proof->signed_text.len) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public);
	return is_true;
}

struct row {
	enum say label;
	const char *name;
	int since; /* the form that has it */
	struct span value;
};

static void row_add(struct text *t, const struct cli *c, const struct row *row)
{
	if (!c->json) {
		text_addf(t, "\n  %s: ", say(row->label, c->lang));
		text_add_span(t, row->value.len ? row->value : SPAN("—"));
		return;
	}
	text_addf(t, ",\"%s\":", row->name);
	if (row->value.len)
		text_add_json_span(t, row->value);
	else
		text_adds(t, "null");
}

/* What is proved: these values; of a receipt's JSON (`whole`) all the rest too, which its digest is
 * of. What else stands on a paper is not. */
static void proof_print(const struct cli *c, const struct receipt_proof *proof, bool whole)
{
	const struct receipt_text *said = &proof->said;
	_text_ fee = TEXT_INIT;
	_text_ t = TEXT_INIT;

	text_add_money(&fee, said->fee.len ? strtoll(said->fee.at, NULL, 10) : 0, c->lang);
	const struct row rows[] = {
		{SAY_head_number, "number", 1, said->number},
		{SAY_proof_registered, "registered_at", 1, said->registered_at},
		{SAY_proof_office, "office", 1, said->office},
		{SAY_proof_service, "service", 1, said->service},
		{SAY_proof_variant, "variant", 2, said->variant},
		{SAY_proof_state, "state", 2, said->state},
		{SAY_proof_ground, "ground", 2, said->ground},
		{SAY_proof_due, "due_on", 1, said->due_on},
		{SAY_proof_fee, "fee_tyiyn", 2, c->json ? said->fee : text_span(&fee)},
		{SAY_look_up_code, "code", 1, said->code},
		{SAY_proof_digest, "digest", 2, said->digest},
		{SAY_proof_key, "key", 1, proof->key},
	};

	whole = whole && said->version > 1;
	if (c->json)
		text_addf(&t, "{\"genuine\":true,\"version\":%d,\"whole\":%s", said->version,
			whole ? "true" : "false");
	else
		text_adds(&t, say(SAY_proof_genuine, c->lang));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].since <= said->version)
			row_add(&t, c, &rows[i]);
	}
	if (c->json)
		text_adds(&t, "}");
	else if (said->version > 1)
		text_addf(&t, "\n%s", say(whole ? SAY_proof_whole : SAY_proof_part, c->lang));
	printf("%s\n", t.data);
}

int receipt_verify_run(struct cli *c)
{
	const char *key_file = cli_option(c, "key");
	uint8_t key[RECEIPT_KEY_SIZE];
	_text_ text = TEXT_INIT;
	_text_ line = TEXT_INIT;
	_tree_ *keys = NULL, *json = NULL;
	struct receipt_proof proof;
	bool whole;
	int rc;

	if (!key_file)
		return cli_usage(c, SAY_usage_receipt_key, NULL);
	rc = file_read(c, c->args[0], &text);
	rc = rc ? rc : load_file_read(c, key_file, &keys);
	if (rc)
		return rc;
	whole = json_read(text_span(&text), NULL, NULL, &json) == 0 &&
		json_object_is_type(json, json_type_object);
	if (!whole)
		printed_proof(&text, &line);
	else if (!json_proof(json, &line))
		return cli_refuse(c, SAY_proof_none, c->args[0]);
	if (!receipt_text_parse(text_span(&line), &proof))
		return cli_refuse(c, SAY_proof_none, c->args[0]);
	if (!key_find(keys, proof.key, key))
		return cli_refuse(c, SAY_proof_other_key, key_file);
	if (!signature_is_true(key, &proof))
		return cli_refuse(c, SAY_proof_false, c->args[0]);
	proof_print(c, &proof, whole);
	return EXIT_DONE;
}
