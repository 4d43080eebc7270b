/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/session.h"

#include <stdio.h>
#include <string.h>

#include "gateway/log.h"

#define MS_NS 1000000U

enum {
	ANSWER_MIN_MS = 5000, /* a message waits at least so long for its answer */
	LOOK_MS = 250,        /* how often somebody who waits looks */
};

void session_init(struct session *s, const struct config *cfg, struct sender *sender,
                  const struct session_client *client, uint64_t seed)
{
	*s = (struct session){.cfg = cfg, .client = *client, .sender = sender};
	redial_init(&s->redial, cfg->mqtt.n_servers, seed);
}

const char *session_server(const struct session *s)
{
	return s->cfg->mqtt.servers[s->redial.server];
}

static void say_error(struct session *s, const char *what, const char *why)
{
	char text[sizeof(s->error)];

	snprintf(text, sizeof(text), "%s%s", what, why);
	if (text[0] && strcmp(s->error, text) != 0) {
		log_line(LOG_WARNING, "mqtt: %s", text);
	}
	memcpy(s->error, text, sizeof(text));
}

static const char *connack_text(int code)
{
	switch (code) { /* MQTT 3.1.1, table 3.1 */
	case 1:
		return "protocol version refused";
	case 2:
		return "client id refused";
	case 3:
		return "server unavailable";
	case 4:
		return "bad user name or password";
	case 5:
		return "not authorised";
	default:
		return NULL;
	}
}

static void on_failed(struct session *s, int code, const char *text, uint64_t now_ns)
{
	const char *refusal = connack_text(code);
	char what[128];

	if (refusal) {
		text = refusal;
	} else if (strncmp(session_server(s), "mqtts:", 6) != 0) {
		text = "no connection";
	} else if (!*text || strstr(text, "TCP/TLS")) { /* Paho says no more */
		text = "no connection, or the certificate is for another host";
	}
	snprintf(what, sizeof(what), "%s: ", session_server(s));
	say_error(s, what, text);
	s->state = SESSION_DOWN;
	redial_failed(&s->redial, now_ns);
}

static void on_up(struct session *s, uint64_t now_ns)
{
	s->state = SESSION_UP;
	s->connects++;
	redial_up(&s->redial, now_ns);
	say_error(s, "", "");
	log_line(LOG_NOTICE, "mqtt: connected to %s", session_server(s));
	sender_connected(s->sender);
}

static void on_down(struct session *s, const char *why, uint64_t now_ns)
{
	char what[128];

	snprintf(what, sizeof(what), "%s: ", session_server(s));
	s->state = SESSION_DOWN;
	sender_disconnected(s->sender);
	if (redial_down(&s->redial, now_ns)) {
		say_error(s, what,
		          "sessions end at once; does another client use our client id?");
	} else {
		say_error(s, what, why);
	}
}

static void hang_up(struct session *s, const char *why, uint64_t now_ns)
{
	s->client.renew(s->client.arg);
	on_down(s, why, now_ns);
}

void session_broken(struct session *s, uint64_t now_ns)
{
	if (s->state == SESSION_UP) {
		hang_up(s, "a message could not be sent", now_ns);
	}
}

static void on_answered(struct session *s, uint32_t slot)
{
	if (slot == SESSION_FAREWELL) {
		s->farewell_answered = true;
	} else if (s->state == SESSION_UP) {
		sender_acked(s->sender, slot);
	}
}

void session_report(struct session *s, const struct session_report *r, uint64_t now_ns)
{
	if (r->news != SESSION_LOST && r->generation != s->generation) {
		return; /* of what is over */
	}
	switch (r->news) {
	case SESSION_CONNECTED:
		if (s->state == SESSION_CONNECTING) {
			on_up(s, now_ns);
		}
		break;
	case SESSION_FAILED:
		if (s->state == SESSION_CONNECTING) {
			on_failed(s, r->code, r->text, now_ns);
		}
		break;
	case SESSION_LOST:
		if (s->state == SESSION_UP) {
			on_down(s, "connection lost", now_ns);
		}
		break;
	case SESSION_ANSWERED:
		on_answered(s, r->slot);
		break;
	case SESSION_REFUSED:
		session_broken(s, now_ns);
		break;
	case SESSION_GONE:
		s->state = SESSION_DOWN;
		break;
	}
}

/* The client's own time-out comes first; this one is for when it does not. */
static uint64_t connect_ns(const struct session *s)
{
	return (2ULL * s->cfg->mqtt.connect_timeout_ms + ANSWER_MIN_MS) * MS_NS;
}

static uint64_t answer_ns(const struct session *s)
{
	uint64_t ms = (uint64_t)s->cfg->mqtt.keep_alive_s * 1000;

	return (ms > ANSWER_MIN_MS ? ms : ANSWER_MIN_MS) * MS_NS;
}

static void begin(struct session *s, uint64_t now_ns)
{
	s->began_ns = now_ns;
	s->state = SESSION_CONNECTING;
	s->generation++;
	if (s->client.connect(s->client.arg, s->generation, s->redial.server)) {
		s->client.renew(s->client.arg);
		on_failed(s, -1, "no connection could be begun", now_ns);
	}
}

void session_keep(struct session *s, uint64_t now_ns)
{
	uint64_t oldest_ns = sender_oldest_ns(s->sender);

	switch (s->state) {
	case SESSION_DOWN:
		if (now_ns >= s->redial.due_ns && !s->closing) {
			begin(s, now_ns);
		}
		break;
	case SESSION_CONNECTING:
		if (now_ns - s->began_ns > connect_ns(s)) {
			s->client.renew(s->client.arg);
			on_failed(s, -1, "no answer", now_ns);
		}
		break;
	case SESSION_UP:
		if (oldest_ns < now_ns && now_ns - oldest_ns > answer_ns(s)) {
			hang_up(s, "messages are not acknowledged", now_ns);
		}
		break;
	}
}

uint64_t session_due_ns(const struct session *s)
{
	switch (s->state) {
	case SESSION_DOWN:
		return s->closing ? UINT64_MAX : s->redial.due_ns;
	case SESSION_CONNECTING:
		return s->began_ns + connect_ns(s) + (uint64_t)LOOK_MS * MS_NS;
	case SESSION_UP:
		break;
	}
	return UINT64_MAX; /* the thread goes round often enough */
}
