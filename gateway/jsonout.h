/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Writes JSON text into a buffer of fixed size.  Pure.  What is written is valid UTF-8
 * and never NaN or infinite; commas come by themselves.
 */
#ifndef GATEWAY_JSONOUT_H
#define GATEWAY_JSONOUT_H

#include "drivers/reading.h"

/** Where text goes.  A plain value; begin with jsonout_into(). */
struct jsonout {
	char *bytes;
	size_t size; /* of bytes */
	size_t n;    /* written so far */
	bool full;   /* something did not fit: the text is void */
	bool comma;  /* the next item needs one before it */
};

struct jsonout jsonout_into(char *bytes, size_t size);

/** Open or close an object or an array. */
void jsonout_open(struct jsonout *j, char bracket);
void jsonout_close(struct jsonout *j, char bracket);

/** A key; its value comes next. */
void jsonout_key(struct jsonout *j, const char *key);

/** A key in two parts joined by a dot: "flow.quality". */
void jsonout_key2(struct jsonout *j, const char *tag, const char *field);

void jsonout_null(struct jsonout *j);
void jsonout_bool(struct jsonout *j, bool flag);
void jsonout_int(struct jsonout *j, int64_t i);
void jsonout_uint(struct jsonout *j, uint64_t u);

/** The shortest digits that read back the same; null where not finite. */
void jsonout_real(struct jsonout *j, double real);

/** Text in quotes, escaped; what is not UTF-8 becomes U+FFFD. */
void jsonout_text(struct jsonout *j, const char *text);

/** As jsonout_text(), null for "" and NULL. */
void jsonout_text_or_null(struct jsonout *j, const char *text);

/** A value in its own kind: 64-bit integers exact, null for nothing. */
void jsonout_value(struct jsonout *j, const struct value *value);

/** What is JSON already. */
void jsonout_raw(struct jsonout *j, const char *text);

/** Length of the text, which is also NUL-terminated; 0 where it did not fit. */
size_t jsonout_done(struct jsonout *j);

#endif
