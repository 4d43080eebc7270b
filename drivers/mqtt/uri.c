/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/mqtt/uri.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/mqtt/pick.h"
#include "drivers/mqtt/topic.h"
#include "drivers/reading.h"

enum { EXPIRE_MAX_S = 31 * 86400 };

static const char form[] = "a broker is written mqtt://HOST[:1883][/FILTER][?KEY=VALUE]";

static int parse_port(uint16_t *port, const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 5 ||
	    n < 1 || n > UINT16_MAX) {
		return -EINVAL;
	}
	*port = (uint16_t)n;
	return 0;
}

/* Resolvers cut long names (CVE-2024-24806), so they are checked here. */
static int parse_host(struct uri *u, char *text)
{
	static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789.-";
	char *end = text + strcspn(text, ":");
	const char *legal = name;

	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (!end || !memchr(text, ':', (size_t)(end - text))) {
			return -EINVAL;
		}
		*end++ = '\0';
		legal = "0123456789abcdefABCDEF:.";
	}
	u->host = text;
	u->port = u->tls ? 8883 : 1883;
	if (*end == ':') {
		*end++ = '\0';
		if (parse_port(&u->port, end)) {
			return -EINVAL;
		}
	} else if (*end) {
		return -EINVAL;
	}
	return *text && strlen(text) <= 253 && strspn(text, legal) == strlen(text)
	               ? 0
	               : -EINVAL;
}

static int parse_expire(int64_t *ms, const char *text)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {{"ms", 1},  {"s", 1e3},   {"min", 6e4},
	             {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
	char *end;
	double n = strtod(text, &end);

	for (size_t i = 0; i < ARRAY_SIZE(units) && end != text; i++) {
		if (strcmp(end, units[i].name) == 0 && n >= 0 &&
		    n * units[i].ms <= EXPIRE_MAX_S * 1e3) {
			*ms = (int64_t)(n * units[i].ms);
			return 0;
		}
	}
	return -EINVAL;
}

static bool parse_flag(const char *text, bool *flag)
{
	*flag = strcmp(text, "1") == 0;
	return *flag || strcmp(text, "0") == 0;
}

/* What is wrong with an option, or NULL. */
static const char *set_option(struct uri *u, bool *plain, const char *key, char *value)
{
	const struct {
		const char *key;
		char **text;
	} texts[] = {
		{"user", &u->user},           {"password_file", &u->password_file},
		{"client_id", &u->client_id}, {"ca", &u->ca},
		{"cert", &u->cert},           {"key", &u->key},
		{"timestamp", &u->timestamp},
	};
	const char *why = "unknown option; there are user, password_file, client_id, ca, "
			  "cert, key, timestamp, qos, expire, plain";

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(key, texts[i].key) == 0) {
			*texts[i].text = value;
			return *value ? NULL : "an option is empty";
		}
	}
	if (strcmp(key, "password") == 0) {
		return "a password goes into a file: password_file=";
	}
	if (strcmp(key, "qos") == 0) {
		return parse_flag(value, &u->qos) ? NULL : "qos is 0 or 1";
	}
	if (strcmp(key, "plain") == 0) {
		return parse_flag(value, plain) ? NULL : "plain is 0 or 1";
	}
	if (strcmp(key, "expire") == 0) {
		return parse_expire(&u->expire_ms, value)
		               ? "expire is a duration such as 30s, or 0s for never"
		               : NULL;
	}
	return why;
}

static const char *parse_options(struct uri *u, bool *plain, char *query)
{
	char *save = NULL;
	const char *why = NULL;

	for (char *pair = strtok_r(query, "&", &save); pair && !why;
	     pair = strtok_r(NULL, "&", &save)) {
		char *value = strchr(pair, '=');

		if (!value) {
			return form;
		}
		*value++ = '\0';
		why = set_option(u, plain, pair, value);
	}
	return why;
}

static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (strncmp(host, "127.", 4) == 0 &&
	        strspn(host, "0123456789.") == strlen(host));
}

/* What needs more than one part. */
static const char *check(const struct uri *u, bool plain)
{
	const char *why = NULL;

	if (u->filter && !topic_is_filter(u->filter)) {
		return "no topic filter: + and # stand for whole levels, # for the last";
	}
	if (u->timestamp && pick_check(u->timestamp, &why)) {
		return why;
	}
	if (u->password_file && !u->user) {
		return "password_file without user";
	}
	if (!u->cert != !u->key) {
		return "cert and key go together";
	}
	if ((u->ca || u->cert) && !u->tls) {
		return "ca, cert and key are for mqtts://";
	}
	if (u->user && !u->tls && !plain && !is_loopback(u->host)) {
		return "a password over mqtt:// beyond loopback can be read by anybody: "
		       "use mqtts://, or allow it by plain=1";
	}
	return NULL;
}

/* Cut the text where the next part begins, which may follow.  @return it or NULL */
static char *cut(char *text, char at)
{
	char *found = strchr(text, at);

	if (found) {
		*found++ = '\0';
	}
	return found;
}

int uri_parse(struct uri *u, const char *address, const char **why)
{
	char *rest, *query;
	bool plain = false;

	*u = (struct uri){.expire_ms = URI_EXPIRE_PRESET};
	*why = form;
	u->tls = strncmp(address, "mqtts://", 8) == 0;
	if (!u->tls && strncmp(address, "mqtt://", 7) != 0) {
		return -EINVAL;
	}
	u->text = strdup(address + (u->tls ? 8 : 7));
	if (!u->text) {
		*why = "out of memory";
		return -ENOMEM;
	}
	rest = u->text;
	query = cut(rest, '?');
	u->filter = cut(rest, '/');
	if (u->filter && !*u->filter) {
		u->filter = NULL; /* a slash behind the host and nothing else */
	}
	if (parse_host(u, rest)) {
		return -EINVAL;
	}
	*why = query ? parse_options(u, &plain, query) : NULL;
	*why = *why ? *why : check(u, plain);
	return *why ? -EINVAL : 0;
}

void uri_fini(struct uri *u)
{
	free(u->text);
	u->text = NULL;
}
