/* SPDX-License-Identifier: Apache-2.0 */
/* The section mqtt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_build.h"
#include "gateway/config/config_file.h"

struct uri {
	bool tls;
	const char *host; /* in the text, brackets included */
	size_t n_host;
	unsigned port;
};

/* Host names are checked here because resolvers cut long ones (CVE-2024-24806). */
static bool is_host(const char *host, size_t n)
{
	static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789.-";
	static const char v6[] = "0123456789abcdefABCDEF:.";

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		return strspn(host + 1, v6) == n - 2;
	}
	return n >= 1 && n <= 253 && strspn(host, name) >= n && host[0] != '-';
}

static bool parse_port(const char *text, unsigned *port)
{
	char *end;
	unsigned long n;

	if (strspn(text, "0123456789") != strlen(text) || !*text || strlen(text) > 5) {
		return false;
	}
	n = strtoul(text, &end, 10);
	*port = (unsigned)n;
	return n >= 1 && n <= 65535;
}

static const char *parse_uri(const char *text, struct uri *uri)
{
	const char *end, *bracket;

	uri->tls = strncmp(text, "mqtts://", 8) == 0;
	if (!uri->tls && strncmp(text, "mqtt://", 7) != 0) {
		return "must begin with mqtt:// or mqtts://";
	}
	uri->host = text + (uri->tls ? 8 : 7);
	bracket = *uri->host == '[' ? strchr(uri->host, ']') : NULL;
	end = bracket ? bracket + 1 : uri->host + strcspn(uri->host, ":");
	uri->n_host = (size_t)(end - uri->host);
	uri->port = uri->tls ? 8883 : 1883;
	if (!is_host(uri->host, uri->n_host)) {
		return "has no host name, IPv4 or [IPv6] address";
	}
	if (*end == ':') {
		return parse_port(end + 1, &uri->port) ? NULL
		                                       : "has a port outside 1 to 65535";
	}
	return *end ? "has something behind host and port" : NULL;
}

static bool is_loopback(const struct uri *uri)
{
	return (uri->n_host == 9 && strncasecmp(uri->host, "localhost", 9) == 0) ||
	       (uri->n_host == 5 && strncmp(uri->host, "[::1]", 5) == 0) ||
	       (strncmp(uri->host, "127.", 4) == 0 &&
	        strspn(uri->host, "0123456789.") >= uri->n_host);
}

/* Each server as its full URI; who may hear us is checked on the way. */
static int build_servers(struct build *b, const struct schema_view *v)
{
	const struct node *list = schema_node(v, "servers");
	struct mqtt_config *m = &b->config->mqtt;
	const char **servers;
	bool tls = false;

	servers = arena_array(b->arena, list ? list->n : 0, sizeof(*servers));
	for (size_t i = 0; servers && list && i < list->n; i++) {
		const struct node *node = list->items[i];
		struct uri uri;
		const char *why = node->bad ? NULL : parse_uri(node->text, &uri);

		if (why) {
			complaint_error(b->said, node->at, "'servers[%zu]' in mqtt %s", i,
			                why);
		}
		if (why || node->bad) {
			continue;
		}
		tls = tls || uri.tls;
		if (!uri.tls && !m->plain && !is_loopback(&uri)) {
			complaint_error(b->said, node->at,
			                "mqtt:// beyond loopback can be read and "
			                "changed by anybody: use mqtts://, or allow it "
			                "by 'plain: true'");
		}
		servers[m->n_servers] = arena_format(b->arena, "%s://%.*s:%u",
		                                     uri.tls ? "mqtts" : "mqtt",
		                                     (int)uri.n_host, uri.host, uri.port);
		if (!servers[m->n_servers++]) {
			return -ENOMEM;
		}
	}
	if (list && list->n == 0) {
		complaint_error(b->said, list->at, "'servers' in mqtt is empty");
	}
	if (m->n_servers && !tls && schema_node(v, "tls")) {
		complaint_warning(b->said, config_place(v, "tls"),
		                  "'tls' in mqtt has no effect: no server is mqtts://");
	}
	m->servers = servers;
	return servers ? 0 : -ENOMEM;
}

/* A file that has to be there; a secret one not for everybody's eyes. */
struct named_file {
	const char *key;
	bool secret;
	const char *path;
	char *text; /* NULL: not named, or complained about */
};

