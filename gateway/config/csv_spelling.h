/* SPDX-License-Identifier: Apache-2.0 */
/** How vendors spell headings, types, tables and numbers of register maps.  Pure. */
#ifndef GATEWAY_CONFIG_CSV_SPELLING_H
#define GATEWAY_CONFIG_CSV_SPELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum csv_column {
	CSV_ID,
	CSV_ADDRESS,
	CSV_TABLE,
	CSV_TYPE,
	CSV_LENGTH,
	CSV_ORDER,
	CSV_UNIT,
	CSV_SCALE,
	CSV_DIVISOR,
	CSV_OFFSET,
	CSV_MIN,
	CSV_MAX,
	CSV_DESCRIPTION,
	CSV_ACCESS,
	CSV_COLUMNS, /* how many; also: not known */
};

/** What a heading means; case, spaces and signs do not count.
 * @param[out] rank  of several of one kind the lowest is meant */
enum csv_column csv_column_of(const char *heading, size_t *rank);

/** A type in the configuration's words. */
struct csv_type {
	char name[24];      /* "float32", "string(16)" */
	const char *order;  /* "CDAB" where the text says so, else NULL */
	unsigned registers; /* that it fills */
};

/**
 * "UINT16", "REAL", "FLOAT32 ABCD", "32-bit unsigned integer", "STRING[16]".
 *
 * @param length  the cell of a length column, in registers, or NULL: sizes what has no
 *                size of its own, and must not contradict what has one (registers, bytes
 *                or bits)
 * @return 0, or -EINVAL with *why a static text
 */
int csv_type_of(struct csv_type *out, const char *text, const char *length,
                const char **why);

/** Byte and word order, "CDAB", of its own or a vendor's name; NULL: not known. */
const char *csv_order_of(const char *text);

/** "holding", "input", "coil" or "discrete" of a function code, table digit or name;
 * NULL: not known. */
const char *csv_table_of(const char *text);

/** An address as it is written. */
struct csv_address {
	const char *table; /* as csv_table_of(); NULL: not said */
	uint32_t number;   /* as written; with table and reference: from 1 */
	bool reference; /* could be, or is, of the 40001 style: table and number hold */
	bool certain;   /* nothing else is possible: "holding:0", "4x0001" */
	uint32_t plain; /* all digits as one number, where it is not certain */
	int bit;        /* "40001.3"; -1: none */
};

/** @param hex  the column is in hexadecimal
 * @return 0 or -EINVAL */
int csv_address_of(struct csv_address *out, const char *text, bool hex);

/** "0.1", "x 0.1", "1/10", "10^-1", "0,1" where a comma cannot separate cells.
 * @return 0 or -EINVAL */
int csv_number_of(double *out, const char *text, bool comma);

#endif
