/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/paho.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Suites of TLS 1.2 only, with forward secrecy; those of 1.3 are always there.  Paho's
 * sslVersion does nothing with OpenSSL 1.1 and later: this is what keeps out 1.1. */
static const char *const cipher_suites =
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!eNULL";

char *paho_uri(const char *uri)
{
	bool tls = strncmp(uri, "mqtts://", 8) == 0 || strncmp(uri, "ssl://", 6) == 0;
	const char *host = strstr(uri, "://");
	const char *bracket, *port;
	char *out = NULL;

	host = host ? host + 3 : uri;
	bracket = strrchr(host, ']'); /* of an IPv6 address */
	port = strrchr(bracket ? bracket : host, ':');
	if (asprintf(&out, "%s://%s%s", tls ? "ssl" : "tcp", host,
	             port ? "" : (tls ? ":8883" : ":1883")) < 0) {
		return NULL;
	}
	return out;
}

void paho_tls(MQTTAsync_SSLOptions *tls, const struct mqtt_config *mqtt)
{
	tls->trustStore = mqtt->ca; /* NULL: the system's */
	tls->keyStore = mqtt->cert;
	tls->privateKey = mqtt->key;
	tls->enabledCipherSuites = cipher_suites;
	tls->enableServerCertAuth = 1;
	tls->sslVersion = MQTT_SSL_VERSION_TLS_1_2;
	tls->verify = 1; /* the certificate is for this host */
}

void paho_begin(void)
{
	unsetenv("http_proxy");
	unsetenv("https_proxy");
}
