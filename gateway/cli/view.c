/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/view.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/control.h"
#include "gateway/outlook.h"

enum { HOLES_SHOWN = 8 }; /* of a device */

enum exit_code view_parse(const char *command, int argc, char **argv,
                          struct view_args *args)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"json", no_argument, NULL, 'j'},
	                                        {"verbose", no_argument, NULL, 'v'},
	                                        {0}};

	*args = (struct view_args){.path = CONFIG_PATH};
	for (int opt; (opt = getopt_long(argc, argv, "c:v", options, NULL)) != -1;) {
		if (opt == 'c') {
			args->path = optarg;
		} else if (opt == 'j') {
			args->json = true;
		} else if (opt == 'v') {
			args->verbose = true;
		} else {
			return command_usage(command, "what is that?");
		}
	}
	if (optind < argc) {
		return command_usage(command, "'%s' is too much", argv[optind]);
	}
	return EXIT_DONE;
}

json_t *view_ask(const struct config *cfg, const char *question, int *err)
{
	char *path = control_path(cfg->state_dir);
	char *answer = NULL;
	json_t *json;

	*err = path ? control_ask(path, question, &answer) : -ENOMEM;
	free(path);
	if (*err) {
		return NULL;
	}
	json = json_loads(answer, 0, NULL);
	free(answer);
	*err = json ? 0 : -EBADMSG;
	return json;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static double number_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static long long integer_of(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

/* A number in at most 10 places, "-" for none. */
static const char *show(double x, char *buf, size_t size)
{
	if (isnan(x)) {
		return "-";
	}
	snprintf(buf, size, "%.6g", x);
	return buf;
}

static const char *colour_of(const char *state, bool colour)
{
	static const struct {
		const char *state, *code;
	} codes[] = {
		{"ok", "\033[32m"},        {"healthy", "\033[32m"},
		{"learning", "\033[36m"},  {"spike", "\033[33m"},
		{"transient", "\033[33m"}, {"degraded", "\033[33m"},
		{"drift", "\033[1;31m"},   {"mismatch", "\033[1;31m"},
		{"bad", "\033[31m"},       {"stale", "\033[31m"},
		{"down", "\033[31m"},
	};

	for (size_t i = 0; colour && i < ARRAY_SIZE(codes); i++) {
		if (strcmp(codes[i].state, state) == 0) {
			return codes[i].code;
		}
	}
	return "";
}

/* Why it is down; before its first answer there is nothing wrong yet. */
static const char *trouble_of(const json_t *device)
{
	const char *error = text_of(device, "error");

	return !*error && strcmp(text_of(device, "state"), "down") == 0 ? "connecting"
	                                                                : error;
}

/* The period of the fastest poll group and what it comes to, as "100/101.5". */
static const char *show_interval(const json_t *device, char *buf, size_t size)
{
	const json_t *group = json_array_get(json_object_get(device, "groups"), 0);
	double p99_ms = number_of(json_object_get(group, "interval"), "p99_ms");

	if (isnan(p99_ms)) {
		return "-";
	}
	snprintf(buf, size, "%lld/%.4g", integer_of(group, "period_ms"), p99_ms);
	return buf;
}

void view_hole(FILE *out, const char *asked, const char *range, int code)
{
	fprintf(out, "  refuses %s (exception %d)", asked, code);
	if (strcmp(range, asked) != 0) {
		fprintf(out, ": read without %s", range);
	}
	fputc('\n', out);
}

static void view_holes(FILE *out, const json_t *holes)
{
	const json_t *o;
	size_t i;

	json_array_foreach(holes, i, o)
	{
		if (i == HOLES_SHOWN) {
			fprintf(out, "  ... and %zu more\n",
			        json_array_size(holes) - HOLES_SHOWN);
			return;
		}
		view_hole(out, text_of(o, "asked"), text_of(o, "range"),
		          (int)integer_of(o, "code"));
	}
}

static void view_device(FILE *out, const json_t *d, bool colour)
{
	const char *state = text_of(d, "state");
	char ok[24], rtt[24], interval[48];

	fprintf(out, "%-16.16s %s%-9s%s %-12s %6s %8s %13s %10lld %8lld  %s\n",
	        text_of(d, "id"), colour_of(state, colour), state,
	        colour ? "\033[0m" : "", trouble_of(d),
	        show(number_of(d, "ok_pct"), ok, sizeof(ok)),
	        show(number_of(d, "rtt_ms"), rtt, sizeof(rtt)),
	        show_interval(d, interval, sizeof(interval)), integer_of(d, "reads"),
	        integer_of(d, "overruns"), text_of(d, "address"));
	view_holes(out, json_object_get(d, "holes"));
}

/* "p50 1.2 p95 2.5 p99 3 ms", or "-". */
static const char *show_quantiles(const json_t *q, char *buf, size_t size)
{
	double p50_ms = number_of(q, "p50_ms");

	if (isnan(p50_ms)) {
		return "-";
	}
	snprintf(buf, size, "p50 %.4g p95 %.4g p99 %.4g ms", p50_ms,
	         number_of(q, "p95_ms"), number_of(q, "p99_ms"));
	return buf;
}

static void view_errors(FILE *out, json_t *errors)
{
	const char *reason, *before = "  errors: ";
	json_t *n;

	json_object_foreach(errors, reason, n)
	{
		fprintf(out, "%s%s %lld", before, reason,
		        (long long)json_integer_value(n));
		before = ", ";
	}
	fputs(json_object_size(errors) ? "\n" : "", out);
}

/* How it is polled, in lines under the device's own. */
static void view_polling(FILE *out, const json_t *d)
{
	double load = number_of(d, "bus_load_ratio");
	const json_t *group;
	char text[96];
	size_t i;

	fprintf(out, "  %lld requests, %lld answers, %lld late, %lld registers\n",
	        integer_of(d, "requests"), integer_of(d, "answers"),
	        integer_of(d, "late_answers"), integer_of(d, "registers"));
	fprintf(out, "  round trip %s",
	        show_quantiles(json_object_get(d, "rtt"), text, sizeof(text)));
	if (!isnan(load)) {
		fprintf(out, "; bus load %.3g %%", 100 * load);
	}
	fputc('\n', out);
	view_errors(out, json_object_get(d, "errors"));
	json_array_foreach(json_object_get(d, "groups"), i, group)
	{
		fprintf(out,
		        "  every %lld ms: %lld tags, interval %s, %lld overruns, %lld "
		        "reads\n",
		        integer_of(group, "period_ms"), integer_of(group, "tags"),
		        show_quantiles(json_object_get(group, "interval"), text,
		                       sizeof(text)),
		        integer_of(group, "overruns"), integer_of(group, "reads"));
	}
}

static void view_destination(FILE *out, const json_t *d)
{
	const char *error = text_of(d, "error");

	fprintf(out, "%s: %s %s, delivered %lld, pending %lld, evicted %lld%s%s\n",
	        text_of(d, "name"),
	        json_is_true(json_object_get(d, "connected")) ? "connected to"
	                                                      : "not connected to",
	        text_of(d, "server"), integer_of(d, "delivered"),
	        integer_of(d, "pending"), integer_of(d, "evicted"), *error ? "; " : "",
	        error);
}

/* The machines: what they are in, and how far they have learnt. */
static void view_components(FILE *out, const json_t *list, bool colour)
{
	const json_t *o;
	size_t i;

	if (json_array_size(list) > 0) {
		fprintf(out, "\n%-16s %-16s %-9s %8s\n", "component", "model", "state",
		        "learnt");
	}
	json_array_foreach(list, i, o)
	{
		const char *state = text_of(o, "state");

		fprintf(out, "%-16.16s %-16.16s %s%-9s%s %6.0f %%%s", text_of(o, "id"),
		        text_of(o, "model"), colour_of(state, colour), state,
		        colour ? "\033[0m" : "", floor(100 * number_of(o, "learnt")),
		        json_is_true(json_object_get(o, "fitting"))
		                ? "  its parameters are being found"
		                : "");
		if (json_is_integer(json_object_get(o, "proposed"))) {
			fprintf(out,
			        "  version %lld is proposed: pollux identify %s --accept",
			        integer_of(o, "proposed"), text_of(o, "id"));
		}
		fputc('\n', out);
	}
}

/* Nothing where nothing is in alarm and nothing was held back. */
static void view_alarm_counts(FILE *out, const json_t *status)
{
	long long alarms = integer_of(status, "alarms");
	long long held = integer_of(status, "alarms_held");
	long long lost = integer_of(status, "alarms_lost");

	if (alarms > 0) {
		fprintf(out, "%lld in alarm, %lld of them unacknowledged\n", alarms,
		        integer_of(status, "unacknowledged"));
	}
	if (held > 0 || lost > 0) {
		fprintf(out,
		        "a flood of alarms: %lld held back, %lld were over before they "
		        "could be told\n",
		        held, lost);
	}
}

void view_status(FILE *out, const json_t *status, bool colour, bool verbose)
{
	const json_t *item;
	const json_t *history = json_object_get(status, "history");
	size_t i;

	fprintf(out,
	        "gateway %s, pollux %s, up %.0f s, %lld tags (%lld of %lld learnt)\n",
	        text_of(status, "gateway"), text_of(status, "version"),
	        number_of(status, "uptime_s"), integer_of(status, "tags"),
	        integer_of(status, "learnt"), integer_of(status, "monitored"));
	fprintf(out, "produced %lld = stored %lld + dropped %lld; history %.1f MB%s%s\n",
	        integer_of(status, "produced"), integer_of(status, "stored"),
	        integer_of(json_object_get(status, "dropped"), "storage"),
	        (double)integer_of(history, "bytes") / 1e6,
	        *text_of(history, "error") ? "; " : "", text_of(history, "error"));
	view_alarm_counts(out, status);
	json_array_foreach(json_object_get(status, "destinations"), i, item)
	{
		view_destination(out, item);
	}
	fprintf(out, "\n%-16s %-9s %-12s %6s %8s %13s %10s %8s  %s\n", "device", "state",
	        "error", "ok %", "rtt ms", "every/p99 ms", "reads", "overruns",
	        "address");
	json_array_foreach(json_object_get(status, "devices"), i, item)
	{
		view_device(out, item, colour);
		if (verbose) {
			view_polling(out, item);
		}
	}
	view_components(out, json_object_get(status, "components"), colour);
}

/* "5 min" */
static const char *show_span(double s, char *buf, size_t size)
{
	bool hours = s >= 7200 && fmod(s, 3600) == 0;
	bool minutes = s >= 60 && fmod(s, 60) == 0;

	snprintf(buf, size, "%.6g %s",
	         hours     ? s / 3600
	         : minutes ? s / 60
	                   : s,
	         hours     ? "h"
	         : minutes ? "min"
	                   : "s");
	return buf;
}

/* "0.62", "-" for none. */
static const char *show_skill(double skill, char *buf, size_t size)
{
	if (isnan(skill)) {
		return "-";
	}
	snprintf(buf, size, "%.2f", skill);
	return buf;
}

static void view_forecast(FILE *out, const json_t *f)
{
	double coverage = number_of(f, "coverage"), band = number_of(f, "band");
	const char *verdict = text_of(f, "verdict");
	char ahead[24], skill[24], model[24], held[24] = "-", told[64];

	if (!isnan(coverage)) {
		snprintf(held, sizeof(held), "%.1f %%", 100 * coverage);
	}
	snprintf(told, sizeof(told), "%s", verdict);
	if (number_of(f, "skill") > 0 && !isnan(band)) {
		snprintf(told, sizeof(told), "+- %.4g", band);
	}
	fprintf(out, "%-26.26s %8s %6lld %9s %9s %8s  %s\n", text_of(f, "tag"),
	        show_span(number_of(f, "horizon_s"), ahead, sizeof(ahead)),
	        integer_of(f, "n"),
	        show_skill(number_of(f, "skill"), skill, sizeof(skill)),
	        show_skill(number_of(f, "model_skill"), model, sizeof(model)), held,
	        told);
}

void view_forecasts(FILE *out, const json_t *status, size_t rows)
{
	const json_t *list = json_object_get(status, "forecasts"), *f;
	size_t i, n = json_array_size(list);

	if (n) {
		fprintf(out, "\n%-26s %8s %6s %9s %9s %8s  %s\n", "forecast", "ahead",
		        "n", "skill", "of model", "held", "band");
	}
	json_array_foreach(list, i, f)
	{
		if (i < rows) {
			view_forecast(out, f);
		}
	}
	if (n > rows) {
		fprintf(out, "... and %zu more: status -v\n", n - rows);
	}
}

static void view_approach(FILE *out, const json_t *o)
{
	const struct remaining r = {.p10 = number_of(o, "p10_s"),
	                            .p50 = number_of(o, "p50_s"),
	                            .p90 = number_of(o, "p90_s")};
	const char *why = text_of(o, "no_prediction");
	double limit = number_of(o, "limit"), health = number_of(o, "health");
	char span[64], number[24];

	fprintf(out, "%s", text_of(o, "tag"));
	if (!isnan(health)) {
		fprintf(out, ", health %.0f %%", 100 * health);
	}
	fprintf(out, ", %s", text_of(o, "name"));
	if (!isnan(limit)) {
		fprintf(out, " at %s", show(limit, number, sizeof(number)));
	}
	if (*why) {
		fprintf(out, ": no prediction: %s\n", why);
		return;
	}
	outlook_span(span, sizeof(span), &r);
	fprintf(out, ": %s%s\n", r.p50 > 0 ? "in " : "", span);
}

void view_outlook(FILE *out, const json_t *status, size_t rows)
{
	const json_t *list = json_object_get(status, "outlook"), *o;
	size_t i, n = json_array_size(list), shown = 0;

	fputs(n ? "\noutlook\n" : "", out);
	for (int known = 1; known >= 0; known--) {
		json_array_foreach(list, i, o)
		{
			if ((*text_of(o, "no_prediction") == '\0') == (known == 1) &&
			    shown < rows) {
				view_approach(out, o);
				shown++;
			}
		}
	}
	if (n > shown) {
		fprintf(out, "... and %zu more: status -v\n", n - shown);
	}
}

void view_value(const json_t *tag, char *buf, size_t size)
{
	const json_t *v = json_object_get(tag, "value");

	if (json_is_string(v)) {
		snprintf(buf, size, "\"%s\"", json_string_value(v));
	} else if (json_is_boolean(v)) {
		snprintf(buf, size, "%s", json_is_true(v) ? "true" : "false");
	} else if (json_is_integer(v)) {
		snprintf(buf, size, "%lld", (long long)json_integer_value(v));
	} else if (json_is_real(v)) {
		snprintf(buf, size, "%.6g", json_real_value(v));
	} else {
		snprintf(buf, size, "-");
	}
}

static void view_tag(FILE *out, const json_t *tag, bool colour)
{
	const char *state = text_of(tag, "state");
	double age_s = ((double)clock_wall_us() / 1e3 - number_of(tag, "ts")) / 1e3;
	char name[140], value[64], predicted[24], sigma[24], note[24] = "";

	snprintf(name, sizeof(name), "%s/%s", text_of(tag, "device"),
	         text_of(tag, "tag"));
	view_value(tag, value, sizeof(value));
	if (strcmp(state, "learning") == 0 && number_of(tag, "learnt") > 0) {
		snprintf(note, sizeof(note), " %.0f %%", 100 * number_of(tag, "learnt"));
	} else if (strcmp(text_of(tag, "source"), "measured") != 0) {
		snprintf(note, sizeof(note), " %s", text_of(tag, "source"));
	}
	fprintf(out, "%-26.26s %12.12s %-6.6s %12s %10s  %s%s%s%-12s %6.1f s\n", name,
	        value, text_of(tag, "unit"),
	        show(number_of(tag, "predicted"), predicted, sizeof(predicted)),
	        show(number_of(tag, "sigma"), sigma, sizeof(sigma)),
	        colour_of(state, colour), state, colour ? "\033[0m" : "", note,
	        fmax(age_s, 0));
}

/* Where it is, and what it should be. */
static void view_alarm(FILE *out, const json_t *tag)
{
	char value[64], predicted[24];

	view_value(tag, value, sizeof(value));
	fprintf(out, "%s/%s %s %s", text_of(tag, "device"), text_of(tag, "tag"), value,
	        text_of(tag, "unit"));
	if (!isnan(number_of(tag, "predicted"))) {
		fprintf(out, ", expected %s",
		        show(number_of(tag, "predicted"), predicted, sizeof(predicted)));
	}
	fputc('\n', out);
}

static void view_alarms(FILE *out, const json_t *tags, bool colour)
{
	const json_t *tag;
	size_t i;
	bool any = false;

	json_array_foreach(tags, i, tag)
	{
		const char *kind = text_of(tag, "alarm");

		if (*kind) {
			fprintf(out, "%s%s%s%s: ", any ? "" : "\n",
			        colour_of(kind, colour), kind, colour ? "\033[0m" : "");
			view_alarm(out, tag);
			any = true;
		}
	}
	if (!any) {
		fputs("\nno alarms\n", out);
	}
}

/* Those with an alarm, or those without, or all. */
enum { WITHOUT_ALARM, WITH_ALARM, EITHER };

static size_t view_some(FILE *out, const json_t *tags, size_t rows, int which,
                        bool colour)
{
	const json_t *tag;
	size_t shown = 0, i;

	json_array_foreach(tags, i, tag)
	{
		int has = *text_of(tag, "alarm") ? WITH_ALARM : WITHOUT_ALARM;

		if (shown < rows && (which == EITHER || which == has)) {
			view_tag(out, tag, colour);
			shown++;
		}
	}
	return shown;
}

void view_tags(FILE *out, const json_t *tags, size_t rows, bool colour)
{
	size_t n = json_array_size(tags), shown;

	fprintf(out, "%-26s %12s %-6s %12s %10s  %-12s %8s\n", "tag", "value", "unit",
	        "predicted", "sigma", "state", "age");
	if (n <= rows) {
		shown = view_some(out, tags, rows, EITHER, colour);
	} else {
		shown = view_some(out, tags, rows, WITH_ALARM, colour);
		shown += view_some(out, tags, rows - shown, WITHOUT_ALARM, colour);
	}
	if (shown < n) {
		fprintf(out, "... and %zu more\n", n - shown);
	}
	view_alarms(out, tags, colour);
}
