/* SPDX-License-Identifier: Apache-2.0 */
/** One message on its way to a broker, and the topics of the gateway. */
#ifndef GATEWAY_MQTT_MESSAGE_H
#define GATEWAY_MQTT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { TOPIC_MAX = 512 };

struct message {
	char topic[TOPIC_MAX];
	const char *payload; /* borrowed until it is handed over */
	size_t n;            /* bytes of payload; 0 retained: forget what was */
	bool retained;
};

/** Write base/device/tag/leaf; device and tag may be NULL.
 * @return length, 0 where it does not fit */
size_t message_topic(struct message *m, const char *base, const char *device,
                     const char *tag, const char *leaf);

#endif
