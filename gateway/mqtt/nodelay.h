/* SPDX-License-Identifier: Apache-2.0 */
/** Nagle's algorithm (RFC 896) off, also for sockets of a library that leaves it on. */
#ifndef GATEWAY_MQTT_NODELAY_H
#define GATEWAY_MQTT_NODELAY_H

/** Let all TCP sockets of this process send what they have at once.  Any thread. */
void nodelay_all(void);

#endif
