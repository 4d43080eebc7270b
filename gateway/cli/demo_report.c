/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/demo_report.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/cli/view.h"
#include "storage/reader.h"

enum {
	LEAK_S = 60, /* the line's script: etc/line.yaml */
	FOUND_WITHIN_S = 30,
	OVERRUNS_PER_1000 = 10,
};

static int64_t integer(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

void demo_report_take(struct demo_report *r, struct demo_world *w)
{
	int err;
	json_t *status = view_ask(w->config, "status", &err);
	const json_t *device, *mqtt;
	size_t i;

	memset(r, 0, sizeof(*r));
	if (!status) {
		return;
	}
	r->has_status = true;
	r->uptime_s = json_number_value(json_object_get(status, "uptime_s"));
	json_array_foreach(json_object_get(status, "devices"), i, device)
	{
		r->polls += integer(device, "reads");
		r->overruns += integer(device, "overruns");
	}
	r->produced = integer(status, "produced");
	r->stored = integer(status, "stored");
	r->dropped = integer(json_object_get(status, "dropped"), "storage");
	mqtt = json_array_get(json_object_get(status, "destinations"), 0);
	r->published = integer(mqtt, "messages");
	json_decref(status);
}

void demo_report_finish(struct demo_report *r, struct demo_world *w)
{
	const char *names[DESTINATIONS_MAX] = {NULL};
	struct history_counts counts;
	struct reader *reader;
	char path[192];

	r->witnessed = w->witnessed;
	r->gateway_exit = w->gateway_exit;
	snprintf(path, sizeof(path), "%s/state/history.db", w->dir);
	if (reader_open(&reader, path)) {
		return;
	}
	if (reader_counts(reader, &counts, names) >= 0) {
		r->stored_at_end = counts.stored;
		r->delivered = counts.destination[0].delivered;
		r->pending = counts.destination[0].pending;
		r->evicted = counts.destination[0].evicted;
	}
	reader_close(reader);
}

static bool check(FILE *out, bool ok, const char *what)
{
	if (!ok) {
		fprintf(out, "  WRONG: %s\n", what);
	}
	return ok;
}

static bool print_leak(const struct demo_report *r, FILE *out)
{
	const struct witnessed *seen = &r->witnessed;
	double after_s = (double)(seen->raised_us - seen->leak_us) / 1e6;
	bool ok = check(out, seen->raised_before == 0, "drift raised before the leak");

	if (seen->raised_before) {
		fprintf(out, "  raised before the leak: %" PRIu64 " (%s)\n",
		        seen->raised_before, seen->sentence);
	}
	if (seen->leak_us == 0) {
		fprintf(out,
		        "  the leak was not run: it comes after %d s, run for 90 s or "
		        "more\n",
		        LEAK_S);
		return ok;
	}
	if (seen->raised_us == 0) {
		/* A run that ends soon after the leak proves nothing. */
		return check(out, r->uptime_s < LEAK_S + FOUND_WITHIN_S - 5,
		             "leak not found") &&
		       ok;
	}
	fprintf(out, "  drift raised %.1f s after the leak: %s\n", after_s,
	        seen->sentence);
	return check(out, after_s <= FOUND_WITHIN_S, "later than 30 s") && ok;
}

bool demo_report_print(const struct demo_report *r, FILE *out)
{
	const struct witnessed *seen = &r->witnessed;
	bool ok = check(out, r->has_status, "the gateway did not answer");

	fprintf(out, "\nsummary after %.0f s\n", r->uptime_s);
	fprintf(out, "  polls %" PRId64 ", overruns %" PRId64 "\n", r->polls,
	        r->overruns);
	fprintf(out,
	        "  samples stored %" PRId64 ", messages published %" PRId64
	        ", received back %" PRIu64 "\n",
	        r->stored_at_end, r->published, seen->messages);
	ok &= print_leak(r, out);
	fprintf(out,
	        "  balance: produced %" PRId64 " = stored %" PRId64 " + dropped %" PRId64
	        "\n",
	        r->produced, r->stored, r->dropped);
	fprintf(out,
	        "           stored %" PRId64 " = delivered %" PRId64 " + pending %" PRId64
	        " + evicted %" PRId64 "\n",
	        r->stored_at_end, r->delivered, r->pending, r->evicted);
	ok &= check(out, r->polls > 0, "nothing was polled");
	ok &= check(out, r->overruns * 1000 <= r->polls * OVERRUNS_PER_1000, "overruns");
	ok &= check(out, r->stored_at_end > 0 && r->dropped == 0, "samples were lost");
	ok &= check(out, seen->messages >= (uint64_t)r->published && seen->bad == 0,
	            "not every message came back");
	ok &= check(out,
	            r->produced == r->stored + r->dropped &&
	                    r->stored_at_end == r->delivered + r->pending + r->evicted,
	            "the balance");
	ok &= check(out, r->pending == 0 && r->evicted == 0,
	            "samples were not delivered");
	ok &= check(out, r->gateway_exit == 0, "the gateway did not end in order");
	fputs(ok ? "all as it should be\n" : "something is wrong, see above\n", out);
	return ok;
}
