/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/message.h"

#include <stdio.h>

size_t message_topic(struct message *m, const char *base, const char *device,
                     const char *tag, const char *leaf)
{
	int n = snprintf(m->topic, sizeof(m->topic), "%s/%s%s%s%s%s", base,
	                 device ? device : "", device ? "/" : "", tag ? tag : "",
	                 tag ? "/" : "", leaf);

	if (n < 0 || (size_t)n >= sizeof(m->topic)) {
		m->topic[0] = '\0';
		return 0;
	}
	return (size_t)n;
}
