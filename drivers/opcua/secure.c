/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/secure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <open62541/client_config_default.h>

#include "drivers/opcua/certificate.h"
#include "drivers/secret.h"

enum {
	FILE_MAX_BYTES = 1 << 20,
	FILES_MAX = 16, /* of one option */
	PASSWORD_MAX = 256,
	SESSION_MS = 60000, /* the server forgets a session that is silent so long */
};

static const char policy_none[] = "http://opcfoundation.org/UA/SecurityPolicy#None";

/* Only the gateway logs. */
static void say_nothing(void *context, UA_LogLevel level, UA_LogCategory category,
                        const char *text, va_list args)
{
}

static UA_Logger silence = {.log = say_nothing};

/* The library would ask the terminal. */
static UA_StatusCode refuse_password(UA_ClientConfig *config, UA_ByteString *password)
{
	return UA_STATUSCODE_BADSECURITYCHECKSFAILED;
}

static int read_all(UA_ByteString *out, const char *path)
{
	FILE *f = fopen(path, "rbe");
	size_t n;
	int err = 0;

	if (!f) {
		return -errno;
	}
	if (UA_ByteString_allocBuffer(out, FILE_MAX_BYTES)) {
		err = -ENOMEM;
	} else {
		n = fread(out->data, 1, FILE_MAX_BYTES, f);
		err = ferror(f) ? -EIO : n == 0 || n == FILE_MAX_BYTES ? -EBADMSG : 0;
		out->length = n;
	}
	fclose(f);
	return err;
}

static int read_named(UA_ByteString *out, const char *name, bool secret)
{
	char path[SECRET_PATH_MAX];
	int err = secret_path(path, name);

	if (!err && secret) {
		err = secret_check(path);
	}
	return err ? err : read_all(out, path);
}

/* Certificates of several files. */
struct pile {
	UA_ByteString items[FILES_MAX];
	size_t n;
};

static int read_pile(struct pile *pile, const char *names)
{
	char *copy = strdup(names ? names : ""), *save = NULL;
	int err = copy ? 0 : -ENOMEM;

	for (char *name = copy ? strtok_r(copy, ",", &save) : NULL; name && !err;
	     name = strtok_r(NULL, ",", &save)) {
		err = pile->n == FILES_MAX
		              ? -E2BIG
		              : read_named(&pile->items[pile->n++], name, false);
	}
	free(copy);
	return err;
}

static void clear_pile(struct pile *pile)
{
	for (size_t i = 0; i < pile->n; i++) {
		UA_ByteString_clear(&pile->items[i]);
	}
}

/* An encrypted channel.  The library takes copies. */
static int set_certificates(UA_ClientConfig *config, const struct endpoint *e)
{
	UA_ByteString cert = UA_BYTESTRING_NULL, key = UA_BYTESTRING_NULL;
	struct pile trust = {.n = 0}, crl = {.n = 0};
	int err = read_named(&cert, e->cert, false);

	err = err ? err : read_named(&key, e->key, true);
	err = err ? err : read_pile(&trust, e->trust);
	err = err ? err : read_pile(&crl, e->crl);
	if (!err && UA_ClientConfig_setDefaultEncryption(config, cert, key, trust.items,
	                                                 trust.n, crl.items, crl.n)) {
		err = -EBADMSG;
	}
	if (!err) {
		UA_String_clear(&config->clientDescription.applicationUri);
		err = certificate_uri(&config->clientDescription.applicationUri, &cert);
	}
	if (key.data) {
		explicit_bzero(key.data, key.length);
	}
	UA_ByteString_clear(&cert);
	UA_ByteString_clear(&key);
	clear_pile(&trust);
	clear_pile(&crl);
	return err;
}

static int set_user(UA_ClientConfig *config, const struct endpoint *e)
{
	char password[PASSWORD_MAX] = "";
	int err = 0;

	if (!e->user) {
		return 0;
	}
	if (e->password_file) {
		err = secret_line(e->password_file, password, sizeof(password));
	}
	if (!err &&
	    UA_ClientConfig_setAuthenticationUsername(config, e->user, password)) {
		err = -ENOMEM;
	}
	explicit_bzero(password, sizeof(password));
	return err;
}

int secure_client(UA_Client **out, const struct endpoint *e, uint32_t timeout_ms,
                  void *context)
{
	bool plain = e->security == SECURITY_NONE;
	UA_ClientConfig config;
	int err = 0;

	memset(&config, 0, sizeof(config));
	config.logging = &silence;
	config.privateKeyPasswordCallback = refuse_password;
	if (!plain) {
		err = set_certificates(&config, e);
	} else if (UA_ClientConfig_setDefault(&config)) {
		err = -ENOMEM;
	}
	err = err ? err : set_user(&config, e);
	if (err) {
		UA_ClientConfig_clear(&config);
		return err;
	}
	config.clientContext = context;
	config.timeout = timeout_ms;
	config.requestedSessionTimeout = SESSION_MS;
	config.securityMode = (UA_MessageSecurityMode)e->security;
	UA_String_clear(&config.securityPolicyUri);
	config.securityPolicyUri = UA_STRING_ALLOC(plain ? policy_none : e->policy);
	/* Connecting anew is ours, but noReconnect would also forbid the second channel,
	 * which is the secure one. */
	config.noNewSession = true;
	*out = UA_Client_newWithConfig(&config);
	if (!*out) {
		UA_ClientConfig_clear(&config);
		return -ENOMEM;
	}
	return 0;
}

int secure_errno(UA_StatusCode status)
{
	switch (status) {
	case UA_STATUSCODE_BADTIMEOUT:
		return -ETIMEDOUT;
	case UA_STATUSCODE_BADCONNECTIONCLOSED:
	case UA_STATUSCODE_BADSECURECHANNELCLOSED:
	case UA_STATUSCODE_BADSESSIONCLOSED:
	case UA_STATUSCODE_BADSESSIONIDINVALID:
	case UA_STATUSCODE_BADSERVERHALTED:
	case UA_STATUSCODE_BADSHUTDOWN:
		return -ECONNRESET;
	case UA_STATUSCODE_BADUSERACCESSDENIED:
	case UA_STATUSCODE_BADIDENTITYTOKENINVALID:
	case UA_STATUSCODE_BADIDENTITYTOKENREJECTED:
	case UA_STATUSCODE_BADSECURITYCHECKSFAILED:
	case UA_STATUSCODE_BADSECURITYMODEREJECTED:
	case UA_STATUSCODE_BADSECURITYPOLICYREJECTED:
	case UA_STATUSCODE_BADCERTIFICATEINVALID:
	case UA_STATUSCODE_BADCERTIFICATETIMEINVALID:
	case UA_STATUSCODE_BADCERTIFICATEUNTRUSTED:
	case UA_STATUSCODE_BADCERTIFICATEREVOKED:
	case UA_STATUSCODE_BADCERTIFICATEURIINVALID:
		return -EACCES;
	default:
		return -ECONNREFUSED;
	}
}
