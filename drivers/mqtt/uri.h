/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where to listen: mqtt://HOST[:PORT][/FILTER][?KEY=VALUE&...], mqtts:// likewise.
 *
 * FILTER is a topic filter whose + and # are what a point's `at:` names; without it `at:`
 * is a whole topic.  Pure.
 */
#ifndef DRIVERS_MQTT_URI_H
#define DRIVERS_MQTT_URI_H

#include <stdbool.h>
#include <stdint.h>

enum { URI_EXPIRE_PRESET = -1 }; /* three periods of the tag */

/** All texts are the uri's own; NULL where absent. */
struct uri {
	bool tls;
	char *host; /* a name or an address, without brackets */
	uint16_t port;
	char *filter;
	char *user, *password_file; /* absolute, or a credential of the service */
	char *client_id;            /* absent: the broker makes one up */
	char *ca;                   /* mqtts: whom to trust; absent: the system's */
	char *cert, *key;           /* mqtts: who we are, both or none; PEM files */
	char *timestamp;            /* JSON pointer of the time in each payload */
	bool qos;                   /* 1 rather than 0 */
	int64_t expire_ms; /* age at which a value is stale; 0: never; or the preset */
	char *text;        /* what the others point into */
};

/** @return 0; -ENOMEM; -EINVAL with *why a static text.  uri_fini() in any case */
int uri_parse(struct uri *u, const char *address, const char **why);
void uri_fini(struct uri *u);

#endif