static int read_named(struct build *b, const struct schema_view *v, struct named_file *f)
{
	const struct node *node = schema_node(v, f->key);
	size_t n = 0;
	int err;

	if (!node) {
		return 0;
	}
	f->path = config_file_path(
		node->text, complaint_source_name(b->said, node->at.source), b->arena);
	if (!f->path) {
		return -ENOMEM;
	}
	err = config_file_read(f->path, f->secret, b->arena, &f->text, &n);
	if (err && err != -ENOMEM) {
		complaint_error(b->said, node->at, "'%s': cannot use '%s': %s", f->key,
		                f->path, config_file_error(err));
		f->text = NULL;
		return 0;
	}
	return err;
}

static int build_password(struct build *b, const struct schema_view *v)
{
	struct mqtt_config *m = &b->config->mqtt;
	struct named_file file = {.key = "password_file", .secret = true};
	int err = read_named(b, v, &file);

	m->username = schema_text(v, "username");
	m->password = schema_text(v, "password");
	if (schema_node(v, "password") && schema_node(v, "password_file")) {
		complaint_error(b->said, config_place(v, "password_file"),
		                "both 'password' and 'password_file' in mqtt");
	}
	if (file.text) {
		file.text[strcspn(file.text, "\r\n")] = '\0';
		if (!*file.text) {
			complaint_error(b->said, config_place(v, "password_file"),
			                "'password_file': its first line is empty");
		}
		m->password = file.text;
	}
	if (m->password && !m->username) {
		const char *key = tree_find(v->map, "password") ? "password"
		                                                : "password_file";

		complaint_error(b->said, config_place(v, key),
		                "'%s' without 'username' in mqtt", key);
	}
	return err;
}

static int build_tls(struct build *b, const struct schema_view *v)
{
	struct schema_view tls = schema_sub(v, "tls");
	struct mqtt_config *m = &b->config->mqtt;
	struct named_file ca = {.key = "ca"}, cert = {.key = "cert"};
	struct named_file key = {.key = "key", .secret = true};
	int err = read_named(b, &tls, &ca);

	err = err ? err : read_named(b, &tls, &cert);
	err = err ? err : read_named(b, &tls, &key);
	m->ca = ca.path;
	m->cert = cert.path;
	m->key = key.path;
	if (!m->cert != !m->key) {
		complaint_error(b->said, tls.map->at,
		                "'cert' and 'key' in mqtt.tls go together");
	}
	return err;
}

static int build_fields(struct build *b, const struct schema_view *v)
{
	const struct node *list = schema_node(v, "fields");
	struct mqtt_config *m = &b->config->mqtt;
	const char **fields = arena_array(b->arena, list ? list->n : 0, sizeof(*fields));

	for (size_t i = 0; fields && list && i < list->n; i++) {
		if (!list->items[i]->bad) {
			fields[m->n_fields++] = list->items[i]->text;
		}
	}
	m->fields = fields;
	return fields ? 0 : -ENOMEM;
}

/* A prefix is part of topics: no wildcards, no empty levels, none of the broker's own. */
static void check_prefix(struct build *b, const struct schema_view *v)
{
	const char *prefix = b->config->mqtt.prefix;
	size_t n = strlen(prefix);

	if (strpbrk(prefix, "+#$") || prefix[0] == '/' || strstr(prefix, "//") ||
	    (n && prefix[n - 1] == '/')) {
		complaint_error(b->said, config_place(v, "prefix"),
		                "'prefix' in mqtt cannot have + # $ or empty levels");
	}
}

int config_mqtt_build(struct build *b)
{
	struct schema_view v = schema_sub(&b->root, "mqtt");
	struct mqtt_config *m = &b->config->mqtt;
	int err;

	m->prefix = schema_text(&v, "prefix");
	m->client_id = schema_text(&v, "client_id");
	if (!m->client_id) {
		m->client_id = arena_format(b->arena, "pollux-%s", b->config->gateway_id);
	}
	m->layout = (enum mqtt_layout)schema_choice(&v, "layout");
	m->qos = (int)schema_int(&v, "qos");
	m->plain = schema_flag(&v, "plain");
	m->keep_alive_s = (uint32_t)(schema_int(&v, "keep_alive") / 1000);
	m->connect_timeout_ms = (uint32_t)schema_int(&v, "connect_timeout");
	m->replay_rate = (uint32_t)schema_int(&v, "replay_rate");
	if (!v.map) {
		return m->client_id ? 0 : -ENOMEM;
	}
	check_prefix(b, &v);
	err = build_servers(b, &v);
	err = err ? err : build_password(b, &v);
	err = err ? err : build_tls(b, &v);
	err = err ? err : build_fields(b, &v);
	m->enabled = m->n_servers > 0;
	return err ? err : (m->client_id ? 0 : -ENOMEM);
}
