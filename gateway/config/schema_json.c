/* SPDX-License-Identifier: Apache-2.0 */
/* The table as a JSON Schema, for editors. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/schema.h"

static const char *pattern_of(enum schema_type type)
{
	switch ((int)type) {
	case SCHEMA_DURATION:
		return "^[0-9.]+(ms|s|m|min|h|d)$";
	case SCHEMA_SIZE:
		return "^[0-9.]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$";
	case SCHEMA_RATE:
		return "^[0-9.]+/(s|m|min|h|d)$";
	case SCHEMA_ID:
		return "^[A-Za-z0-9_-]{1,64}$";
	case SCHEMA_TAG:
	case SCHEMA_TAGS:
		return "^[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}$";
	case SCHEMA_VALUE_TYPE:
		return "^(bool|u?int(8|16|32|64)|float(16|32|64)|epoch|bit\\([0-9]+\\)|"
		       "string\\([0-9]+\\)|bcd\\([0-9]+\\))$";
	default:
		return NULL;
	}
}

static json_t *choices_of(const struct schema_key *key)
{
	json_t *list = json_array();
	char *words = strdup(key->choices), *save = NULL;

	for (char *w = words ? strtok_r(words, " ", &save) : NULL; w;
	     w = strtok_r(NULL, " ", &save)) {
		json_array_append_new(list, json_string(w));
	}
	free(words);
	return json_pack("{s:o}", "enum", list);
}

static json_t *number_of(const struct schema_key *key)
{
	bool whole = key->type == SCHEMA_INT;
	json_t *out = json_pack("{s:s}", "type", whole ? "integer" : "number");

	if (key->min != 0 || key->max != 0) {
		json_object_set_new(out, "minimum",
		                    whole ? json_integer((json_int_t)key->min)
		                          : json_real(key->min));
		json_object_set_new(out, "maximum",
		                    whole ? json_integer((json_int_t)key->max)
		                          : json_real(key->max));
	}
	return out;
}

static json_t *text_of(const struct schema_key *key)
{
	const char *pattern = pattern_of(key->type);
	json_t *out = json_pack("{s:s}", "type", "string");

	if (pattern) {
		json_object_set_new(out, "pattern", json_string(pattern));
	} else if (key->max > 0) {
		json_object_set_new(out, "minLength", json_integer((json_int_t)key->min));
		json_object_set_new(out, "maxLength", json_integer((json_int_t)key->max));
	}
	return out;
}

static json_t *tags_of(const struct schema_key *key)
{
	return json_pack("{s:[o,{s:s,s:o,s:i}]}", "anyOf", text_of(key), "type", "array",
	                 "items", text_of(key), "minItems", 1);
}

static json_t *type_of(const struct schema_key *key)
{
	switch ((int)key->type) {
	case SCHEMA_ANY:
		return json_object();
	case SCHEMA_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case SCHEMA_INT:
	case SCHEMA_REAL:
		return number_of(key);
	case SCHEMA_CHOICE:
		return choices_of(key);
	case SCHEMA_NUMBERS:
		return json_pack("{s:[s,s]}", "type", "number", "array");
	case SCHEMA_TAGS:
		return tags_of(key);
	case SCHEMA_OBJECT:
		return json_pack("{s:s+}", "$ref", "#/$defs/", key->object->name);
	default:
		return text_of(key);
	}
}

/* The default as what it is in JSON: numbers and booleans as such. */
static json_t *preset_of(const struct schema_key *key)
{
	double real = 0;
	int64_t whole = 0;

	if (schema_parse(key, key->preset, &real, &whole)) {
		return NULL;
	}
	switch ((int)key->type) {
	case SCHEMA_BOOL:
		return json_boolean(whole);
	case SCHEMA_INT:
		return json_integer(whole);
	case SCHEMA_REAL:
		return json_real(real);
	default:
		return json_string(key->preset);
	}
}

static json_t *property_of(const struct schema_key *key)
{
	json_t *one = type_of(key);
	json_t *out = key->shape == SCHEMA_ONE ? one
	              : key->shape == SCHEMA_LIST_OF
	                      ? json_pack("{s:s,s:o}", "type", "array", "items", one)
	                      : json_pack("{s:s,s:o}", "type", "object",
	                                  "additionalProperties", one);

	json_object_set_new(out, "description", json_string(key->description));
	if (key->preset) {
		json_object_set_new(out, "default", preset_of(key));
	}
	return out;
}

static json_t *object_of(const struct schema_object *object, json_t *defs);

/* Each object once under $defs. */
static void define(const struct schema_object *object, json_t *defs)
{
	if (!json_object_get(defs, object->name)) {
		json_object_set_new(defs, object->name, json_null()); /* being made */
		json_object_set_new(defs, object->name, object_of(object, defs));
	}
}

static json_t *object_of(const struct schema_object *object, json_t *defs)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct schema_key *k = object->keys; k->name; k++) {
		json_object_set_new(properties, k->name, property_of(k));
		if (k->flags & SCHEMA_REQUIRED) {
			json_array_append_new(required, json_string(k->name));
		}
		if (k->object) {
			define(k->object, defs);
		}
	}
	return json_pack("{s:s,s:s,s:b,s:o,s:o}", "type", "object", "description",
	                 object->description, "additionalProperties", 0, "properties",
	                 properties, "required", required);
}

void schema_print(const struct schema_object *object, FILE *out)
{
	json_t *defs = json_object(), *root = object_of(object, defs);

	json_object_set_new(root, "$schema",
	                    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(root, "title", json_string(object->description));
	json_object_set_new(root, "$defs", defs);
	json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(root);
}
