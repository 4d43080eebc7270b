/* SPDX-License-Identifier: Apache-2.0 */
/** A tag is a named quantity; a point is where a device keeps it. */
#ifndef DRIVERS_TAG_H
#define DRIVERS_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An enumeration in one byte: every tag and point has some. */
#define ENUM_BYTE enum __attribute__((packed))

/** How a device encodes a value; names as in the configuration. */
ENUM_BYTE value_type{
	TYPE_BOOL,    TYPE_BIT, /* bit(n) of a register */
	TYPE_INT8,    TYPE_INT16,  TYPE_INT32,  TYPE_INT64,   TYPE_UINT8,
	TYPE_UINT16,  TYPE_UINT32, TYPE_UINT64, TYPE_FLOAT16, TYPE_FLOAT32,
	TYPE_FLOAT64, TYPE_STRING, /* string(n): n bytes, padded by NUL or space */
	TYPE_BCD,                  /* bcd(n): n decimal digits, 1 to 16 */
	TYPE_EPOCH,                /* uint32 seconds since 1970 UTC */
};

/** Order on the wire of the bytes of 0xAABBCCDD; 64 bits: the four words likewise. */
ENUM_BYTE word_order{
	ORDER_ABCD, /* big endian */
	ORDER_CDAB, /* words swapped */
	ORDER_BADC, /* bytes swapped */
	ORDER_DCBA, /* little endian */
};

/** What a device says about a raw value by other means than its type.  A plain value;
 * everything belongs to the configuration. */
struct point_raw {
	const char *exponent_at; /* as configured: the register whose power of ten the
	                            value is multiplied by, SunSpec's scale factor; NULL:
	                            none */
	uint32_t exponent;       /* its address, in the point's space */
	const double *invalid;   /* raw values that mean there is none */
	size_t n_invalid;
};

/** How a value stands in a device's registers, messages or files.  A plain value; that of
 * a configuration stands once for all points that have it in common. */
struct encoding {
	struct point_raw *raw; /* NULL, as nearly always: every raw value is one, as it is
	                        */
	double scale, offset; /* value = raw * scale + offset; 1 and 0: unscaled, exact */
	uint16_t length;      /* string: bytes; bcd: digits; bit: its number 0 to 15 */
	enum value_type type;
	enum word_order order;
	uint8_t write_function; /* Modbus: 5, 6, 15, 16, 22; 0: what is usual */
	bool read_back;         /* a write is done when the device holds the value */
	bool high_byte;         /* 8-bit types: the high byte of the register */
	bool string_low_first;  /* string: the low byte of a register comes first */
};

/** Where a device keeps a tag, in the terms of its driver.  A plain value, of which there
 * may be 100,000: members by size. */
struct point {
	const char *at;                  /* as configured; belongs to the configuration */
	const struct encoding *encoding; /* borrowed, as at */
	uint32_t tag;                    /* gateway-wide index; readings carry it back */
	uint32_t group;   /* index of its poll group, struct device_config.periods_ms */
	uint32_t address; /* protocol address, from 0 */
	uint16_t space;   /* the driver's address space; Modbus: enum modbus_table */
	bool read_only;   /* its address space cannot be written */
};

/** What can be said of a tag's values.  A plain value; that of a configuration stands
 * once for all tags that have it in common. */
struct tag_kind {
	const char *unit; /* as configured; "" where none */
	const char
		*type_name; /* "float32", "string(8)", ...; "float64" for a component's */
	double min, max;    /* range of the quantity in unit; NAN: none */
	double lsb;         /* resolution in unit, |scale| of integers; 0: unknown */
	enum value_type type;
	bool analog; /* a number that is no bool, bit, string or epoch */
	bool writable;
};

/** A tag as everybody sees it.  Strings and kinds belong to the configuration. */
struct tag {
	const char *device;      /* device or component id */
	const char *name;        /* tag id */
	const char *description; /* "" where none */
	const struct tag_kind *kind;
	uint32_t device_index; /* devices first, then components, in order of
	                          configuration */
	uint32_t period_ms;    /* its poll group's; 0: as fast as it goes */
};

#endif
