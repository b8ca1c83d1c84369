/* The fingerprint by which a client certificate, or a token, is known to the server. */
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "lib/client/client.h"

static void hex_write(const unsigned char *digest, unsigned len, char *ret_hex)
{
	for (unsigned i = 0; i < len; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
}

KEZEK_PUBLIC int kezek_certificate_digest(const char *path, char ret_hex[KEZEK_DIGEST_SIZE])
{
	FILE *f = fopen(path, "re");
	X509 *certificate = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int ok = certificate && X509_digest(certificate, EVP_sha256(), digest, &len) && len == 32;

	if (ok)
		hex_write(digest, len, ret_hex);
	X509_free(certificate);
	if (f)
		fclose(f);
	return ok ? 0 : KEZEK_FAILURE_certificate_file;
}

KEZEK_PUBLIC int kezek_credential_digest(const struct kezek *k, char ret_hex[KEZEK_DIGEST_SIZE])
{
	const char *token = k->options[KEZEK_OPTION_token];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (k->options[KEZEK_OPTION_certificate])
		return kezek_certificate_digest(k->options[KEZEK_OPTION_certificate], ret_hex);
	if (!token)
		return -EINVAL;
	if (EVP_Digest(token, strlen(token), digest, &len, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	hex_write(digest, len, ret_hex);
	return 0;
}
