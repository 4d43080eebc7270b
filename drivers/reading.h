/* SPDX-License-Identifier: Apache-2.0 */
/** A reading: value, quality, time.  The one type that every folder knows. */
#ifndef DRIVERS_READING_H
#define DRIVERS_READING_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** How far a value may be trusted, after OPC (good, uncertain, bad); stale: too old. */
enum quality {
	QUALITY_GOOD,
	QUALITY_UNCERTAIN,
	QUALITY_STALE,
	QUALITY_BAD,
};

/** Why a reading is not good.  The fixed list; names by reason_name(). */
enum reason {
	REASON_NONE,
	REASON_TIMEOUT,      /* no answer within the transaction's deadline */
	REASON_REFUSED,      /* connection refused, unreachable, or name not resolved */
	REASON_RESET,        /* connection closed by the peer, line gone */
	REASON_EXCEPTION,    /* Modbus exception; its code is in reading.code */
	REASON_CRC,          /* frame damaged */
	REASON_MISMATCH,     /* an answer to something else */
	REASON_SHORT,        /* fewer data than asked for */
	REASON_NOT_A_NUMBER, /* NaN, infinity, or no digits where digits belong */
	REASON_OUT_OF_RANGE, /* outside the tag's range, or its "no value" code */
	REASON_OVERRUN,      /* no answer for three periods, nothing failed */
	REASON_DISABLED,
	REASON_CONFIG,
	REASON_COUNT,
};

enum value_kind {
	VALUE_NONE, /* nothing known */
	VALUE_REAL,
	VALUE_INT,
	VALUE_UINT,
	VALUE_BOOL,
	VALUE_TEXT,
};

/** Longest text of a tag in bytes, without the terminating NUL: 125 registers. */
enum { VALUE_TEXT_MAX = 250 };

/** A tag's value in its own kind, so that 64-bit integers stay exact. */
struct value {
	enum value_kind kind;
	union {
		double real;
		int64_t i64;
		uint64_t u64;
		bool flag;
		const char *text; /* UTF-8, NUL-terminated, borrowed from who made it */
	};
};

/** One tag's part of a block's answer.  Its time is the batch's. */
struct reading {
	uint32_t tag;       /* gateway-wide index of the tag, struct point.tag */
	uint8_t quality;    /* enum quality */
	uint8_t reason;     /* enum reason; REASON_NONE where good */
	uint16_t code;      /* protocol's code: a Modbus exception 1 to 11; else 0 */
	struct value value; /* VALUE_NONE where quality is bad */
};

static inline struct value value_real(double real)
{
	return (struct value){.kind = VALUE_REAL, .real = real};
}

static inline struct value value_bool(bool flag)
{
	return (struct value){.kind = VALUE_BOOL, .flag = flag};
}

/** The value as a number, false and true as 0 and 1; NAN for text and nothing. */
double value_number(const struct value *value);

/** "good", "uncertain", "stale", "bad"; static. */
const char *quality_name(enum quality quality);

/** "timeout", "refused", ..., "exception"; "" for REASON_NONE; static. */
const char *reason_name(enum reason reason);

#endif
