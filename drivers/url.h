/* SPDX-License-Identifier: Apache-2.0 */
/** What the addresses of several drivers have in common: SCHEME://HOST[:PORT][/REST]
 * [?KEY=VALUE&...].  Pure; texts are cut in place. */
#ifndef DRIVERS_URL_H
#define DRIVERS_URL_H

#include <stdbool.h>
#include <stdint.h>

enum { URL_DURATION_MAX_S = 31 * 86400 };

/** Parts of an address, within its text. */
struct url {
	char *host; /* a name or an address, without brackets */
	uint16_t port;
	char *rest;  /* behind the first slash; NULL: nothing */
	char *query; /* for url_option(); NULL: none */
};

/** Cut what stands behind SCHEME:// into its parts.
 * @param port  where none is given
 * @return 0 or -EINVAL: no host name, IPv4 or [IPv6] address, or no port */
int url_cut(struct url *u, char *text, uint16_t port);

/** Cut the next option off.  @return false: there was none left, or (*key set) it has no
 * value */
bool url_option(char **query, char **key, char **value);

/** A duration such as 1.5min, with one of ms s min m h d, at most URL_DURATION_MAX_S.
 * @return 0 or -EINVAL */
int url_duration(int64_t *ms, const char *text);

/** 0 or 1.  @return 0 or -EINVAL */
int url_flag(bool *flag, const char *text);

/** Does nobody else hear what is said to this host? */
bool url_is_loopback(const char *host);

#endif
