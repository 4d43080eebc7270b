/* SPDX-License-Identifier: Apache-2.0 */
/** A small file of the state directory, read and replaced as a whole.  Any thread; both
 * block on the disk, so that while the loop runs they are the pool's. */
#ifndef GATEWAY_STATE_FILE_H
#define GATEWAY_STATE_FILE_H

#include <stddef.h>
#include <stdint.h>

/**
 * Read all of dir/name.
 *
 * @param[out] out  n bytes and a NUL behind them; free() it
 * @return 0, -ENOENT and the like, -ENOMEM, or -EBADMSG: no file, or too large to be true
 */
int state_file_read(const char *dir, const char *name, uint8_t **out, size_t *n);

/**
 * Write dir/name.new, synced, and put it in the place of dir/name: a power cut leaves one
 * of both, whole.
 * @return 0, or a negative errno with the old one as it was
 */
int state_file_replace(const char *dir, const char *name, const void *bytes, size_t n);

#endif
