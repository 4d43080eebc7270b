/* SPDX-License-Identifier: Apache-2.0 */
/** A configuration file, checked as a whole, then const.  Names of keys: etc/pollux.yaml.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stdio.h>

#include "drivers/driver.h"
#include "gateway/fmu/wire.h"
#include "storage/history.h"
#include "twin/twin.h"

enum mqtt_layout {
	LAYOUT_TAG,    /* a retained topic per tag */
	LAYOUT_DEVICE, /* one message per answered block */
};

/** Reduction of a tag's readings to samples (gateway/reduce.h). */
struct store_config {
	double deviation; /* in the tag's unit; 0: every change; NAN: every reading */
	uint32_t max_interval_ms; /* a sample at least this often; 0: no limit */
};

/** What may be written to a tag; NULL in its options: nothing. */
struct write_config {
	double min, max, step; /* NAN: none */
	uint32_t rate_ms;      /* least time between two writes; 0: none */
	const char *interlock; /* "" where none */
	bool read_back;        /* by the driver, before it counts as done */
};

/** What the gateway does with a tag beyond struct tag; stands once for all tags that have
 * it in common. */
struct tag_options {
	struct store_config store;
	const struct write_config *write; /* NULL: it cannot be written */
	bool monitor; /* the channel monitor looks at it (analog tags) */
};

struct mqtt_config {
	bool enabled;               /* a section mqtt: with servers is there */
	const char *const *servers; /* URIs: mqtt://host:1883, mqtts://host:8883 */
	size_t n_servers;
	const char *prefix;    /* default "pollux" */
	const char *client_id; /* default pollux-<gateway id> */
	enum mqtt_layout layout;
	int qos;                         /* 0 or 1 */
	const char *username, *password; /* NULL: none */
	const char *ca, *cert, *key;     /* paths; NULL: none (ca: the system's) */
	bool plain;                      /* plain mqtt beyond loopback allowed */
	uint32_t keep_alive_s, connect_timeout_ms;
	uint32_t replay_rate;      /* rows a second of backlog; 0: 20 x the live rate */
	const char *const *fields; /* layout device: further fields of a tag */
	size_t n_fields;
};

enum { FORECAST_HORIZONS_MAX = 8, FORECAST_PENDING_MAX = 1440 };

/** How far ahead the models of components are asked, and how often. */
struct forecast_config {
	double horizons_s[FORECAST_HORIZONS_MAX]; /* rising, 5 to 86400 */
	size_t n_horizons;                        /* at least one */
	double every_s; /* 5 to 3600; at most FORECAST_PENDING_MAX under way */
};

/** A tag whose way to a limit is foretold from its history. */
struct trend_config {
	uint32_t tag;
	double limit;     /* in the tag's unit */
	const char *name; /* what it means when it is reached */
};

/** Routings that are held against the line as it is (gateway/routing_watch.h). */
struct routings_config {
	const char *const *files; /* paths */
	size_t n;
	uint32_t every_s;
};

struct line_config;

#define FLOW_NONE UINT32_MAX

enum { FLOW_SHIFT_TAGS = 4 };

/** Counters of a station that parts leave the line from. */
struct flow_exit {
	uint32_t count, rejects; /* tags of jobs; rejects FLOW_NONE: all are good */
	double parts;            /* of a job */
};

/** What the line gives, counted and simulated (gateway/flow.h). */
struct flow_config {
	const char *file;   /* path; NULL: nothing is counted */
	const char *device; /* "line", the device index after those of the components */
	uint32_t tag;       /* line/throughput */
	uint32_t window_s, every_s, shift_s; /* shift_s 0: no shift is foretold */
	uint32_t shift_tag; /* the first of FLOW_SHIFT_TAGS: made, p10, p50, p90 */
	double begins_s;    /* local time of day at which the shifts' period begins */
	const struct line_config *shifts; /* period and breaks alone */
	const struct flow_exit *exits;
	size_t n_exits;
};

/** What becomes of a component whose model has not fitted for an hour. */
enum auto_identify {
	AUTO_IDENTIFY_OFF,
	AUTO_IDENTIFY_PROPOSE, /* better parameters are sought and told */
	AUTO_IDENTIFY_ACCEPT,  /* and put in force */
};

/** A variable of an FMU tied to a port of its component: si = value * scale + offset. */
struct fmu_port_config {
	uint32_t reference;
	uint32_t type; /* enum fmu_type */
	double scale, offset;
};

/** A component whose model is an FMU. */
struct fmu_config {
	const char *path;
	const char *sha256; /* of the file, as it was read */
	size_t component;   /* in twin.components */
	double step_s;
	struct fmu_port_config inputs[MODEL_INPUTS_MAX], outputs[MODEL_OUTPUTS_MAX];
	size_t n_inputs, n_outputs;
	const struct wire_value *start; /* set before it is initialised */
	const char *const *start_names;
	size_t n_start;
};

/** A component whose model is a Lua script. */
struct lua_config {
	const char *path, *name; /* name: the last part of path */
	const char *sha256;      /* of the text */
	const char *text;        /* n bytes, as it was checked */
	size_t n;
	size_t component; /* in twin.components */
};

struct config {
	const char *path;
	const char *gateway_id, *state_dir, *timezone;
	struct mqtt_config mqtt;
	struct history_config history; /* devices and tags filled in; destinations too */
	const char *http_listen;       /* NULL: off */
	const struct device_config *devices;
	size_t n_devices;
	size_t n_components; /* twin.components; device indexes go on after n_devices */
	const struct tag *tags; /* all: fields' first, then components' */
	const struct tag_options *const *options; /* same index */
	size_t n_tags, n_field_tags;
	struct twin_config twin;
	struct forecast_config forecasts;
	struct routings_config routings;
	struct flow_config flow;
	const enum auto_identify *auto_identify; /* by component */
	const struct trend_config *trends;
	size_t n_trends;
	const struct fmu_config *fmus;
	size_t n_fmus;
	const struct lua_config *luas;
	size_t n_luas;
	size_t n_warnings;
};

/**
 * Read and check a configuration file with its includes.  Every error and warning goes to
 * complaints as `file:line:col: error: ...` with the source line and a caret.
 *
 * @param[out] out  set on success only; free with config_free()
 * @return 0; -EINVAL: complaints say why; -ENOENT, -EACCES, ...: the file cannot be read
 *         (said on complaints too)
 */
int config_load(struct config **out, const char *path, FILE *complaints);
void config_free(struct config *c);

/** As config_load(), of n bytes of text; path names it in complaints and is what included
 * and other files are relative to. */
int config_load_text(struct config **out, const char *path, const char *text, size_t n,
                     FILE *complaints);

/** A recording that the configuration is to be used on. */
struct config_recording {
	const char *device;         /* whose tags the columns are that no device has */
	const char *const *columns; /* headings: DEVICE/TAG, TAG, or any other */
	size_t n;
	uint32_t learn; /* in place of twin.monitor.learn; 0: as configured */
};

/** As config_load(), with the columns of a recording among the tags; all borrowed. */
int config_load_recording(struct config **out, const char *path,
                          const struct config_recording *recording, FILE *complaints);

/** Index of DEVICE/TAG, or -1. */
int64_t config_tag(const struct config *c, const char *device_slash_tag);

/** Print the effective configuration as YAML without secrets. */
void config_print(const struct config *c, FILE *out);

/** Print the JSON Schema of the file, from the table that checks it. */
void config_print_schema(FILE *out);

#endif
