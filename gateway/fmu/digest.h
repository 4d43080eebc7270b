/* SPDX-License-Identifier: Apache-2.0 */
/** SHA-256 of a file, or of bytes. */
#ifndef GATEWAY_FMU_DIGEST_H
#define GATEWAY_FMU_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT_MAX = 65 };

/** @param[out] hex  64 digits, lower case, and a NUL; of DIGEST_TEXT_MAX
 * @return 0 or a negative errno */
int digest_file(const char *path, char *hex);

/** As digest_file(), of n bytes. */
int digest_bytes(const void *bytes, size_t n, char *hex);

#endif
