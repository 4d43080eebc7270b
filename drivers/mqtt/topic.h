/* SPDX-License-Identifier: Apache-2.0 */
/** Topics and topic filters of MQTT 3.1.1, section 4.7.  Pure. */
#ifndef DRIVERS_MQTT_TOPIC_H
#define DRIVERS_MQTT_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

/** Is it a filter with at least one wildcard, each where it may be? */
bool topic_is_filter(const char *filter);

/** Is it a topic that somebody can publish to: not empty, no wildcard? */
bool topic_is_name(const char *topic);

/**
 * The topic that a filter matches with its wildcards being what captured names: a level
 * for each +, in order, and for a # at the end all levels that are left, at least one.
 *
 * "plant/+/temp" and "boiler" make "plant/boiler/temp".
 *
 * @param captured  its first n bytes
 * @param[out] out  to be freed
 * @return 0, -ENOMEM, or -EINVAL: not as many levels
 */
int topic_fill(char **out, const char *filter, const char *captured, size_t n);

#endif
