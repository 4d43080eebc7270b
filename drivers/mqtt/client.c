/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/mqtt/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <MQTTAsync.h>

#include "drivers/secret.h"

enum {
	KEEP_ALIVE_S = 30,
	ATTEMPT_MS = 10000, /* for the look-up, the connection, the subscription, each */
	PAUSE_MIN_MS = 500,
	PAUSE_STEPS = 6, /* 0.5 s x 2^6 and more: 30 s */
	PAUSE_MAX_MS = 30000,
	LONG_SESSION_S = 30, /* forgives the attempts before it */
	PASSWORD_MAX = 256,
	MESSAGES_AT_ONCE = 128, /* then others have their turn */
};

/* Suites of TLS 1.2 only, with forward secrecy; those of 1.3 are always there. */
static const char *const cipher_suites =
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!eNULL";

enum state {
	RESTING, /* until the timer runs */
	RESOLVING,
	CONNECTING,
	SUBSCRIBING,
	UP,
	CLOSING,
};

/* What Paho's threads say; bits. */
enum news {
	NEWS_CONNECTED = 1,
	NEWS_SUBSCRIBED = 2,
	NEWS_FAILED = 4, /* to connect or to subscribe */
	NEWS_LOST = 8,
};

/* Paho stops its threads with its last client: none may be made at that time. */
static pthread_mutex_t census = PTHREAD_MUTEX_INITIALIZER;

enum job { JOB_CONNECT, JOB_SUBSCRIBE, JOB_DESTROY };

struct client {
	struct client_config cfg;
	struct client_owner owner;
	enum state state;
	int err;
	uint64_t connects;
	unsigned int step; /* of the pause */
	uint64_t random;   /* state of its jitter */
	uint64_t up_ns;
	uv_timer_t timer;
	uv_async_t async;
	int n_handles; /* to be closed */
	uv_getaddrinfo_t lookup;
	bool looking;
	char host[64]; /* the address; unused for TLS, which checks the name */
	uv_work_t work;
	bool working;
	enum job job;
	int job_err;

	MQTTAsync paho; /* the jobs' own; one runs at a time */
	char password[PASSWORD_MAX];

	pthread_mutex_t lock; /* of what follows */
	unsigned int news;
	int news_err;
	bool *granted;

	struct inbox inbox;
};

/* ---- Callbacks: run on Paho's threads, copy, wake ---- */

static void report(struct client *c, enum news news, int err)
{
	pthread_mutex_lock(&c->lock);
	c->news |= news;
	c->news_err = err;
	pthread_mutex_unlock(&c->lock);
	uv_async_send(&c->async);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
	report(context, NEWS_CONNECTED, 0);
}

static void on_connect_failed(void *context, MQTTAsync_failureData *data)
{
	int code = data ? data->code : -1;
	const char *text = data && data->message ? data->message : "";
	int err = -ECONNREFUSED;

	if (code > 0) { /* of the broker: 3 is "not available", the others are about us */
		err = code == 3 ? -ECONNREFUSED : -EACCES;
	} else if (strstr(text, "timeout")) {
		err = -ETIMEDOUT;
	}
	report(context, NEWS_FAILED, err);
}

static void on_subscribed(void *context, MQTTAsync_successData *data)
{
	struct client *c = context;
	size_t n = c->cfg.n_filters;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < n; i++) {
		int qos = n == 1 ? data->alt.qos : data->alt.qosList[i];

		c->granted[i] = qos >= 0 && qos <= 2;
	}
	pthread_mutex_unlock(&c->lock);
	report(c, NEWS_SUBSCRIBED, 0);
}

static void on_subscribe_failed(void *context, MQTTAsync_failureData *data)
{
	report(context, NEWS_FAILED, -EACCES);
}

static void on_connection_lost(void *context, char *cause)
{
	report(context, NEWS_LOST, -ECONNRESET);
}

static void release(struct inbox_message *m)
{
	MQTTAsync_message *owner = m->owner;

	MQTTAsync_freeMessage(&owner);
	MQTTAsync_free(m->topic);
}

/* Paho's memory is handed on, not copied.  A topic that holds a NUL ends there for us; it
 * is not the one that it seems to be. */
