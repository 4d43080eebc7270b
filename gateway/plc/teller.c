/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/teller.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/mqtt/board.h"
#include "gateway/payload.h"

enum { VALUE_MAX = 4096, GOODBYE_MS = 500 };

#define DEVICE "plc"

/* A variable as it was told last. */
struct told {
	char *text; /* NULL: not yet */
	bool forced;
};

struct teller {
	struct teller_wish wish;
	uv_timer_t timer;
	struct board *board;
	struct told *told; /* by watched variable */
	char **topics;
	size_t n;
	char *base, *client_id, *status, *events;
	char value[PROGRAM_TEXT_MAX];
};

int teller_config(struct config **out, const char *path, FILE *complaints)
{
	struct config *cfg;

	if (config_load(&cfg, path, complaints)) {
		return -EINVAL;
	}
	if (!cfg->mqtt.enabled) {
		fprintf(complaints, "%s: error: it has no 'mqtt' with servers\n", path);
		config_free(cfg);
		return -EINVAL;
	}
	for (size_t i = 0; i < cfg->n_tags; i++) {
		if (strcmp(cfg->tags[i].device, DEVICE) == 0) {
			fprintf(complaints,
			        "%s: error: its device '" DEVICE
			        "' has the topics that the PLC would have: give the PLC "
			        "a configuration of its own, with another gateway.id\n",
			        path);
			config_free(cfg);
			return -EINVAL;
		}
	}
	*out = cfg;
	return 0;
}

/* ---- what is said ---- */

static bool is_number(enum kind kind, const char *text)
{
	char *end;

	return kind != KIND_STRING && kind != KIND_WSTRING && kind != KIND_ENUM &&
	       kind != KIND_DATE && kind != KIND_TOD && kind != KIND_DT &&
	       isfinite(strtod(text, &end)) && end != text && *end == '\0';
}

/* What `$` and a letter stand for in a text of the language (IEC 61131-3, 2.2.2). */
static const char *const letters = "LlNnRrTtPp", *const meant = "\n\n\n\n\r\r\t\t\f\f";

/* A literal between its quotes as it is meant, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *c = text; *c; c++) {
		const char *letter = *c == '$' && c[1] ? strchr(letters, c[1]) : NULL;
		char pair[3] = "";
		unsigned long code = 0;

		if (*c == '$') {
			snprintf(pair, sizeof(pair), "%s", c + 1);
			code = strspn(pair, "0123456789ABCDEFabcdef") == 2
			               ? strtoul(pair, NULL, 16)
			               : 0;
		}
		if (letter) {
			*to++ = meant[letter - letters];
			c++;
		} else if (code) {
			*to++ = (char)code;
			c += 2;
		} else {
			c += *c == '$' && c[1];
			*to++ = *c;
		}
	}
	*to = '\0';
}

static void put_value(struct jsonout *j, const struct program_variable *v, char *text)
{
	enum kind kind = v->type ? v->type->kind : KIND_LREAL;
	size_t n = strlen(text);

	if (kind == KIND_BOOL) {
		jsonout_bool(j, strcmp(text, "1") == 0);
	} else if (is_number(kind, text)) {
		jsonout_raw(j, text);
	} else if (n == 0 || n >= VALUE_MAX) {
		jsonout_null(j); /* a structure, or longer than anybody reads */
	} else if (n >= 2 && *text == '"' && text[n - 1] == '"') {
		text[n - 1] = '\0';
		unescape(text + 1);
		jsonout_text(j, text + 1);
	} else {
		jsonout_text(j, text);
	}
}

