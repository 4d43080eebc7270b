/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/endpoint.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "drivers/url.h"

enum { DEFAULT_PORT = 4840 };

static const char scheme[] = "opc.tcp://";
static const char form[] = "a server is written opc.tcp://HOST[:4840][/PATH][?KEY=VALUE]";

#define POLICY "http://opcfoundation.org/UA/SecurityPolicy#"

/* Those that are neither broken nor deprecated (OPC 10000-7); the first is the preset. */
static const struct {
	const char *name, *uri;
} policies[] = {
	{"Basic256Sha256", POLICY "Basic256Sha256"},
	{"Aes128_Sha256_RsaOaep", POLICY "Aes128_Sha256_RsaOaep"},
	{"Aes256_Sha256_RsaPss", POLICY "Aes256_Sha256_RsaPss"},
};

static const char *set_policy(struct endpoint *e, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(value, policies[i].name) == 0) {
			e->policy = policies[i].uri;
			return NULL;
		}
	}
	return "policy is Basic256Sha256, Aes128_Sha256_RsaOaep or Aes256_Sha256_RsaPss";
}

static const char *set_security(struct endpoint *e, const char *value)
{
	static const struct {
		const char *name;
		enum security security;
	} names[] = {
		{"none", SECURITY_NONE},
		{"sign", SECURITY_SIGN},
		{"encrypt", SECURITY_ENCRYPT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i].name) == 0) {
			e->security = names[i].security;
			return NULL;
		}
	}
	return "security is none, sign or encrypt";
}

/* What is wrong with an option, or NULL. */
static const char *set_option(struct endpoint *e, bool *plain, const char *key,
                              char *value)
{
	const struct {
		const char *key;
		char **text;
	} texts[] = {
		{"user", &e->user},   {"password_file", &e->password_file},
		{"cert", &e->cert},   {"key", &e->key},
		{"trust", &e->trust}, {"crl", &e->crl},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(key, texts[i].key) == 0) {
			*texts[i].text = value;
			return *value ? NULL : "an option is empty";
		}
	}
	if (strcmp(key, "password") == 0) {
		return "a password goes into a file: password_file=";
	}
	if (strcmp(key, "security") == 0) {
		return set_security(e, value);
	}
	if (strcmp(key, "policy") == 0) {
		return set_policy(e, value);
	}
	if (strcmp(key, "plain") == 0) {
		return url_flag(plain, value) ? "plain is 0 or 1" : NULL;
	}
	if (strcmp(key, "expire") == 0) {
		return url_duration(&e->expire_ms, value)
		               ? "expire is a duration such as 30s, or 0s for never"
		               : NULL;
	}
	return "unknown option; there are security, policy, cert, key, trust, crl, "
	       "user, password_file, expire, plain";
}

/* What needs more than one part. */
static const char *check(const struct endpoint *e, const char *host, bool plain)
{
	bool any = e->cert || e->key || e->trust || e->crl;

	if (e->security == SECURITY_NONE && any) {
		return "certificates are for security=sign or security=encrypt";
	}
	if (e->security != SECURITY_NONE && !(e->cert && e->key && e->trust)) {
		return "security needs cert= and key=, which are ours, and trust=, the "
		       "server's certificate or its authority's";
	}
	if (e->password_file && !e->user) {
		return "password_file without user";
	}
	if (e->user && e->security == SECURITY_NONE && !plain && !url_is_loopback(host)) {
		return "a password without security beyond loopback can be read by "
		       "anybody: use security=encrypt, or allow it by plain=1";
	}
	return NULL;
}

static const char *parse_options(struct endpoint *e, const char *host, char *query)
{
	const char *why = NULL;
	bool plain = false;
	char *key, *value;

	while (!why && url_option(&query, &key, &value)) {
		why = set_option(e, &plain, key, value);
	}
	if (!why && key) {
		return form;
	}
	return why ? why : check(e, host, plain);
}

int endpoint_parse(struct endpoint *e, const char *address, const char **why)
{
	size_t n_scheme = strlen(scheme);
	struct url url;
	bool v6;

	*e = (struct endpoint){.security = SECURITY_NONE, .policy = policies[0].uri};
	*why = form;
	if (strncmp(address, scheme, n_scheme) != 0) {
		return -EINVAL;
	}
	*why = "out of memory";
	e->text = strdup(address + n_scheme);
	if (!e->text) {
		return -ENOMEM;
	}
	*why = form;
	if (url_cut(&url, e->text, DEFAULT_PORT)) {
		return -EINVAL;
	}
	v6 = strchr(url.host, ':') != NULL;
	if (asprintf(&e->url, "%s%s%s%s:%u%s%s", scheme, v6 ? "[" : "", url.host,
	             v6 ? "]" : "", (unsigned int)url.port, url.rest ? "/" : "",
	             url.rest ? url.rest : "") < 0) {
		e->url = NULL;
		*why = "out of memory";
		return -ENOMEM;
	}
	*why = parse_options(e, url.host, url.query);
	return *why ? -EINVAL : 0;
}

void endpoint_fini(struct endpoint *e)
{
	free(e->url);
	free(e->text);
	e->url = e->text = NULL;
}