static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *m)
{
	struct client *c = context;
	struct inbox_message item = {.topic = topic,
	                             .payload = m->payload,
	                             .n = (size_t)m->payloadlen,
	                             .retained = m->retained != 0,
	                             .owner = m};

	if ((topic_len > 0 && strlen(topic) != (size_t)topic_len) ||
	    !c->owner.wants(c->owner.arg, topic)) {
		release(&item);
	} else {
		inbox_put(&c->inbox, &item);
		uv_async_send(&c->async);
	}
	return 1;
}

/* ---- Jobs: run on the thread pool, one at a time ---- */

/* The files of TLS; Paho copies the names. */
struct tls_files {
	char ca[SECRET_PATH_MAX], cert[SECRET_PATH_MAX], key[SECRET_PATH_MAX];
};

static int find_tls_files(struct tls_files *files, const struct uri *uri)
{
	int err = 0;

	*files->ca = *files->cert = *files->key = '\0';
	if (uri->ca) {
		err = secret_path(files->ca, uri->ca);
	}
	if (!err && uri->cert) {
		err = secret_path(files->cert, uri->cert);
	}
	if (!err && uri->key) {
		err = secret_path(files->key, uri->key);
		err = err ? err : secret_check(files->key);
	}
	return err;
}

static void set_tls(MQTTAsync_SSLOptions *tls, const struct tls_files *files)
{
	tls->trustStore = *files->ca ? files->ca : NULL; /* the system's */
	tls->keyStore = *files->cert ? files->cert : NULL;
	tls->privateKey = *files->key ? files->key : NULL;
	tls->enabledCipherSuites = cipher_suites;
	tls->enableServerCertAuth = 1;
	tls->sslVersion = MQTT_SSL_VERSION_TLS_1_2;
	tls->verify = 1; /* the certificate is for this host */
}

static void destroy(struct client *c)
{
	pthread_mutex_lock(&census);
	if (c->paho) {
		MQTTAsync_destroy(&c->paho);
	}
	pthread_mutex_unlock(&census);
}

static int create(struct client *c, const char *uri)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
	const char *id = c->cfg.uri->client_id ? c->cfg.uri->client_id : "";
	int rc;

	options.MQTTVersion = MQTTVERSION_3_1_1;
	pthread_mutex_lock(&census);
	rc = MQTTAsync_createWithOptions(&c->paho, uri, id, MQTTCLIENT_PERSISTENCE_NONE,
	                                 NULL, &options);
	pthread_mutex_unlock(&census);
	if (rc != MQTTASYNC_SUCCESS) {
		c->paho = NULL;
		return -ENOMEM;
	}
	return MQTTAsync_setCallbacks(c->paho, c, on_connection_lost, on_message, NULL)
	               ? -EIO
	               : 0;
}

/* Without the old one: Paho promises no callback of it after that. */
static int renew(struct client *c)
{
	const struct uri *uri = c->cfg.uri;
	const char *host = uri->tls ? uri->host : c->host;
	bool v6 = strchr(host, ':') != NULL;
	char paho_uri[300];

	destroy(c);
	pthread_mutex_lock(&c->lock);
	c->news = 0;
	memset(c->granted, 0, c->cfg.n_filters * sizeof(*c->granted));
	pthread_mutex_unlock(&c->lock);
	snprintf(paho_uri, sizeof(paho_uri), "%s://%s%s%s:%u", uri->tls ? "ssl" : "tcp",
	         v6 ? "[" : "", host, v6 ? "]" : "", (unsigned int)uri->port);
	return create(c, paho_uri);
}

static int do_connect(struct client *c)
{
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	const struct uri *uri = c->cfg.uri;
	struct tls_files files;
	int err = 0;

	if (uri->password_file) { /* for each attempt: a new one needs no restart */
		err = secret_line(uri->password_file, c->password, sizeof(c->password));
	}
	err = err ? err : find_tls_files(&files, uri);
	err = err ? err : renew(c);
	if (err) {
		return err;
	}
	set_tls(&tls, &files);
	options.ssl = uri->tls ? &tls : NULL;
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.cleansession = 1;
	options.automaticReconnect = 0;
	options.keepAliveInterval = KEEP_ALIVE_S;
	options.connectTimeout = ATTEMPT_MS / 1000;
	options.username = uri->user;
	options.password = uri->password_file ? c->password : NULL;
	options.onSuccess = on_connected;
	options.onFailure = on_connect_failed;
	options.context = c;
	err = MQTTAsync_connect(c->paho, &options) == MQTTASYNC_SUCCESS ? 0 : -EIO;
	explicit_bzero(c->password, sizeof(c->password)); /* Paho has its own copy */
	return err;
}

