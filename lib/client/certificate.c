/* The fingerprint by which a client certificate is known to the server. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "lib/client/client.h"

KEZEK_PUBLIC int kezek_certificate_digest(const char *path, char ret_hex[KEZEK_DIGEST_SIZE])
{
	FILE *f = fopen(path, "re");
	X509 *certificate = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int ok = certificate && X509_digest(certificate, EVP_sha256(), digest, &len) && len == 32;

	for (unsigned i = 0; ok && i < len; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
	X509_free(certificate);
	if (f)
		fclose(f);
	return ok ? 0 : KEZEK_FAILURE_certificate_file;
}