/* The keys of a tag's state (gateway/payload.h), of which a PLC knows few. */
static char *state_text(const char *name, const struct program_variable *v, char *text,
                        bool forced)
{
	static const char *const unknown[] = {"predicted", "estimate", "sigma",
	                                      "residual", "score"};
	size_t room = 2 * VALUE_MAX + 1024;
	char *bytes = malloc(room), time[32];
	struct jsonout j = jsonout_into(bytes, bytes ? room : 0);
	int64_t now_us = clock_wall_us();

	clock_iso(now_us, time);
	jsonout_open(&j, '{');
	jsonout_key(&j, "ts");
	jsonout_int(&j, payload_ms(now_us));
	jsonout_key(&j, "time");
	jsonout_text(&j, time);
	jsonout_key(&j, "device");
	jsonout_text(&j, DEVICE);
	jsonout_key(&j, "tag");
	jsonout_text(&j, name);
	jsonout_key(&j, "value");
	put_value(&j, v, text);
	jsonout_key(&j, "unit");
	jsonout_null(&j);
	jsonout_key(&j, "quality");
	jsonout_text(&j, "good");
	jsonout_key(&j, "source");
	jsonout_text(&j, "simulated");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		jsonout_key(&j, unknown[i]);
		jsonout_null(&j);
	}
	jsonout_key(&j, "state");
	jsonout_text(&j, "healthy");
	jsonout_key(&j, "drift");
	jsonout_bool(&j, false);
	jsonout_key(&j, "setpoint");
	jsonout_null(&j);
	jsonout_key(&j, "forced");
	jsonout_bool(&j, forced);
	jsonout_close(&j, '}');
	if (jsonout_done(&j) == 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static void look_at(struct teller *t, size_t i)
{
	const char *name;
	const struct program_variable *v = watched_at(t->wish.watched, i, &name);
	bool forced = program_is_forced(t->wish.program, v);
	struct told *told = &t->told[i];

	program_read(t->wish.program, v, t->value, sizeof(t->value));
	if (told->text && told->forced == forced && strcmp(told->text, t->value) == 0) {
		return;
	}
	free(told->text);
	told->text = strdup(t->value);
	told->forced = forced;
	board_put(t->board, i, state_text(name, v, t->value, forced));
}

static void on_timer(uv_timer_t *timer)
{
	struct teller *t = timer->data;

	for (size_t i = 0; i < t->n; i++) {
		look_at(t, i);
	}
}

void teller_forced(struct teller *t, const char *name, const char *value)
{
	char message[512], *bytes = malloc(PAYLOAD_NOTICE_MAX);
	const struct event e = {.ts_us = clock_wall_us(),
	                        .kind = value ? "forced" : "unforced",
	                        .severity = value ? "warning" : "info",
	                        .state = "",
	                        .value = NAN,
	                        .predicted = NAN,
	                        .residual = NAN,
	                        .threshold = NAN,
	                        .method = "",
	                        .contributions = "",
	                        .message = message,
	                        .by = ""};

	snprintf(message, sizeof(message),
	         value ? "%.200s is forced to %.200s" : "%.200s is no longer forced",
	         name, value);
	if (bytes && payload_event(bytes, PAYLOAD_NOTICE_MAX, &e, DEVICE, name) == 0) {
		free(bytes);
		bytes = NULL;
	}
	board_remark(t->board, bytes);
	on_timer(&t->timer);
}

static void on_news(void *arg, bool connected, const char *why)
{
	(void)arg;
	fprintf(stderr, "mqtt: %s%s\n", connected ? "connected to " : "", why);
}

/* ---- up and down ---- */

static int name_topics(struct teller *t)
{
	const struct config *c = t->wish.config;
	int n = asprintf(&t->base, "%s/%s", c->mqtt.prefix, c->gateway_id);

	n = n < 0 ? n : asprintf(&t->client_id, "%s-" DEVICE, c->mqtt.client_id);
	n = n < 0 ? n : asprintf(&t->status, "%s/" DEVICE "/status", t->base);
	n = n < 0 ? n : asprintf(&t->events, "%s/events", t->base);
	for (size_t i = 0; i < t->n && n >= 0; i++) {
		const char *name;

		(void)watched_at(t->wish.watched, i, &name);
		n = asprintf(&t->topics[i], "%s/" DEVICE "/%s/state", t->base, name);
	}
	return n < 0 ? -ENOMEM : 0;
}

static int make_parts(struct teller *t)
{
	const struct board_wish wish = {.mqtt = &t->wish.config->mqtt,
	                                .topics = (const char *const *)t->topics,
	                                .n_topics = t->n,
	                                .present = "{\"state\":\"ok\"}",
	                                .absent = "{\"state\":\"down\"}",
	                                .news = on_news};
	struct board_wish named = wish;
	int err = t->told && t->topics ? name_topics(t) : -ENOMEM;

	named.client_id = t->client_id;
	named.status = t->status;
	named.remarks = t->events;
	return err ? err : board_open(&t->board, &named);
}

int teller_open(struct teller **out, const struct teller_wish *wish)
{
	struct teller *t = calloc(1, sizeof(*t));
	int err;

	if (!t) {
		return -ENOMEM;
	}
	t->wish = *wish;
	t->n = watched_count(wish->watched);
	t->told = calloc(t->n + 1, sizeof(*t->told));
	t->topics = calloc(t->n + 1, sizeof(*t->topics));
	err = make_parts(t);
	if (err) {
		teller_free(t);
		return err;
	}
	uv_timer_init(wish->loop, &t->timer);
	t->timer.data = t;
	uv_timer_start(&t->timer, on_timer, 0, TELLER_LOOK_MS);
	*out = t;
	return 0;
}

void teller_close(struct teller *t)
{
	if (t) {
		uv_close((uv_handle_t *)&t->timer, NULL);
	}
}

static void say_figures(const struct board *b)
{
	struct board_stats s = board_stats(b);

	fprintf(stderr,
	        "mqtt: %" PRIu64 " messages sent, %" PRIu64 " values overtaken, %" PRIu64
	        " events lost\n",
	        s.sent, s.overtaken, s.lost);
}

void teller_free(struct teller *t)
{
	if (!t) {
		return;
	}
	if (t->board) {
		say_figures(t->board);
	}
	board_close(t->board, GOODBYE_MS);
	for (size_t i = 0; t->told && t->topics && i < t->n; i++) {
		free(t->told[i].text);
		free(t->topics[i]);
	}
	free(t->told);
	free(t->topics);
	free(t->base);
	free(t->client_id);
	free(t->status);
	free(t->events);
	free(t);
}
