/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where a server is and how it is spoken to:
 * opc.tcp://HOST[:4840][/PATH][?KEY=VALUE&...].  Pure.
 */
#ifndef DRIVERS_OPCUA_ENDPOINT_H
#define DRIVERS_OPCUA_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

/** As the standard's MessageSecurityMode. */
enum security { SECURITY_NONE = 1, SECURITY_SIGN = 2, SECURITY_ENCRYPT = 3 };

/** All texts are the endpoint's own; NULL where absent. */
struct endpoint {
	char *url; /* opc.tcp://HOST:PORT[/PATH] */
	enum security security;
	const char *policy; /* its URI; static */
	char *cert, *key;   /* DER or PEM: who we are; both unless SECURITY_NONE */
	char *trust;        /* files by commas: certificates that we trust; likewise */
	char *crl;          /* files by commas: what they have revoked */
	char *user, *password_file;
	int64_t expire_ms; /* age by the server's clock at which a value is stale; 0:
	                      none */
	char *text;        /* what the others point into */
};

/** @return 0; -ENOMEM; -EINVAL with *why a static text.  endpoint_fini() in any case */
int endpoint_parse(struct endpoint *e, const char *address, const char **why);
void endpoint_fini(struct endpoint *e);

#endif
