/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/payload.h"
#include "gateway/scenario/snapshot.h"

enum { OUTCOME_TEXT_MAX = 8192, NAME_MAX_BYTES = 2 * 64 + 2 };

/* Who asked for a write. */
struct asker {
	struct control *control;
	struct control_ticket ticket;
	struct command_order order;
};

static char *error_text(const char *begin, const char *word)
{
	char sentence[256], text[512];
	struct jsonout j = jsonout_into(text, sizeof(text));

	snprintf(sentence, sizeof(sentence), "%s'%s'", begin, word);
	jsonout_open(&j, '{');
	jsonout_key(&j, "error");
	jsonout_text(&j, sentence);
	jsonout_close(&j, '}');
	return jsonout_done(&j) ? strdup(text) : NULL;
}

char *question_tag(const struct tag *tag, const struct sample *sample,
                   const char *device_state)
{
	struct sample s = *sample;
	char *text = malloc(PAYLOAD_STATE_MAX + 64);
	size_t n;

	if (!text) {
		return NULL;
	}
	if (s.ts_us == 0) {
		s.est = (struct estimate){.predicted = NAN,
		                          .sigma = NAN,
		                          .estimate = NAN,
		                          .score = NAN,
		                          .quality = QUALITY_BAD,
		                          .source = SOURCE_HELD,
		                          .state = STATE_BAD};
		s.last = NAN;
	}
	n = payload_state(text, PAYLOAD_STATE_MAX, tag, &s);
	if (n == 0) {
		free(text);
		return NULL;
	}
	sprintf(text + n - 1, ",\"device_state\":\"%s\"}", device_state);
	return text;
}

/* A component is no device: it is there as long as the gateway is. */
static const char *device_state(const struct status_parts *p, uint32_t tag)
{
	uint32_t device = p->config->tags[tag].device_index;
	struct device_health health;

	if (device >= p->config->n_devices) {
		return "ok";
	}
	poller_health(p->poller, device, &health);
	return device_state_name(health.state);
}

/* Take the next word off *text.  @return its length; 0: none left, or none that fits */
static size_t take_word(const char **text, char *word, size_t size)
{
	const char *begin = *text + strspn(*text, " ");
	size_t n = strcspn(begin, " ");

	if (n == 0 || n >= size) {
		return 0;
	}
	memcpy(word, begin, n);
	word[n] = '\0';
	*text = begin + n + strspn(begin + n, " ");
	return n;
}

static char *answer_read(const struct status_parts *p, const char *names)
{
	char name[NAME_MAX_BYTES];
	char *text = NULL, *tag_text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int64_t tag = 0;

	if (!f) {
		return NULL;
	}
	fputc('[', f);
	for (bool first = true; tag >= 0 && *names; first = false) {
		if (!take_word(&names, name, sizeof(name))) {
			snprintf(name, sizeof(name), "%.40s", names);
		}
		tag = config_tag(p->config, name);
		if (tag >= 0) {
			struct sample now = bus_now(p->bus, (uint32_t)tag);

			tag_text = question_tag(&p->config->tags[tag], &now,
			                        device_state(p, (uint32_t)tag));
			fprintf(f, "%s%s", first ? "" : ",", tag_text ? tag_text : "{}");
			free(tag_text);
		}
	}
	fputc(']', f);
	fclose(f);
	if (tag < 0) {
		free(text);
		return error_text("there is no tag ", name);
	}
	return text;
}

char *question_outcome(const struct command_order *order,
                       const struct command_result *result)
{
	char *text = malloc(OUTCOME_TEXT_MAX);
	struct jsonout j = jsonout_into(text, OUTCOME_TEXT_MAX);

	if (!text) {
		return NULL;
	}
	jsonout_open(&j, '{');
	jsonout_key(&j, "id");
	jsonout_null(&j);
	jsonout_key(&j, "status");
	jsonout_text(&j, command_status_name(result->status));
	jsonout_key(&j, "value");
	jsonout_value(&j, &order->value);
	jsonout_key(&j, "readback");
	jsonout_value(&j, &result->readback);
	jsonout_key(&j, "error");
	jsonout_text_or_null(&j, result->error);
	jsonout_key(&j, "ts");
	jsonout_int(&j, payload_ms(clock_wall_us()));
	jsonout_key(&j, "unreachable");
	jsonout_bool(&j, result->unreachable);
	jsonout_close(&j, '}');
	if (!jsonout_done(&j)) {
		free(text);
		return NULL;
	}
	return text;
}

static void on_outcome(void *arg, const struct command_result *result)
{
	struct asker *asker = arg;

	control_reply(asker->control, asker->ticket,
	              question_outcome(&asker->order, result));
	free(asker);
}

/* What is wrong with the text of a value is refused like what is wrong with the value. */
static void submit(const struct question_parts *parts, struct asker *asker,
                   const char *text)
{
	const struct tag *tag = &parts->status->config->tags[asker->order.tag];
	char why[REFUSAL_TEXT_MAX];

	if (write_rules_parse(tag, text, &asker->order.value, why)) {
		asker->order.value = (struct value){.kind = VALUE_NONE};
		on_outcome(asker, &(struct command_result){.status = COMMAND_REFUSED,
		                                           .error = why});
		return;
	}
	command_submit(parts->commands, &asker->order);
}

