/* SPDX-License-Identifier: Apache-2.0 */
/** ZIP archives made by hand, so that they can be wrong in any way. */
#ifndef TESTS_ZIP_MAKE_H
#define TESTS_ZIP_MAKE_H

#include <stddef.h>
#include <stdint.h>

struct zip_part {
	const char *name;
	const char *data; /* stored as it is */
	size_t n;
	uint32_t mode;         /* of Unix; 0: none is said */
	uint32_t said_size;    /* unpacked; 0: as it is */
	uint32_t said_packed;  /* packed; 0: as it is */
	uint16_t said_method;  /* 0: stored */
	uint16_t said_flags;   /* 1: encrypted */
	uint32_t said_crc_xor; /* what the checksum is wrong by */
};

/** @return bytes written to buf, 0 where room is too small */
size_t zip_make(const struct zip_part *parts, size_t n_parts, uint8_t *buf, size_t room);

#endif
