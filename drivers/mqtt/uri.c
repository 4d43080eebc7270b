/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/mqtt/uri.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/mqtt/pick.h"
#include "drivers/mqtt/topic.h"
#include "drivers/reading.h"
#include "drivers/url.h"

static const char form[] = "a broker is written mqtt://HOST[:1883][/FILTER][?KEY=VALUE]";

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
		return url_flag(&u->qos, value) ? "qos is 0 or 1" : NULL;
	}
	if (strcmp(key, "plain") == 0) {
		return url_flag(plain, value) ? "plain is 0 or 1" : NULL;
	}
	if (strcmp(key, "expire") == 0) {
		return url_duration(&u->expire_ms, value)
		               ? "expire is a duration such as 30s, or 0s for never"
		               : NULL;
	}
	return why;
}

static const char *parse_options(struct uri *u, bool *plain, char *query)
{
	const char *why = NULL;
	char *key, *value;

	while (!why && url_option(&query, &key, &value)) {
		why = set_option(u, plain, key, value);
	}
	return why || !key ? why : form;
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
	if (u->user && !u->tls && !plain && !url_is_loopback(u->host)) {
		return "a password over mqtt:// beyond loopback can be read by anybody: "
		       "use mqtts://, or allow it by plain=1";
	}
	return NULL;
}

int uri_parse(struct uri *u, const char *address, const char **why)
{
	struct url url;
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
	if (url_cut(&url, u->text, u->tls ? 8883 : 1883)) {
		return -EINVAL;
	}
	u->host = url.host;
	u->port = url.port;
	u->filter = url.rest;
	*why = parse_options(u, &plain, url.query);
	*why = *why ? *why : check(u, plain);
	return *why ? -EINVAL : 0;
}

void uri_fini(struct uri *u)
{
	free(u->text);
	u->text = NULL;
}
