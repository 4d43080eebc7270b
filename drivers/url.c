/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/url.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/reading.h"

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
static int parse_host(struct url *u, char *text)
{
	const char *legal = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789.-";
	char *end = text + strcspn(text, ":");

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

/* Cut the text where the next part begins, which may follow.  @return it or NULL */
static char *cut(char *text, char at)
{
	char *found = strchr(text, at);

	if (found) {
		*found++ = '\0';
	}
	return found;
}

int url_cut(struct url *u, char *text, uint16_t port)
{
	*u = (struct url){.port = port, .query = cut(text, '?')};
	u->rest = cut(text, '/');
	if (u->rest && !*u->rest) {
		u->rest = NULL; /* a slash behind the host and nothing else */
	}
	return parse_host(u, text);
}

bool url_option(char **query, char **key, char **value)
{
	*key = NULL;
	if (!*query || !**query) {
		return false;
	}
	*key = *query;
	*query = cut(*key, '&');
	*value = cut(*key, '=');
	return *value != NULL;
}

int url_duration(int64_t *ms, const char *text)
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
		    n * units[i].ms <= URL_DURATION_MAX_S * 1e3) {
			*ms = (int64_t)(n * units[i].ms);
			return 0;
		}
	}
	return -EINVAL;
}

int url_flag(bool *flag, const char *text)
{
	*flag = strcmp(text, "1") == 0;
	return *flag || strcmp(text, "0") == 0 ? 0 : -EINVAL;
}

bool url_is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (strncmp(host, "127.", 4) == 0 &&
	        strspn(host, "0123456789.") == strlen(host));
}