static int do_subscribe(struct client *c)
{
	MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
	size_t n = c->cfg.n_filters;
	int *qos = calloc(n, sizeof(*qos));
	int rc;

	if (!qos) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		qos[i] = c->cfg.uri->qos;
	}
	answer.onSuccess = on_subscribed;
	answer.onFailure = on_subscribe_failed;
	answer.context = c;
	rc = MQTTAsync_subscribeMany(c->paho, (int)n, c->cfg.filters, qos, &answer);
	free(qos);
	return rc == MQTTASYNC_SUCCESS ? 0 : -ECONNRESET;
}

static void on_work(uv_work_t *work)
{
	struct client *c = work->data;

	c->job_err = 0;
	if (c->job == JOB_CONNECT) {
		c->job_err = do_connect(c);
	} else if (c->job == JOB_SUBSCRIBE) {
		c->job_err = do_subscribe(c);
	} else {
		destroy(c);
	}
}

/* ---- The loop ---- */

static void on_worked(uv_work_t *work, int status);

static void start_job(struct client *c, enum job job)
{
	c->job = job;
	c->working = true;
	uv_queue_work(c->cfg.loop, &c->work, on_work, on_worked);
}

static void on_time(uv_timer_t *timer);

/* Between half of the pause and all of it, so that gateways that lost the same broker
 * come back apart; xorshift64 (Marsaglia 2003). */
static void rest(struct client *c)
{
	uint64_t ms = c->step < PAUSE_STEPS ? (uint64_t)PAUSE_MIN_MS << c->step
	                                    : PAUSE_MAX_MS;

	c->step += c->step < PAUSE_STEPS;
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	c->state = RESTING;
	uv_timer_start(&c->timer, on_time, ms / 2 + c->random % (ms / 2 + 1), 0);
}

static void fail(struct client *c, int err)
{
	if (c->state == UP &&
	    c->cfg.now_ns() - c->up_ns > (uint64_t)LONG_SESSION_S * 1000000000) {
		c->step = 0;
	}
	c->err = err;
	rest(c);
	c->owner.changed(c->owner.arg);
}

static void come_up(struct client *c)
{
	uv_timer_stop(&c->timer);
	c->state = UP;
	c->err = 0;
	c->up_ns = c->cfg.now_ns();
	c->connects++;
	c->owner.changed(c->owner.arg);
}

static void connect_now(struct client *c)
{
	c->state = CONNECTING;
	uv_timer_start(&c->timer, on_time, ATTEMPT_MS, 0);
	start_job(c, JOB_CONNECT);
}

/* Nothing is under way any more: take down the rest. */
static void on_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	struct client_owner owner = c->owner;

	if (--c->n_handles > 0) {
		return;
	}
	inbox_fini(&c->inbox);
	pthread_mutex_destroy(&c->lock);
	free(c->granted);
	free(c);
	owner.closed(owner.arg);
}

static void go_on_closing(struct client *c)
{
	if (c->looking || c->working) {
		return; /* its end comes here again */
	}
	if (c->paho) {
		start_job(c, JOB_DESTROY);
		return;
	}
	uv_close((uv_handle_t *)&c->timer, on_closed);
	uv_close((uv_handle_t *)&c->async, on_closed);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct client *c = request->data;

	c->looking = false;
	if (status == 0) {
		const struct addrinfo *ipv4 = found;

		while (ipv4->ai_next && ipv4->ai_family != AF_INET) {
			ipv4 = ipv4->ai_next; /* what most brokers listen on */
		}
		status = getnameinfo(ipv4->ai_addr, ipv4->ai_addrlen, c->host,
		                     sizeof(c->host), NULL, 0, NI_NUMERICHOST);
	}
	uv_freeaddrinfo(found);
	if (c->state == CLOSING) {
		go_on_closing(c);
	} else if (c->state == RESOLVING && status) {
		fail(c, -ENOENT);
	} else if (c->state == RESOLVING) {
		connect_now(c);
	}
}

