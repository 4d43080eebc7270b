/* SPDX-License-Identifier: Apache-2.0 */
/** What all our connections by Paho have in common. */
#ifndef GATEWAY_MQTT_PAHO_H
#define GATEWAY_MQTT_PAHO_H

#include <MQTTAsync.h>

#include "gateway/config.h"

/** "mqtts://host" as Paho wants it: "ssl://host:8883".  @return from malloc(), or NULL */
char *paho_uri(const char *uri);

/** Certificates as configured, names checked, TLS 1.2 and later; strings are borrowed. */
void paho_tls(MQTTAsync_SSLOptions *tls, const struct mqtt_config *mqtt);

/** The variables http_proxy and https_proxy leave the environment: Paho would heed them.
 * Before there are threads. */
void paho_begin(void);

#endif
