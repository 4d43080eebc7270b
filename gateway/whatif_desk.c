/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/whatif_desk.h"

#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/child/errand.h"
#include "gateway/clock.h"
#include "gateway/mqtt/board.h"
#include "gateway/payload.h"

enum { GOODBYE_MS = 200, ARGUMENTS_MAX = 12 };

struct whatif_desk {
	const struct config *cfg;
	uv_loop_t *loop;
	uv_async_t wake;
	struct board *board;
	char *topic, *reply, *client_id;
	/* From Paho's thread: questions in a ring, and how many found no room. */
	_Atomic(char *) waiting[WHATIF_WAITING];
	_Atomic unsigned busy;
	size_t put; /* Paho's thread's own */
	/* The loop's own. */
	size_t taken;
	struct errand *errand;
	json_t *id; /* of what runs */
	bool closing;
};

/* ---- from Paho's thread ---- */

static void on_message(void *arg, const char *payload, size_t n)
{
	struct whatif_desk *d = arg;
	char *text = n < WHATIF_QUESTION_MAX ? strndup(payload, n) : NULL, *none = NULL;

	if (text && atomic_compare_exchange_strong(&d->waiting[d->put % WHATIF_WAITING],
	                                           &none, text)) {
		d->put++;
	} else {
		free(text);
		atomic_fetch_add(&d->busy, 1);
	}
	uv_async_send(&d->wake);
}

static void on_news(void *arg, bool connected, const char *why)
{
	(void)arg; /* the publisher says it of the same broker */
	(void)connected;
	(void)why;
}

/* ---- answers ---- */

/* @param result  taken, may be NULL */
static void answer(struct whatif_desk *d, const char *status, const char *error,
                   json_t *result)
{
	json_t *o = json_pack("{s:o, s:s, s:s?, s:I, s:o}", "id",
	                      d->id ? d->id : json_null(), "status", status, "error",
	                      error, "ts", (json_int_t)payload_ms(clock_wall_us()),
	                      "result", result ? result : json_null());

	d->id = NULL;
	board_remark(d->board, o ? json_dumps(o, JSON_COMPACT) : NULL);
	json_decref(o);
}

static void begin_next(struct whatif_desk *d);

static void on_done(void *arg, const struct errand_end *end)
{
	struct whatif_desk *d = arg;
	json_t *result = end->status == 0 && !end->signal && !end->too_much
	                         ? json_loadb(end->output, end->n, 0, NULL)
	                         : NULL;

	d->errand = NULL;
	if (result) {
		answer(d, "done", NULL, result);
	} else if (end->err) {
		answer(d, "failed", uv_strerror(end->err), NULL);
	} else if (end->late) {
		answer(d, "failed", "it took longer than a minute", NULL);
	} else if (end->too_much) {
		answer(d, "failed", "the answer is longer than 4 MiB", NULL);
	} else {
		answer(d, end->status == 3 ? "refused" : "failed", end->complaints, NULL);
	}
	begin_next(d);
}

/* ---- questions ---- */

/* What the question says beside its scenario, as options of the command. */
static void add_options(char **argv, size_t n, const json_t *question)
{
	static const struct {
		const char *key, *option;
	} options[] = {{"horizon", "--horizon"}, {"at", "--at"}};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const json_t *value = json_object_get(question, options[i].key);

		if (json_is_string(value)) {
			argv[n++] = (char *)options[i].option;
			argv[n++] = (char *)json_string_value(value);
		}
	}
}

/* {"id", "scenario": text or object, "horizon", "at"}, or a scenario file as it is. */
static char *scenario_of(const json_t *o, const char *text)
{
	const json_t *scenario = json_object_get(o, "scenario");

	return !scenario                  ? strdup(text)
	       : json_is_string(scenario) ? strdup(json_string_value(scenario))
	                                  : json_dumps(scenario, JSON_PRESERVE_ORDER);
}

static void begin(struct whatif_desk *d, const char *text)
{
	char *argv[ARGUMENTS_MAX] = {(char *)"pollux", (char *)"whatif",
	                             (char *)"-",      (char *)"--json",
	                             (char *)"-c",     (char *)d->cfg->path};
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	char *scenario = scenario_of(o, text);
	const struct errand_wish wish = {.loop = d->loop,
	                                 .argv = argv,
	                                 .input = scenario,
	                                 .limit_s = WHATIF_LIMIT_S,
	                                 .output_max = WHATIF_ANSWER_MAX,
	                                 .done = on_done,
	                                 .arg = d};

	add_options(argv, 6, o);
	d->id = json_incref(json_object_get(o, "id"));
	d->errand = scenario ? errand_begin(&wish) : NULL;
	if (!d->errand) {
		answer(d, "failed", "not enough memory", NULL);
	}
	free(scenario);
	json_decref(o);
}

static void begin_next(struct whatif_desk *d)
{
	char *text;

	while (!d->errand && !d->closing &&
	       (text = atomic_exchange(&d->waiting[d->taken % WHATIF_WAITING], NULL))) {
		d->taken++;
		begin(d, text);
		free(text);
	}
}

static void refuse(struct whatif_desk *d)
{
	json_t *running = d->id;

	d->id = NULL;
	answer(d, "busy", "too many wait, or the message is longer than 64 KiB", NULL);
	d->id = running;
}

static void on_wake(uv_async_t *async)
{
	struct whatif_desk *d = async->data;

	for (unsigned n = atomic_exchange(&d->busy, 0); n > 0; n--) {
		refuse(d);
	}
	begin_next(d);
}

/* ---- up and down ---- */

static int make_parts(struct whatif_desk *d)
{
	const struct mqtt_config *mqtt = &d->cfg->mqtt;
	struct board_wish wish = {
		.mqtt = mqtt, .news = on_news, .message = on_message, .arg = d};

	if (asprintf(&d->topic, "%s/%s/cmd/whatif", mqtt->prefix, d->cfg->gateway_id) <
	            0 ||
	    asprintf(&d->reply, "%s/reply", d->topic) < 0 ||
	    asprintf(&d->client_id, "%s-whatif", mqtt->client_id) < 0) {
		return -ENOMEM;
	}
	wish.client_id = d->client_id;
	wish.subscribed = d->topic;
	wish.remarks = d->reply;
	return board_open(&d->board, &wish);
}

int whatif_desk_open(struct whatif_desk **out, const struct config *cfg, uv_loop_t *loop)
{
	struct whatif_desk *d;
	int err;

	if (!cfg->mqtt.enabled || cfg->twin.n_components == 0) {
		return 0;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		return -ENOMEM;
	}
	d->cfg = cfg;
	d->loop = loop;
	d->wake.data = d;
	err = uv_async_init(loop, &d->wake, on_wake);
	if (err) {
		free(d);
		return err;
	}
	*out = d;
	return make_parts(d);
}

void whatif_desk_close(struct whatif_desk *d)
{
	if (d) {
		d->closing = true;
		errand_drop(d->errand);
		d->errand = NULL;
		board_close(d->board, GOODBYE_MS); /* no message comes any more */
		d->board = NULL;
		uv_close((uv_handle_t *)&d->wake, NULL);
	}
}

void whatif_desk_free(struct whatif_desk *d)
{
	if (d) {
		for (size_t i = 0; i < WHATIF_WAITING; i++) {
			free(atomic_load(&d->waiting[i]));
		}
		json_decref(d->id);
		free(d->topic);
		free(d->reply);
		free(d->client_id);
		free(d);
	}
}
