/* `kezek receipt verify`: whether a receipt is what the office handed out, without a server. */
#include <openssl/evp.h>
#include <stdio.h>

#include "daemon/cli/load.h"
#include "daemon/cli/tree.h"
#include "daemon/cli/verbs.h"
#include "lib/base64.h"
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

/* The verifiable text of a receipt's JSON; it may stand in the answer to a submission. False: it
 * has no signature. */
static bool json_proof(json_object *json, struct text *line)
{
	json_object *r = tree_at(json, "/receipt") ? tree_at(json, "/receipt") : json;
	const struct receipt_text said = {span_of(tree_text(r, "/number")),
		span_of(tree_text(r, "/registered_at")), span_of(tree_text(r, "/office/code")),
		span_of(tree_text(r, "/service/code")), span_of(tree_text(r, "/due_on")),
		span_of(tree_text(r, "/code"))};

	if (!text_add_receipt_text(line, &said))
		return false;
	text_addf(line, " %s %s", tree_text(r, "/signature/key"), tree_text(r, "/signature/value"));
	return true;
}

/* The line of a printed text, or of a scanned QR code, that is the verifiable text. */
static void printed_proof(const struct text *text, struct text *line)
{
	const char *at = strncmp(text->data, "kezek1 ", 7) == 0 ? text->data
								: strstr(text->data, "\nkezek1 ");

	if (!at)
		return;
	at += *at == '\n';
	text_add(line, at, strcspn(at, "\r\n"));
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

/* What is proved: these values, and nothing else that stands on the paper. */
static void proof_print(const struct cli *c, const struct receipt_proof *proof)
{
	const struct receipt_text *said = &proof->said;
	const struct {
		enum say label;
		const char *name;
		struct span value;
	} rows[] = {
		{SAY_head_number, "number", said->number},
		{SAY_proof_registered, "registered_at", said->registered_at},
		{SAY_proof_office, "office", said->office},
		{SAY_proof_service, "service", said->service},
		{SAY_proof_due, "due_on", said->due_on},
		{SAY_look_up_code, "code", said->code},
		{SAY_proof_key, "key", proof->key},
	};
	_text_ t = TEXT_INIT;

	text_adds(&t, c->json ? "{\"genuine\":true" : say(SAY_proof_genuine, c->lang));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (c->json) {
			text_addf(&t, ",\"%s\":", rows[i].name);
			if (rows[i].value.len)
				text_add_json_span(&t, rows[i].value);
			else
				text_adds(&t, "null");
		} else {
			text_addf(&t, "\n  %s: ", say(rows[i].label, c->lang));
			text_add_span(&t, rows[i].value.len ? rows[i].value : SPAN("—"));
		}
	}
	printf("%s%s\n", t.data, c->json ? "}" : "");
}

int receipt_verify_run(struct cli *c)
{
	const char *key_file = cli_option(c, "key");
	uint8_t key[RECEIPT_KEY_SIZE];
	_text_ text = TEXT_INIT;
	_text_ line = TEXT_INIT;
	_tree_ *keys = NULL, *json = NULL;
	struct receipt_proof proof;
	int rc;

	if (!key_file)
		return cli_usage(c, SAY_usage_receipt_key, NULL);
	rc = file_read(c, c->args[0], &text);
	rc = rc ? rc : load_file_read(c, key_file, &keys);
	if (rc)
		return rc;
	json = json_tokener_parse(text.data);
	if (!json_object_is_type(json, json_type_object))
		printed_proof(&text, &line);
	else if (!json_proof(json, &line))
		return cli_refuse(c, SAY_proof_none, c->args[0]);
	if (!receipt_text_parse(text_span(&line), &proof))
		return cli_refuse(c, SAY_proof_none, c->args[0]);
	if (!key_find(keys, proof.key, key))
		return cli_refuse(c, SAY_proof_other_key, key_file);
	if (!signature_is_true(key, &proof))
		return cli_refuse(c, SAY_proof_false, c->args[0]);
	proof_print(c, &proof);
	return EXIT_DONE;
}
