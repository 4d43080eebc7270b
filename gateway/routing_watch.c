/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/routing_watch.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/child/errand.h"

enum { OUTPUT_MAX = 1 << 20 };

enum verdict { VERDICT_NONE, VERDICT_YES, VERDICT_NO, VERDICT_UNKNOWN };

struct routing_watch {
	struct routing_watch_parts parts;
	uv_timer_t timer;
	struct errand *errand;
	enum verdict *last; /* by routing */
	size_t next;
};

/* ---- answers ---- */

static void explain(const json_t *o, const char *file, char *out, size_t size)
{
	const json_t *reasons = json_object_get(o, "reasons");
	const json_t *first = json_array_get(reasons, 0);
	const char *reason = json_string_value(json_object_get(first, "reason"));
	const char *nearest = json_string_value(json_object_get(first, "nearest"));
	size_t n = json_array_size(reasons);
	char more[40] = "";

	if (n > 1) {
		snprintf(more, sizeof(more), ", and %zu more reasons", n - 1);
	}
	snprintf(out, size, "%s: the line cannot make it as it is: %s%s%s%s", file,
	         reason ? reason : "no reason is given", nearest ? "; enough: " : "",
	         nearest ? nearest : "", more);
}

static enum verdict verdict_of(const struct errand_end *end, const json_t *o)
{
	if (end->err || end->late || end->signal || !json_is_object(o)) {
		return VERDICT_UNKNOWN;
	}
	return json_is_true(json_object_get(o, "feasible")) ? VERDICT_YES : VERDICT_NO;
}

/* One line of what it complained about. */
static void complaint_of(const struct errand_end *end, char *out, size_t size)
{
	size_t n = strcspn(end->complaints, "\n");

	snprintf(out, size, "%.*s", n < size ? (int)n : (int)size - 1, end->complaints);
}

static void tell(struct routing_watch *w, enum verdict verdict,
                 const struct errand_end *end, const json_t *o)
{
	const char *path = w->parts.config->routings.files[w->next];
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char message[500], why[300];

	switch (verdict) {
	case VERDICT_YES:
		snprintf(message, sizeof(message),
		         "%s: the line can make it, %.4g an hour of the %.4g wanted",
		         file, json_number_value(json_object_get(o, "rate")),
		         json_number_value(json_object_get(o, "rate_wanted")));
		break;
	case VERDICT_NO:
		explain(o, file, message, sizeof(message));
		break;
	case VERDICT_UNKNOWN:
	case VERDICT_NONE:
		complaint_of(end, why, sizeof(why));
		snprintf(message, sizeof(message),
		         "%s: whether the line can make it is "
		         "not known: %s",
		         file,
		         end->err    ? uv_strerror(end->err)
		         : end->late ? "it took longer than ten minutes"
		                     : why);
		break;
	}
	w->parts.tell(w->parts.arg, verdict == VERDICT_YES, message);
}

/* ---- one after the other ---- */

static void begin(struct routing_watch *w);

static void on_done(void *arg, const struct errand_end *end)
{
	struct routing_watch *w = arg;
	json_t *o = json_loadb(end->output, end->n, 0, NULL);
	enum verdict verdict = verdict_of(end, o);

	w->errand = NULL;
	if (verdict != w->last[w->next]) {
		tell(w, verdict, end, o);
		w->last[w->next] = verdict;
	}
	json_decref(o);
	w->next++;
	begin(w);
}

static void begin(struct routing_watch *w)
{
	const struct config *c = w->parts.config;

	if (w->next < c->routings.n) {
		char *argv[] = {(char *)"pollux",
		                (char *)"validate",
		                (char *)c->routings.files[w->next],
		                (char *)"--json",
		                (char *)"--learn",
		                (char *)c->path,
		                NULL};
		const struct errand_wish wish = {.loop = w->parts.loop,
		                                 .argv = argv,
		                                 .limit_s = ROUTING_LIMIT_S,
		                                 .output_max = OUTPUT_MAX,
		                                 .done = on_done,
		                                 .arg = w};

		w->errand = errand_begin(&wish);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct routing_watch *w = timer->data;

	if (!w->errand) {
		w->next = 0;
		begin(w);
	}
}

/* ---- up and down ---- */

int routing_watch_open(struct routing_watch **out,
                       const struct routing_watch_parts *parts)
{
	const struct routings_config *c = &parts->config->routings;
	struct routing_watch *w;

	if (c->n == 0) {
		return 0;
	}
	w = calloc(1, sizeof(*w));
	if (!w) {
		return -ENOMEM;
	}
	w->parts = *parts;
	w->last = calloc(c->n, sizeof(*w->last));
	if (!w->last) {
		free(w);
		return -ENOMEM;
	}
	uv_timer_init(parts->loop, &w->timer);
	w->timer.data = w;
	uv_timer_start(&w->timer, on_timer, parts->first_ms, (uint64_t)c->every_s * 1000);
	*out = w;
	return 0;
}

void routing_watch_close(struct routing_watch *w)
{
	if (w) {
		errand_drop(w->errand);
		w->errand = NULL;
		uv_close((uv_handle_t *)&w->timer, NULL);
	}
}

void routing_watch_free(struct routing_watch *w)
{
	if (w) {
		free(w->last);
		free(w);
	}
}