static char *answer_write(const struct question_parts *parts, const char *request)
{
	const char *rest = request;
	const struct config *cfg = parts->status->config;
	char name[NAME_MAX_BYTES];
	struct asker *asker;
	int64_t tag;

	if (!take_word(&rest, name, sizeof(name)) || !*rest) {
		snprintf(name, sizeof(name), "%.40s", request);
		return error_text("a tag and a value are wanted, not ", name);
	}
	tag = config_tag(cfg, name);
	if (tag < 0) {
		return error_text("there is no tag ", name);
	}
	if ((size_t)tag >= cfg->n_field_tags) {
		return error_text("only a device's tag can be written, not ", name);
	}
	asker = calloc(1, sizeof(*asker));
	if (!asker) {
		return NULL;
	}
	asker->control = parts->control;
	asker->ticket = control_defer(parts->control);
	asker->order = (struct command_order){
		.tag = (uint32_t)tag, .origin = "cli", .done = on_outcome, .arg = asker};
	submit(parts, asker, rest);
	return NULL;
}

/* --- alarms --- */

/* @return the tag, or -1 */
static int64_t find_alarm(const struct question_parts *parts, const char *name)
{
	const struct config *cfg = parts->status->config;
	char *end;
	long long id = strtoll(name, &end, 10);

	if (*end) {
		return config_tag(cfg, name);
	}
	for (uint32_t i = 0; id > 0 && i < cfg->n_tags; i++) {
		if (bus_alarm(parts->status->bus, i).id == id) {
			return i;
		}
	}
	return -1;
}

static char *alarm_outcome(int err, const char *name)
{
	if (err == -ENOENT) {
		return error_text("there is no alarm ", name);
	}
	if (err == -EALREADY) {
		return error_text("acknowledged or shelved already: ", name);
	}
	if (err) {
		return error_text("at most seven days: ", name);
	}
	return strdup("{\"error\":null}");
}

static char *answer_ack(const struct question_parts *parts, const char *request)
{
	char name[NAME_MAX_BYTES], who[ALARM_DESK_NAME_MAX + 1];
	const char *rest = request;
	int64_t tag;

	if (!take_word(&rest, name, sizeof(name)) ||
	    !take_word(&rest, who, sizeof(who)) || *rest) {
		return error_text("an alarm and a name are wanted, not ", request);
	}
	tag = find_alarm(parts, name);
	return alarm_outcome(
		tag < 0 ? -ENOENT
			: bus_acknowledge(parts->status->bus, (uint32_t)tag, who),
		name);
}

static char *answer_shelve(const struct question_parts *parts, const char *request)
{
	char name[NAME_MAX_BYTES], seconds[12], who[ALARM_DESK_NAME_MAX + 1], *end;
	const char *rest = request;
	unsigned long for_s;
	int64_t tag;

	if (!take_word(&rest, name, sizeof(name)) ||
	    !take_word(&rest, seconds, sizeof(seconds)) ||
	    !take_word(&rest, who, sizeof(who)) || *rest) {
		return error_text("an alarm, seconds and a name are wanted, not ",
		                  request);
	}
	for_s = strtoul(seconds, &end, 10);
	if (*end || for_s > UINT32_MAX) {
		return error_text("no number of seconds: ", seconds);
	}
	tag = find_alarm(parts, name);
	return alarm_outcome(tag < 0 ? -ENOENT
	                             : bus_shelve(parts->status->bus, (uint32_t)tag,
	                                          (uint32_t)for_s, who),
	                     name);
}

/* --- snapshot --- */

static struct sample latest(void *arg, uint32_t tag)
{
	return bus_now(arg, tag);
}

static char *answer_snapshot(const struct status_parts *p, const char *names)
{
	const struct snapshot_parts parts = {.config = p->config,
	                                     .twin = p->twin,
	                                     .forecasts = p->forecasts,
	                                     .versions = p->versions,
	                                     .latest = latest,
	                                     .arg = p->bus,
	                                     .wall_us = clock_wall_us()};
	struct snapshot s;
	json_t *json = NULL;
	char *text = NULL;

	if (snapshot_take(&s, &parts) == 0) {
		json = snapshot_json(&s, p->config, names);
		text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	}
	snapshot_fini(&s);
	json_decref(json);
	return text;
}

char *question_answer(const struct question_parts *parts, const char *request)
{
	if (strcmp(request, "status") == 0) {
		return status_json(parts->status);
	}
	if (strcmp(request, "tags") == 0) {
		return status_tags_json(parts->status);
	}
	if (strncmp(request, "read ", 5) == 0) {
		return answer_read(parts->status, request + 5);
	}
	if (strcmp(request, "snapshot") == 0 || strncmp(request, "snapshot ", 9) == 0) {
		return answer_snapshot(parts->status, request + 8);
	}
	if (strncmp(request, "version ", 8) == 0) {
		return versions_answer(parts->versions, request + 8);
	}
	if (strncmp(request, "write ", 6) == 0) {
		return answer_write(parts, request + 6);
	}
	if (strncmp(request, "ack ", 4) == 0) {
		return answer_ack(parts, request + 4);
	}
	if (strncmp(request, "shelve ", 7) == 0) {
		return answer_shelve(parts, request + 7);
	}
	return NULL;
}