static void begin(struct client *c)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	if (c->looking || c->working) {
		fail(c, -ETIMEDOUT); /* the attempt before is not over yet */
		return;
	}
	c->state = RESOLVING;
	uv_timer_start(&c->timer, on_time, ATTEMPT_MS, 0);
	if (uv_getaddrinfo(c->cfg.loop, &c->lookup, on_resolved, c->cfg.uri->host, NULL,
	                   &hints)) {
		fail(c, -ENOENT);
		return;
	}
	c->looking = true;
}

static void on_time(uv_timer_t *timer)
{
	struct client *c = timer->data;

	if (c->state == RESTING) {
		begin(c);
	} else {
		fail(c, -ETIMEDOUT);
	}
}

/* What Paho's threads had to say, once no job is between. */
static void take_news(struct client *c)
{
	unsigned int news;
	int err;

	pthread_mutex_lock(&c->lock);
	news = c->news;
	err = c->news_err;
	c->news = 0;
	pthread_mutex_unlock(&c->lock);
	if (c->state == CONNECTING && news & NEWS_CONNECTED) {
		c->state = SUBSCRIBING;
		uv_timer_start(&c->timer, on_time, ATTEMPT_MS, 0);
		start_job(c, JOB_SUBSCRIBE);
	} else if (c->state == SUBSCRIBING && news & NEWS_SUBSCRIBED) {
		come_up(c);
	}
	if (c->state >= CONNECTING && c->state <= UP &&
	    news & (NEWS_FAILED | NEWS_LOST)) {
		fail(c, err);
	}
}

static void on_worked(uv_work_t *work, int status)
{
	struct client *c = work->data;

	c->working = false;
	if (c->state == CLOSING) {
		go_on_closing(c);
	} else if (c->job_err && (c->state == CONNECTING || c->state == SUBSCRIBING)) {
		fail(c, c->job_err);
	} else {
		take_news(c);
	}
}

/* @return false: nothing is left */
static bool bring(struct client *c, size_t most, uint64_t *now_ns)
{
	struct inbox_message m;

	while (most-- > 0) {
		if (!inbox_take(&c->inbox, &m, now_ns)) {
			return false;
		}
		c->owner.message(c->owner.arg, &m);
		release(&m);
	}
	return true;
}

static void on_async(uv_async_t *async)
{
	struct client *c = async->data;

	if (c->state == CLOSING) {
		return;
	}
	if (!c->working) {
		take_news(c);
	}
	if (bring(c, MESSAGES_AT_ONCE, NULL)) {
		uv_async_send(&c->async); /* perhaps more */
	}
}

/* ---- From outside ---- */

int client_open(struct client **out, const struct client_config *cfg,
                const struct client_owner *owner)
{
	struct client *c = calloc(1, sizeof(*c));
	bool *granted = calloc(cfg->n_filters + 1, sizeof(*granted));

	if (!c || !granted || uv_async_init(cfg->loop, &c->async, on_async)) {
		free(granted);
		free(c);
		return -ENOMEM;
	}
	c->cfg = *cfg;
	c->owner = *owner;
	c->granted = granted;
	c->err = -EINPROGRESS;
	c->random = (cfg->now_ns() ^ (uintptr_t)c) | 1;
	uv_timer_init(cfg->loop, &c->timer);
	c->n_handles = 2;
	c->timer.data = c->async.data = c->lookup.data = c->work.data = c;
	pthread_mutex_init(&c->lock, NULL);
	inbox_init(&c->inbox, cfg->now_ns, release);
	if (cfg->n_filters > 0) {
		uv_timer_start(&c->timer, on_time, 0, 0);
	}
	*out = c;
	return 0;
}

int client_error(const struct client *c)
{
	return c->err;
}

bool client_granted(const struct client *c, size_t i)
{
	return c->granted[i];
}

uint64_t client_drain(struct client *c)
{
	uint64_t now_ns = 0;

	(void)bring(c, SIZE_MAX, &now_ns);
	return now_ns;
}

uint64_t client_dropped(struct client *c)
{
	return inbox_dropped(&c->inbox);
}

uint64_t client_connects(const struct client *c)
{
	return c->connects;
}

void client_close(struct client *c)
{
	if (!c) {
		return;
	}
	c->state = CLOSING;
	uv_timer_stop(&c->timer);
	if (c->looking) {
		uv_cancel((uv_req_t *)&c->lookup);
	}
	go_on_closing(c);
}
