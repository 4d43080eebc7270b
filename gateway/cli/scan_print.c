/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/scan_print.h"

#include <inttypes.h>
#include <string.h>

#include "drivers/modbus/address.h"
#include "drivers/modbus/value.h"

enum {
	TAGS_PER_RANGE = 32,
	PAIRS_PER_RANGE = 4, /* shown in every word order */
};

static const char *const table_names[DISCOVER_TABLES] = {"holding", "input", "coil",
                                                         "discrete"};

static bool is_bits(enum modbus_table table)
{
	return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

/* In YAML's single quotes only the quote itself is special. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'') {
			fputc('\'', out);
		}
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void print_number(FILE *out, const struct reading *r)
{
	if (r->quality != QUALITY_GOOD) {
		fprintf(out, " %13s", "-");
	} else if (r->value.kind == VALUE_INT) {
		fprintf(out, " %13" PRId64, r->value.i64);
	} else {
		fprintf(out, " %13.7g", r->value.real);
	}
}

/* Two registers as one value of 32 bits in every order. */
static void print_pair(FILE *out, const uint8_t *wire, enum value_type type)
{
	for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
		const struct encoding encoding = {
			.scale = 1, .type = type, .order = (enum word_order)order};
		const struct point point = {.encoding = &encoding,
		                            .space = MODBUS_HOLDING};
		struct reading r = {.quality = QUALITY_GOOD};

		value_decode(&r, &point, wire, NULL);
		print_number(out, &r);
	}
}

static void print_orders(FILE *out, const struct discover_range *r)
{
	static const struct {
		const char *name;
		enum value_type type;
	} types[] = {{"float32", TYPE_FLOAT32}, {"int32", TYPE_INT32}};

	uint32_t n = r->last - r->first + 1U;

	if (is_bits(r->table) || n < 2) {
		return;
	}
	n = n < 2 * PAIRS_PER_RANGE ? n : 2 * PAIRS_PER_RANGE;
	fprintf(out, "      # %-14s %-9s %-7s  %13s %13s %13s %13s\n", "from", "bytes",
	        "as", "ABCD", "CDAB", "BADC", "DCBA");
	for (uint32_t i = 0; i + 1 < n; i += 2) {
		uint8_t wire[4];

		pdu_put_register(wire, 0, r->values[i]);
		pdu_put_register(wire, 1, r->values[i + 1]);
		for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
			char at[24];

			snprintf(at, sizeof(at), "%s:%u", table_names[r->table],
			         r->first + i);
			fprintf(out, "      # %-14s %02x%02x %02x%02x %-7s ", at, wire[0],
			        wire[1], wire[2], wire[3], types[t].name);
			print_pair(out, wire, types[t].type);
			fputc('\n', out);
		}
	}
}

static void print_range(FILE *out, const struct discover_range *r)
{
	uint32_t n = r->last - r->first + 1U;
	uint32_t n_tags = n < TAGS_PER_RANGE ? n : TAGS_PER_RANGE;
	char text[ADDRESS_TEXT_MAX];

	address_print(text, r->table, r->first, n);
	fprintf(out, "      # %s: %" PRIu32 " %s%s\n", text, n,
	        is_bits(r->table) ? "bit" : "register", n == 1 ? "" : "s");
	print_orders(out, r);
	for (uint32_t i = 0; i < n_tags; i++) {
		fprintf(out, "      - {id: %c%u, at: \"%s:%u\", type: %s} # %u\n",
		        table_names[r->table][0], r->first + i, table_names[r->table],
		        r->first + i, is_bits(r->table) ? "bool" : "uint16",
		        r->values[i]);
	}
	if (n_tags < n) {
		fprintf(out, "      # ... and %" PRIu32 " more, up to %s:%u\n",
		        n - n_tags, table_names[r->table], r->last);
	}
}

static void print_limits(FILE *out, const struct discover_unit *u)
{
	const char *comma = u->max_registers && u->max_bits ? ", " : "";

	if (!u->max_registers && !u->max_bits) {
		return;
	}
	fputs("    limits: {", out);
	if (u->max_registers) {
		fprintf(out, "max_registers: %u%s", u->max_registers, comma);
	}
	if (u->max_bits) {
		fprintf(out, "max_bits: %u", u->max_bits);
	}
	fputs("} # longer reads were refused\n", out);
}

static void print_unit(FILE *out, const struct scan_result *result,
                       const struct discover_unit *u)
{
	fprintf(out, "  - id: unit%u\n    driver: modbus\n    address: ", u->unit);
	print_quoted(out, result->address);
	fprintf(out, "\n    unit: %u\n    every: 1s\n", u->unit);
	print_limits(out, u);
	if (u->gone) {
		fputs("    # stopped answering before all was asked\n", out);
	}
	fputs("    tags:\n", out);
	for (size_t i = 0; i < u->n_ranges; i++) {
		print_range(out, &u->ranges[i]);
	}
}

void scan_print_yaml(FILE *out, const struct scan_result *result)
{
	const struct discover_unit *u;
	bool any = false;

	fprintf(out, "# pollux scan %s: %" PRIu64 " requests in %.1f s%s\n",
	        result->address, discover_progress(result->found).n_asked,
	        result->seconds, result->interrupted ? ", interrupted" : "");
	if (discover_alike(result->found)) {
		fputs("# It answers under every unit: one device, looked into once.\n",
		      out);
	}
	for (size_t i = 0; (u = discover_unit(result->found, i)) != NULL; i++) {
		if (u->n_ranges == 0) {
			fprintf(out, "# unit %u answers; nothing readable was found\n",
			        u->unit);
			continue;
		}
		fputs(any ? "" : "devices:\n", out);
		any = true;
		print_unit(out, result, u);
	}
}

void scan_print_csv(FILE *out, const struct scan_result *result)
{
	const struct discover_unit *u;

	fputs("slave,id,address,type,value\n", out);
	for (size_t i = 0; (u = discover_unit(result->found, i)) != NULL; i++) {
		for (size_t k = 0; k < u->n_ranges; k++) {
			const struct discover_range *r = &u->ranges[k];

			for (uint32_t a = r->first; a <= r->last; a++) {
				fprintf(out, "%u,%c%" PRIu32 ",%s:%" PRIu32 ",%s,%u\n",
				        u->unit, table_names[r->table][0], a,
				        table_names[r->table], a,
				        is_bits(r->table) ? "bool" : "uint16",
				        r->values[a - r->first]);
			}
		}
	}
}
